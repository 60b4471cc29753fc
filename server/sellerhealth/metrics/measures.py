"""Measures: counts of rows, or sums over a column, by day. They can be added and divided."""

import datetime as dt
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, NoReturn, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import ColumnProperty, InstrumentedAttribute
from sqlalchemy.sql import elements, operators
from sqlalchemy.sql.expression import SQLColumnExpression

from sellerhealth.metrics.type_checks import caller_location, check_types, describe_value
from sellerhealth.model.conjuncts import conjuncts

_SPLIT = 'orders.split({"late": (Order.late_by > 0, "Late orders.")}, rest=("others", "All other orders."))'
_TERM = "a measure or a sum of measures, as in late / orders or (late + overdue) / orders"
UNIT_HELP = "a unit, as in unit=MetricUnit.HOURS"
_WHOLE_NUMBER = "a whole number"

Condition: TypeAlias = sa.ColumnExpressionArgument[bool] | sa.ColumnExpressionArgument[bool | None]
DayColumn: TypeAlias = InstrumentedAttribute[dt.date] | InstrumentedAttribute[dt.date | None]
WholeNumber: TypeAlias = SQLColumnExpression[int] | SQLColumnExpression[int | None]
Number: TypeAlias = int | Fraction
Numbers: TypeAlias = Mapping["Measure", Number]


class MetricUnit(StrEnum):
    """The unit of a value."""

    COUNT = "COUNT"
    DAYS = "DAYS"
    FRACTION = "FRACTION"
    HOURS = "HOURS"
    PERCENT = "PERCENT"
    POINTS = "POINTS"
    STARS = "STARS"
    WORD = "WORD"


def half_up(value: Fraction, places: int) -> Decimal:
    """Rounds for display: halves away from zero, as Amazon does. See docs/spec/rules.md#exact-values-and-rounding."""
    return Decimal(rounded_units(value, places)).scaleb(-places)


def rounded_units(value: Fraction, places: int) -> int:
    """The same as a whole number of the last place: 12.345 has 1235 hundredths. In integers, since fractions take ten times as long."""
    return rounded_quotient(value.numerator, value.denominator, places)


def rounded_quotient(numerator: int, denominator: int, places: int) -> int:
    """The same of a numerator by a denominator above 0."""
    scale: int = 10**places
    size = (abs(numerator) * 2 * scale + denominator) // (2 * denominator)
    return -size if numerator < 0 else size


def _refuse(fix: str) -> Callable[..., NoReturn]:
    """An operator that measures do not have: it raises TypeError, which says what to write instead."""

    def operator(*operands: object) -> NoReturn:
        raise TypeError(fix)

    return operator


class Term:
    """A measure or a sum of measures: what values are computed from."""

    @property
    def measures(self) -> "tuple[Measure, ...]":
        """The measures in it, each as often as it is added."""
        raise NotImplementedError  # a measure and a sum have their own

    def of(self, numbers: "Numbers") -> Number:
        """Its number, from the numbers of its measures."""
        return sum((numbers[measure] for measure in self.measures), start=0)

    def __add__(self, other: "Term") -> "Sum":
        if not isinstance(other, Term):
            raise TypeError(f"only measures are added to measures, and this is {describe_value(other)}. Add a measure, or leave it out")
        return Sum((*self.measures, *other.measures))

    def __truediv__(self, other: "Term") -> "Ratio":
        return Ratio(self, other)

    __radd__ = _refuse("Add measures with +, and not with sum(...)")
    __sub__ = __rsub__ = _refuse("A difference is not a measure: count those rows with measure.without(...)")
    __and__ = __rand__ = __or__ = __ror__ = __invert__ = _refuse(
        "& and | and ~ are for conditions: of a measure take .where(...) or .without(...)"
    )
    __mul__ = __rmul__ = __mod__ = __floordiv__ = __rtruediv__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse(
        "A measure is not a number yet: divide it by another with /, and say in `target` what the value must reach"
    )
    __clause_element__ = _refuse(  # SQLAlchemy calls it where a measure is used in an expression
        "A measure is neither a condition nor a number: of a measure take .where(...), or divide it by another with /"
    )


