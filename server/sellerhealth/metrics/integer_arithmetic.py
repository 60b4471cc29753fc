"""Values, statuses, headroom, bands and texts in integers, compiled once for each metric and figure.

The arithmetic in fractions of `values` and `targets` stays as the reference, and computes values, targets and bands of a plugin's own.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sellerhealth.metrics.integer_headroom import TARGETS, headroom_reader
from sellerhealth.metrics.measures import Ratio, rounded_quotient
from sellerhealth.metrics.quotients import Counted, Quotient, formula_of, is_own_term, quotient_reader, term_reader
from sellerhealth.metrics.targets import AtLeast, Bands, Below, MetricStatus, Nothing, Target, exact
from sellerhealth.metrics.values import Count, Mean, Percent, Score, Value


class Arithmetic:
    """What is computed of a value, with its target or its bands if it has them. Numbers are whole numbers of rows or of units."""

    def __init__(self, value: Value, target: Target | None = None, bands: Bands | None = None) -> None:
        self.quotient = quotient_reader(value)
        self.status = _statuses(target)
        self.headroom = headroom_reader(value, target, bands)
        self.display = _displays(value)
        self.band = _grades(bands)
        self.is_own = _is_own(value, target, bands)


def _is_own(value: Value, target: Target | None, bands: Bands | None) -> bool:
    """Whether any of them, or a term in them, is of a class of a plugin's own."""
    formula = formula_of(value)
    terms = (*(() if formula is None else formula.terms), *((target.grave,) if isinstance(target, Nothing) else ()))
    types = type(target) in (*TARGETS, type(None)) and type(bands) in (Bands, type(None))
    return formula is None or not types or any(map(is_own_term, terms))


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


# ---------------------------------------------------------------- statuses


def _statuses(target: Target | None) -> Callable[[Quotient, Counted], MetricStatus]:
    if target is None:
        return lambda quotient, numbers: MetricStatus.WITHOUT_TARGET
    if isinstance(target, Nothing) and type(target) is Nothing:
        return _nothing_statuses(target)
    if isinstance(target, Below | AtLeast) and type(target) in TARGETS:
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
    grave = term_reader(target.grave)

    def status(quotient: Quotient, numbers: Counted) -> MetricStatus:
        if not quotient[0]:
            return MetricStatus.GOOD
        return MetricStatus.CRITICAL if grave(numbers) else MetricStatus.AT_RISK

    return status


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
