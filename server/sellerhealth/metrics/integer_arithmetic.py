"""Values, statuses, headroom and texts in integers, compiled once for each metric and figure.

Numbers are quotients: compared by multiplication, and rounded once, at the end. That is as exact as fractions, which take longer than all
else of a verdict, because each is reduced. The arithmetic in fractions of `values` and `targets` stays as the reference, and answers for values
and targets of a plugin's own.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias, cast

from sellerhealth.metrics.measures import Measure, Ratio, Sum, Term, rounded_quotient
from sellerhealth.metrics.targets import AtLeast, Bands, Below, Headroom, MetricStatus, Nothing, Target, exact
from sellerhealth.metrics.type_checks import describe_value
from sellerhealth.metrics.values import Count, Mean, Percent, Score, Value

Counted: TypeAlias = Mapping[Measure, int]
Quotient: TypeAlias = tuple[int, int]  # a numerator, and a denominator above 0; not reduced


class Room(NamedTuple):
    """Headroom with the share that is used as a quotient."""

    allowed: int
    needed: int
    used: Quotient | None


class Arithmetic:
    """What is computed of a value, with its target or its bands if it has them. Numbers are whole numbers of rows or of units."""

    def __init__(self, value: Value, target: Target | None = None, bands: Bands | None = None) -> None:
        self.quotient = _quotients(value)
        self.status = _statuses(target)
        self.room = _rooms(value, target, bands)
        self.display = _displays(value)
        self.band = _grades(bands)
        self.is_own = type(value) not in _VALUES or type(target) not in (*_TARGETS, type(None)) or type(bands) not in (Bands, type(None))


def fraction_of(quotient: Quotient | None) -> Fraction | None:
    """A quotient as a number of Python."""
    return None if quotient is None else Fraction(*quotient)


def is_exact(number: object) -> bool:
    """Whether a value of a plugin's own computes without rounding: it returns such a number, or None."""
    return number is None or (isinstance(number, int | Fraction) and not isinstance(number, bool))


class InexactValue(TypeError):
    """A value of a plugin's own is no exact number."""

    def __init__(self, number: object) -> None:
        kind = type(number).__name__
        super().__init__(f"the value is {number!r}, of the type {kind}. Compute it exactly and return a fractions.Fraction, or None")


def quotient_of(number: Fraction | int | None) -> Quotient | None:
    """The number of a value of a plugin's own. Raises InexactValue."""
    if number is None:
        return None
    if not is_exact(number):
        raise InexactValue(number)
    return number.numerator, number.denominator


def whole(quotient: Quotient) -> int:
    """A quotient without what follows the point."""
    number, of = quotient
    return number // of if number >= 0 else -(-number // of)


def largest(quotients: Iterable[Quotient]) -> Quotient | None:
    """The largest of some quotients; None if there are none."""
    most: Quotient | None = None
    for each in quotients:
        if most is None or each[0] * most[1] > most[0] * each[1]:
            most = each
    return most


def headroom_of(room: Room | None) -> Headroom | None:
    """Room as a target says it."""
    return None if room is None else Headroom(room.allowed, room.needed, fraction_of(room.used))


def _term(term: Term) -> Callable[[Counted], int]:
    """What reads the number of a term."""
    if type(term) is Measure:
        return itemgetter(term)
    if type(term) is Sum and len(term.parts) == 2:
        one, other = term.parts
        return lambda numbers: numbers[one] + numbers[other]
    return lambda numbers: cast(int, term.of(numbers))  # no number is weighted


def _positive(numerator: int, denominator: int) -> Quotient | None:
    """A quotient; None where there is nothing to divide by."""
    if denominator > 0:
        return numerator, denominator
    return (-numerator, -denominator) if denominator else None


# ---------------------------------------------------------------- values


def _quotients(value: Value) -> Callable[[Counted], Quotient | None]:
    compiled = _VALUES.get(type(value))
    return (lambda numbers: quotient_of(value(numbers))) if compiled is None else compiled(value)


def _ratio(value: Ratio) -> Callable[[Counted], Quotient | None]:
    part, whole = _term(value.part), _term(value.whole)
    return lambda numbers: (part(numbers), of) if (of := whole(numbers)) > 0 else _positive(part(numbers), of)


def _percent(value: Percent) -> Callable[[Counted], Quotient | None]:
    return _rounded(_ratio(value), 2, 1)