@dataclass(frozen=True, eq=False)
class Ratio:
    """A share, 0 to 1, displayed in percent; None when there is nothing to divide by."""

    part: Term
    whole: Term
    unit: MetricUnit = MetricUnit.FRACTION

    def __post_init__(self) -> None:
        check_types(self, {"part": _TERM, "whole": _TERM, "unit": UNIT_HELP, "per": _WHOLE_NUMBER, "places": _WHOLE_NUMBER})

    @property
    def measures(self) -> "tuple[Measure, ...]":
        return self.part.measures + self.whole.measures

    @cached_property
    def is_share(self) -> bool:
        """Whether each row of the part is also a row of the whole, as far as their conditions show: then the share is never above 1."""
        return all(any(refines(part, whole) for whole in self.whole.measures) for part in self.part.measures)

    def __call__(self, numbers: "Numbers") -> Fraction | None:
        whole = self.whole.of(numbers)
        return self.from_share(Fraction(self.part.of(numbers), whole)) if whole else None

    def from_share(self, share: Fraction) -> Fraction:
        """The value of a share."""
        return share

    def display(self, value: Fraction) -> str:
        return f"{Decimal(rounded_units(value, 4)).scaleb(-2)} %"

    __mul__ = __rmul__ = _refuse(
        "A value is not multiplied: a Ratio is displayed in percent by itself, and a Mean takes `per`. Leave out the factor"
    )


@dataclass(frozen=True, eq=False)
class Measure(Term):
    """A count of rows, or a sum over a column, by day. Made by `count`, `total` and the methods below."""

    on: DayColumn
    condition: sa.ColumnElement[bool]
    summed: WholeNumber | None
    description: str
    split_class: "SplitClass | None" = None
    made_at: str = field(init=False, default="")  # file and line in the source of a plugin, for messages

    def __post_init__(self) -> None:
        object.__setattr__(self, "made_at", caller_location(__name__))
        if not isinstance(getattr(self.on, "property", None), ColumnProperty):
            raise TypeError(
                f"`on` is {describe_value(self.on)}: write the column of the day on which a row counts, such as on=Order.placed_on"
            )
        if not isinstance(self.description, str):
            raise TypeError(f"the description is {describe_value(self.description)}: say in a sentence what is counted")
        if self.summed is not None and not isinstance(self.summed, SQLColumnExpression):
            raise TypeError(f"the total is of {describe_value(self.summed)}: write a column of whole numbers, such as Package.unit_count")

    @property
    def measures(self) -> "tuple[Measure, ...]":
        return (self,)

    def of(self, numbers: "Numbers") -> Number:
        return numbers[self]

    def where(self, condition: Condition, description: str = "") -> "Measure":
        """The part of these rows that also meets a condition."""
        return replace(self, condition=sa.and_(self.condition, _condition(condition)), description=description, split_class=None)

    def without(self, condition: Condition, description: str = "") -> "Measure":
        """The part of these rows that does not meet a condition; a condition that is null counts as not met."""
        return self.where(_condition(condition).is_not(sa.true()), description)

    def total(self, column: WholeNumber, description: str = "") -> "Measure":
        """A column of whole numbers added up over these same rows."""
        return replace(self, summed=column, description=description)

    def split(self, classes: Mapping[str, tuple[Condition, str]], *, rest: tuple[str, str]) -> "dict[str, Measure]":
        """These rows divided into classes, each described: a row goes to the first condition that it meets, else to `rest`."""
        _check_classes(classes, rest)
        class_name = sa.case(*((_condition(condition), name) for name, (condition, _) in classes.items()), else_=rest[0])
        described = {name: description for name, (_, description) in classes.items()} | {rest[0]: rest[1]}
        return {
            name: replace(self.where(class_name == name, description), split_class=SplitClass(self.condition, class_name, name))
            for name, description in described.items()
        }


