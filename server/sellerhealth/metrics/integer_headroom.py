"""Headroom in integers, compiled once for each metric: the distance to the limit of its target, or to the next band of a score."""

import math
from collections.abc import Callable
from typing import NamedTuple

from sellerhealth.metrics.measures import Ratio
from sellerhealth.metrics.quotients import (
    VALUES,
    Counted,
    Quotient,
    fraction_of,
    positive,
    quotient_of,
    quotient_reader,
    term_reader,
    whole,
)
from sellerhealth.metrics.targets import AtLeast, Bands, Below, Headroom, Nothing, Target, exact
from sellerhealth.metrics.type_checks import describe_value
from sellerhealth.metrics.values import Score, Value

TARGETS = (Below, AtLeast, Nothing)  # a class of a plugin that inherits from one of these may compute something else


class IntegerHeadroom(NamedTuple):
    """Headroom whose used share is a quotient."""

    allowed: int
    needed: int
    used: Quotient | None


def headroom_of(integer: IntegerHeadroom | None) -> Headroom | None:
    """The same with a fraction."""
    return None if integer is None else Headroom(integer.allowed, integer.needed, fraction_of(integer.used))


def headroom_reader(value: Value, target: Target | None, bands: Bands | None) -> Callable[[Counted], IntegerHeadroom | None]:
    """What computes the distance to the limit of the target; without one, to the next band of a score."""
    if target is None:
        if bands is None or not isinstance(value, Score):
            return lambda numbers: None
        if type(bands) is Bands and type(value) is Score:
            return _below_next_band(value, bands)
        return lambda numbers: _of_own(bands.headroom(value, numbers))
    if type(target) in TARGETS and type(value) in VALUES:
        if isinstance(target, Nothing):
            number = quotient_reader(value)
            return lambda numbers: IntegerHeadroom(0, whole(number(numbers) or (0, 1)), None)
        if isinstance(value, Ratio) and type(value) is Ratio and isinstance(target, Below | AtLeast):
            return _below(value, target) if isinstance(target, Below) else _at_least(value, target)
        return lambda numbers: None
    return lambda numbers: _of_own(target.headroom(value, numbers))


def _of_own(declared: Headroom | None) -> IntegerHeadroom | None:
    """What a target of a plugin's own says."""
    if not isinstance(declared, Headroom | None):
        raise TypeError(f"its headroom is {describe_value(declared)}: return a Headroom or None")
    return None if declared is None else IntegerHeadroom(declared.allowed, declared.needed, quotient_of(declared.used))


def _below(value: Ratio, target: Below) -> Callable[[Counted], IntegerHeadroom | None]:
    part, divisor = term_reader(value.part), term_reader(value.whole)
    limit, scale = exact(target.limit).as_integer_ratio()

    def headroom(numbers: Counted) -> IntegerHeadroom | None:
        most = divisor(numbers) * limit
        if not most:
            return None
        bad = part(numbers) * scale
        over = bad - most
        return IntegerHeadroom(max(0, -(over // scale) - 1), max(0, over // limit + 1), positive(bad, most))

    return headroom


def _at_least(value: Ratio, target: AtLeast) -> Callable[[Counted], IntegerHeadroom | None]:
    part, divisor = term_reader(value.part), term_reader(value.whole)
    limit, scale = exact(target.limit).as_integer_ratio()
    allowance = scale - limit

    def headroom(numbers: Counted) -> IntegerHeadroom | None:
        if not (of := divisor(numbers)):
            return None
        missing = limit * of - scale * part(numbers)  # good rows for the limit; negative if there are more than enough
        if allowance <= 0:  # nothing is allowed, and nothing makes up for a miss
            return IntegerHeadroom(0, 0, None) if missing <= 0 else None
        used = positive(of * allowance + missing, of * allowance)
        return IntegerHeadroom(max(0, -missing // scale), max(0, -(-missing // allowance)), used)

    return headroom


def _below_next_band(value: Score, bands: Bands) -> Callable[[Counted], IntegerHeadroom | None]:
    score, points_of = quotient_reader(value), tuple(value.points.items())
    ends = [math.ceil(end * 100) for end in bands.lower_ends.values()]  # the lowest rounded score in each band, in hundredths
    perfect, highest = 200 * value.points[value.perfect], 100 * value.within[1]

    def headroom(numbers: Counted) -> IntegerHeadroom | None:
        if (quotient := score(numbers)) is None:
            return None
        end = next((end for end in ends if quotient[0] < end), None)
        if end is None:
            return IntegerHeadroom(0, 0, None)
        reach = 2 * end - 1  # in half hundredths, from where on a mean is rounded up
        if end > highest or perfect <= reach:
            return None
        points, rows = sum(each * numbers[measure] for measure, each in points_of), sum(numbers[measure] for measure, _ in points_of)
        return IntegerHeadroom(0, -((200 * points - reach * rows) // (perfect - reach)), None)

    return headroom