def _mean(value: Mean) -> Callable[[Counted], Quotient | None]:
    share, per = _ratio(value), value.per
    if value.rounded:
        return _rounded(share, value.places, 10**value.places, per)
    return share if per == 1 else lambda numbers: (of[0], of[1] * per) if (of := share(numbers)) is not None else None


def _rounded(
    share: Callable[[Counted], Quotient | None], places: int, denominator: int, per: int = 1
) -> Callable[[Counted], Quotient | None]:
    """A share, divided by a number, in whole units of a decimal place."""

    def quotient(numbers: Counted) -> Quotient | None:
        of = share(numbers)
        return None if of is None else (rounded_quotient(of[0], of[1] * per, places), denominator)

    return quotient


def _score(value: Score) -> Callable[[Counted], Quotient | None]:
    (low, high), points_of = value.within, tuple(value.points.items())
    least, most = 100 * low, 100 * high

    def quotient(numbers: Counted) -> Quotient | None:
        points = rows = 0
        for measure, each in points_of:
            number = numbers[measure]
            points, rows = points + each * number, rows + number
        if (mean := _positive(points, rows)) is None:
            return None
        return min(max(rounded_quotient(*mean, 2), least), most), 100

    return quotient


def _count(value: Count) -> Callable[[Counted], Quotient | None]:
    number = _term(value.term)
    return lambda numbers: (number(numbers), 1)


# A class of a plugin that inherits from one of these may compute something else.
_VALUES: dict[type, Callable[..., Callable[[Counted], Quotient | None]]] = {
    Ratio: _ratio,
    Percent: _percent,
    Mean: _mean,
    Score: _score,
    Count: _count,
}


# ---------------------------------------------------------------- texts


def _displays(value: Value) -> Callable[[Quotient], str]:
    compiled = _TEXTS.get(type(value))
    return (lambda quotient: value.display(Fraction(*quotient))) if compiled is None else compiled(value)


def _decimal(quotient: Quotient, places: int) -> str:
    return str(Decimal(rounded_quotient(*quotient, places)).scaleb(-places))


_TEXTS: dict[type, Callable[[Any], Callable[[Quotient], str]]] = {
    Ratio: lambda value: lambda quotient: f"{Decimal(rounded_quotient(*quotient, 4)).scaleb(-2)} %",
    Percent: lambda value: lambda quotient: f"{quotient[0]} %",
    Mean: lambda value: lambda quotient: _decimal(quotient, value.places),
    Score: lambda value: lambda quotient: _decimal(quotient, 2),
    Count: lambda value: lambda quotient: str(quotient[0]) if quotient[1] == 1 else _decimal(quotient, 2),
}


# ---------------------------------------------------------------- targets


def _statuses(target: Target | None) -> Callable[[Quotient, Counted], MetricStatus]:
    if target is None:
        return lambda quotient, numbers: MetricStatus.WITHOUT_TARGET
    if isinstance(target, Nothing) and type(target) is Nothing:
        return _nothing_statuses(target)
    if isinstance(target, Below | AtLeast) and type(target) in _TARGETS:
        return _limit_statuses(target)
    return lambda quotient, numbers: target.judge(Fraction(*quotient), numbers)


def _limit_statuses(target: Below | AtLeast) -> Callable[[Quotient, Counted], MetricStatus]:
    critical, at_risk, good = MetricStatus.CRITICAL, MetricStatus.AT_RISK, MetricStatus.GOOD
    limit, scale = exact(target.limit).as_integer_ratio()
    warn, warn_scale = exact(target.limit if target.warn is None else target.warn).as_integer_ratio()

    def below(quotient: Quotient, numbers: Counted) -> MetricStatus:
        number, of = quotient
        return critical if number * scale >= limit * of else at_risk if number * warn_scale >= warn * of else good

    def at_least(quotient: Quotient, numbers: Counted) -> MetricStatus:
        number, of = quotient
        return critical if number * scale < limit * of else at_risk if number * warn_scale < warn * of else good

    return below if type(target) is Below else at_least


def _nothing_statuses(target: Nothing) -> Callable[[Quotient, Counted], MetricStatus]:
    grave = _term(target.grave)

    def status(quotient: Quotient, numbers: Counted) -> MetricStatus:
        if not quotient[0]:
            return MetricStatus.GOOD
        return MetricStatus.CRITICAL if grave(numbers) else MetricStatus.AT_RISK

    return status