def _check_classes(classes: Mapping[str, tuple[Condition, str]], rest: tuple[str, str]) -> None:
    """Raises TypeError or ValueError for classes without a description, or when `rest` has the name of a class."""
    if not isinstance(classes, Mapping):
        raise TypeError(
            f"split: the classes are {describe_value(classes)}. Write them by name, each with its condition and its description: {_SPLIT}"
        )
    for name, described in classes.items():
        if not (isinstance(described, tuple) and len(described) == 2 and isinstance(described[1], str)):
            raise TypeError(f"split: the class {name!r} is {describe_value(described)}. Write its condition and its description: {_SPLIT}")
    if not (isinstance(rest, tuple) and len(rest) == 2 and all(isinstance(each, str) for each in rest)):
        raise TypeError(f"split: rest is {describe_value(rest)}. Write the name and the description of the other rows: {_SPLIT}")
    if rest[0] in classes:
        raise ValueError(f"split: {rest[0]!r} names both a class and the rest, and one of them would be lost. Rename one of them")


@dataclass(frozen=True, eq=False)
class SplitClass:
    """One class of a `split`: the CASE is shared by all of them, so that the engine evaluates it once for each row."""

    rows: sa.ColumnElement[bool]
    class_name: sa.ColumnElement[str]
    name: str


@dataclass(frozen=True, eq=False)
class Sum(Term):
    """Several measures added up."""

    parts: tuple[Measure, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.parts


def count(*, on: DayColumn, where: Condition, description: str = "") -> Measure:
    """The number of rows that meet a condition, by the day in `on`, which names the fact too."""
    return Measure(on, _condition(where), None, description)


def total(column: WholeNumber, *, on: DayColumn, where: Condition, description: str = "") -> Measure:
    """A column of whole numbers, added up over the rows that meet a condition, by the day in `on`."""
    return Measure(on, _condition(where), column, description)


def _condition(argument: Condition) -> sa.ColumnElement[bool]:
    """A condition as an expression. Raises TypeError for anything else, also where SQLAlchemy would accept it."""
    if isinstance(argument, bool):
        raise TypeError(
            f"the condition is {argument}: Python evaluated it, as it does with `and`, `or`, `not`, `in` and `is`. "
            "Write & and | with each side in parentheses, .without(...), .in_([...]) or .is_(None); for all rows, sqlalchemy.true()"
        )
    fix = "Write an expression over columns, such as Order.channel == 'SELLER'"
    if isinstance(argument, Term):
        raise TypeError(f"the condition is a measure: take a part of it with .where(...). {fix}")
    if isinstance(argument, str) or argument is None or inspect.isroutine(argument):
        raise TypeError(f"the condition is {describe_value(argument)}. {fix}")
    if isinstance(argument, sa.SelectBase):
        raise TypeError(f"the condition is a SELECT. {fix}, or look for related facts with .any(...)")
    try:
        return sa.and_(cast("sa.ColumnElement[bool]", argument))  # null counts as not met
    except ArgumentError as refused:
        raise TypeError(f"the condition is {describe_value(argument)}, which is not an expression. {fix}") from refused


def excluded(condition: Any) -> Any:
    """The condition that rows must not meet, as `without` says it; None if this is not what a condition says."""
    is_negation = isinstance(condition, elements.BinaryExpression) and condition.operator is operators.is_not
    return condition.left if is_negation and isinstance(condition.right, elements.True_) else None


def refines(part: Measure, whole: Measure) -> bool:
    """Whether a measure counts a subset of the rows of another: it has the same conditions, and maybe more."""
    alike = part.on is whole.on and part.summed is whole.summed
    return alike and all(any(mine is other for mine in conjuncts(part.condition)) for other in conjuncts(whole.condition))
