"""Values as quotients of two integers, compiled once for each metric and figure: compared by multiplication, and rounded once, at the end.

That is as exact as fractions, each of which takes long to be reduced.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from operator import itemgetter, mul
from typing import Any, NamedTuple, TypeAlias, cast

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


class Formula(NamedTuple):
    """What is computed of the numbers of some terms: of one day, or of many, column by column."""

    terms: tuple[Term, ...]
    of: Callable[..., Quotient | None]


def is_own_term(term: Term) -> bool:
    """Whether a term is of a class of a plugin's own, which may read anything."""
    return type(term) not in (Measure, Sum)


def formula_of(value: Value) -> Formula | None:
    """How a value is computed; None of one of a plugin's own."""
    formula = VALUES.get(type(value))
    return None if formula is None else formula(value)


def quotient_reader(value: Value) -> Callable[[Counted], Quotient | None]:
    """What computes a value."""
    formula = formula_of(value)
    if formula is None:
        return lambda numbers: quotient_of(value(numbers))
    compute, readers = formula.of, [term_reader(term) for term in formula.terms]
    if len(readers) == 1:
        (only,) = readers
        return lambda numbers: compute(only(numbers))
    if len(readers) == 2:
        first, second = readers
        return lambda numbers: compute(first(numbers), second(numbers))
    return lambda numbers: compute(*[read(numbers) for read in readers])


def column_of(term: Term, counted: Mapping[Measure, Sequence[int]]) -> Sequence[int]:
    """The numbers of a term on each of some days."""
    first, *others = (counted[measure] for measure in term.measures)
    return [*map(sum, zip(first, *others, strict=True))] if others else first


def _ratio(value: Ratio) -> Formula:
    return Formula((value.part, value.whole), _share)


def _share(part: int, of: int) -> Quotient | None:
    return (part, of) if of > 0 else positive(part, of)


def _percent(value: Percent) -> Formula:
    return Formula((value.part, value.whole), _rounded(2, 1))


def _mean(value: Mean) -> Formula:
    per, terms = value.per, (value.part, value.whole)
    if value.rounded:
        return Formula(terms, _rounded(value.places, 10**value.places, per))
    return Formula(terms, _share if per == 1 else lambda part, of: positive(part, of * per))


def _rounded(places: int, denominator: int, per: int = 1) -> Callable[[int, int], Quotient | None]:
    """A share, divided by a number, in whole units of a decimal place."""

    def quotient(part: int, of: int) -> Quotient | None:
        share = _share(part, of)
        return None if share is None else (rounded_quotient(share[0], share[1] * per, places), denominator)

    return quotient


def _score(value: Score) -> Formula:
    (low, high), points_of = value.within, tuple(value.points.values())
    least, most = 100 * low, 100 * high

    def quotient(*numbers: int) -> Quotient | None:
        if (mean := positive(sum(map(mul, points_of, numbers)), sum(numbers))) is None:
            return None
        return min(max(rounded_quotient(*mean, 2), least), most), 100

    return Formula(tuple(value.points), quotient)


def _count(value: Count) -> Formula:
    return Formula((value.term,), lambda number: (number, 1))


# A class of a plugin that inherits from one of these may compute something else.
VALUES: dict[type, Callable[[Any], Formula]] = {
    Ratio: _ratio,
    Percent: _percent,
    Mean: _mean,
    Score: _score,
    Count: _count,
}