_TARGETS = (Below, AtLeast, Nothing)


# ---------------------------------------------------------------- headroom


def _rooms(value: Value, target: Target | None, bands: Bands | None) -> Callable[[Counted], Room | None]:
    """What computes the distance to the limit of the target; without one, to the next band of a score."""
    if target is None:
        if bands is None or not isinstance(value, Score):
            return lambda numbers: None
        if type(bands) is Bands and type(value) is Score:
            return _room_of_bands(value, bands)
        return lambda numbers: _room_of(bands.headroom(value, numbers))
    if type(target) in _TARGETS and type(value) in _VALUES:
        if isinstance(target, Nothing):
            number = _quotients(value)
            return lambda numbers: Room(0, whole(number(numbers) or (0, 1)), None)
        if isinstance(value, Ratio) and type(value) is Ratio and isinstance(target, Below | AtLeast):
            return _room_below(value, target) if isinstance(target, Below) else _room_above(value, target)
        return lambda numbers: None
    return lambda numbers: _room_of(target.headroom(value, numbers))


def _room_of(headroom: Headroom | None) -> Room | None:
    """What a target of a plugin's own says."""
    if not isinstance(headroom, Headroom | None):
        raise TypeError(f"its headroom is {describe_value(headroom)}: return a Headroom or None")
    return None if headroom is None else Room(headroom.allowed, headroom.needed, quotient_of(headroom.used))


def _room_below(value: Ratio, target: Below) -> Callable[[Counted], Room | None]:
    part, whole = _term(value.part), _term(value.whole)
    limit, scale = exact(target.limit).as_integer_ratio()

    def room(numbers: Counted) -> Room | None:
        most = whole(numbers) * limit
        if not most:
            return None
        bad = part(numbers) * scale
        over = bad - most
        return Room(max(0, -(over // scale) - 1), max(0, over // limit + 1), _positive(bad, most))

    return room


def _room_above(value: Ratio, target: AtLeast) -> Callable[[Counted], Room | None]:
    part, whole = _term(value.part), _term(value.whole)
    limit, scale = exact(target.limit).as_integer_ratio()
    allowance = scale - limit

    def room(numbers: Counted) -> Room | None:
        if not (of := whole(numbers)):
            return None
        missing = limit * of - scale * part(numbers)  # good rows for the limit; negative if there are more than enough
        if allowance <= 0:  # nothing is allowed, and nothing makes up for a miss
            return Room(0, 0, None) if missing <= 0 else None
        used = _positive(of * allowance + missing, of * allowance)
        return Room(max(0, -missing // scale), max(0, -(-missing // allowance)), used)

    return room


def _room_of_bands(value: Score, bands: Bands) -> Callable[[Counted], Room | None]:
    score, points_of = _score(value), tuple(value.points.items())
    ends = [math.ceil(end * 100) for end in bands.lower_ends.values()]  # the lowest rounded score in each band, in hundredths
    perfect, highest = 200 * value.points[value.perfect], 100 * value.within[1]

    def room(numbers: Counted) -> Room | None:
        if (quotient := score(numbers)) is None:
            return None
        end = next((end for end in ends if quotient[0] < end), None)
        if end is None:
            return Room(0, 0, None)
        reach = 2 * end - 1  # in half hundredths, from where on a mean is rounded up
        if end > highest or perfect <= reach:
            return None
        points, rows = sum(each * numbers[measure] for measure, each in points_of), sum(numbers[measure] for measure, _ in points_of)
        return Room(0, -((200 * points - reach * rows) // (perfect - reach)), None)

    return room


# ---------------------------------------------------------------- bands


def _grades(bands: Bands | None) -> Callable[[Quotient], str] | None:
    if bands is None:
        return None
    if type(bands) is not Bands:
        return lambda quotient: bands.grade(Fraction(*quotient))
    lowest, *_ = bands.lower_ends
    highest_first: Sequence[tuple[str, int, int]] = [(name, *end.as_integer_ratio()) for name, end in [*bands.lower_ends.items()][::-1]]

    def grade(quotient: Quotient) -> str:
        number, of = quotient
        return next((name for name, end, scale in highest_first if number * scale >= end * of), lowest)

    return grade
