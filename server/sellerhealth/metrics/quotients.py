"""Values as quotients of two integers, compiled once for each metric and figure: compared by multiplication, and rounded once, at the end.

That is as exact as fractions, each of which takes long to be reduced.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from operator import itemgetter
from typing import TypeAlias, cast

from sellerhealth.metrics.measures import Measure, Ratio, Sum, Term, rounded_quotient
from sellerhealth.metrics.values import Count, Mean, Percent, Score, Value

Counted: TypeAlias = Mapping[Measure, int]
Quotient: TypeAlias = tuple[int, int]  # a numerator, and a denominator above 0; not reduced


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


def term_reader(term: Term) -> Callable[[Counted], int]:
    """What reads the number of a term."""
    if type(term) is Measure:
        return itemgetter(term)
    if type(term) is Sum and len(term.parts) == 2:
        one, other = term.parts
        return lambda numbers: numbers[one] + numbers[other]
    return lambda numbers: cast(int, term.of(numbers))  # no number is weighted


def positive(numerator: int, denominator: int) -> Quotient | None:
    """A quotient; None where there is nothing to divide by."""
    if denominator > 0:
        return numerator, denominator
    return (-numerator, -denominator) if denominator else None


# ---------------------------------------------------------------- values


def quotient_reader(value: Value) -> Callable[[Counted], Quotient | None]:
    """What computes a value."""
    compiled = VALUES.get(type(value))
    return (lambda numbers: quotient_of(value(numbers))) if compiled is None else compiled(value)


def _ratio(value: Ratio) -> Callable[[Counted], Quotient | None]:
    part, divisor = term_reader(value.part), term_reader(value.whole)
    return lambda numbers: (part(numbers), of) if (of := divisor(numbers)) > 0 else positive(part(numbers), of)


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


def score_reader(value: Score) -> Callable[[Counted], Quotient | None]:
    """What computes a score."""
    (low, high), points_of = value.within, tuple(value.points.items())
    least, most = 100 * low, 100 * high

    def quotient(numbers: Counted) -> Quotient | None:
        points = rows = 0
        for measure, each in points_of:
            number = numbers[measure]
            points, rows = points + each * number, rows + number
        if (mean := positive(points, rows)) is None:
            return None
        return min(max(rounded_quotient(*mean, 2), least), most), 100

    return quotient


def _count(value: Count) -> Callable[[Counted], Quotient | None]:
    number = term_reader(value.term)
    return lambda numbers: (number(numbers), 1)


# A class of a plugin that inherits from one of these may compute something else.
VALUES: dict[type, Callable[..., Callable[[Counted], Quotient | None]]] = {
    Ratio: _ratio,
    Percent: _percent,
    Mean: _mean,
    Score: score_reader,
    Count: _count,
}
