"""Measures: how many rows of a fact, or how much of a column, fall on each day. They can be added up."""

import datetime as dt
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import ColumnProperty, InstrumentedAttribute
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlmodel import UTCDateTime

from sellerhealth.metrics.type_checks import shown

if TYPE_CHECKING:
    from sellerhealth.metrics.values import Ratio

_CLASSES = 'orders.split({"late": (Order.late_by > 0, "Late orders.")}, rest=("others", "All other orders."))'
CLOCK = "clock_"  # the names of the parameters that stand for the clock less so many hours

Condition: TypeAlias = sa.ColumnExpressionArgument[bool]
DayColumn: TypeAlias = InstrumentedAttribute[dt.date] | InstrumentedAttribute[dt.date | None]
WholeNumber: TypeAlias = SQLColumnExpression[int] | SQLColumnExpression[int | None]
Number: TypeAlias = int | Fraction
Numbers: TypeAlias = Mapping["Measure", Number]


class Term:
    """A measure or a sum of measures: what values are made of."""

    @property
    def measures(self) -> "tuple[Measure, ...]":
        """The measures in it, each as often as it is added."""
        raise NotImplementedError

    def of(self, numbers: "Numbers") -> Number:
        """Its number, given those of its measures."""
        return sum((numbers[measure] for measure in self.measures), start=0)

    def __add__(self, other: "Term") -> "Sum":
        if not isinstance(other, Term):
            raise TypeError(f"only measures are added to measures, and this is {shown(other)}. Add a measure, or leave it out")
        return Sum((*self.measures, *other.measures))

    def __truediv__(self, other: "Term") -> "Ratio":
        from sellerhealth.metrics.values import Ratio  # a value is made of measures: importing it above would be a circle

        return Ratio(self, other)


@dataclass(frozen=True, eq=False)
class Measure(Term):
    """How many rows of a fact fall on each day, or how much of a column. Made by `count`, `total` and the methods below."""

    on: DayColumn
    condition: sa.ColumnElement[bool]
    summed: WholeNumber | None
    description: str
    sorting: "Sorting | None" = None
    made_at: str = field(init=False, default="")  # where it stands in the source of a plugin, for messages

    def __post_init__(self) -> None:
        object.__setattr__(self, "made_at", _place())
        if not isinstance(getattr(self.on, "property", None), ColumnProperty):
            raise TypeError(f"`on` is {shown(self.on)}: write the column of the day on which a row counts, such as on=Order.placed_on")
        if not isinstance(self.description, str):
            raise TypeError(f"the description is {shown(self.description)}: say in a sentence what is counted")
        if self.summed is not None and not isinstance(self.summed, SQLColumnExpression):
            raise TypeError(f"the total is of {shown(self.summed)}: write a column of whole numbers, such as Package.unit_count")

    @property
    def measures(self) -> "tuple[Measure, ...]":
        return (self,)

    def where(self, condition: Condition, description: str = "") -> "Measure":
        """The part of these rows that also meets a condition."""
        return replace(self, condition=sa.and_(self.condition, _condition(condition)), description=description, sorting=None)

    def without(self, condition: Condition, description: str = "") -> "Measure":
        """The part of these rows that does not meet a condition; a condition over something unknown counts as not met."""
        return self.where(_condition(condition).is_not(sa.true()), description)

    def total(self, column: WholeNumber, description: str = "") -> "Measure":
        """A column of whole numbers added up over these same rows."""
        return replace(self, summed=column, description=description)

    def split(self, classes: Mapping[str, tuple[Condition, str]], *, rest: tuple[str, str]) -> "dict[str, Measure]":
        """These rows sorted into classes, each described: a row goes to the first condition that it meets, else to `rest`."""
        _check_classes(classes, rest)
        first_met = sa.case(*((_condition(condition), name) for name, (condition, _) in classes.items()), else_=rest[0])
        described = {name: description for name, (_, description) in classes.items()} | {rest[0]: rest[1]}
        return {
            name: replace(self.where(first_met == name, description), sorting=Sorting(self.condition, first_met, name))
            for name, description in described.items()
        }


def _check_classes(classes: Mapping[str, tuple[Condition, str]], rest: tuple[str, str]) -> None:
    """Raises TypeError or ValueError for classes that are not described, or of which one would take the name of another."""
    if not isinstance(classes, Mapping):
        raise TypeError(
            f"split: the classes are {shown(classes)}. Write them by name, each with its condition and its description: {_CLASSES}"
        )
    for name, described in classes.items():
        if not (isinstance(described, tuple) and len(described) == 2 and isinstance(described[1], str)):
            raise TypeError(f"split: the class {name!r} is {shown(described)}. Write its condition and its description: {_CLASSES}")
    if not (isinstance(rest, tuple) and len(rest) == 2 and all(isinstance(each, str) for each in rest)):
        raise TypeError(f"split: rest is {shown(rest)}. Write the name and the description of the other rows: {_CLASSES}")
    if rest[0] in classes:
        raise ValueError(f"split: {rest[0]!r} names both a class and the rest, and one of them would be lost. Rename one of them")


@dataclass(frozen=True, eq=False)
class Sorting:
    """How `split` sorted rows, so that the engine can do it once for all classes: a CASE is dear when repeated."""

    rows: sa.ColumnElement[bool]
    first_met: sa.ColumnElement[str]
    name: str


@dataclass(frozen=True, eq=False)
class Sum(Term):
    """Several measures added up."""

    parts: tuple[Measure, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.parts


def _place() -> str:
    """The line of code that makes a measure: the last one on the way here that is neither in this module nor of dataclasses."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__") in (__name__, "dataclasses"):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}"


def count(*, on: DayColumn, where: Condition, description: str = "") -> Measure:
    """The number of rows that meet a condition, by the day in `on`, which names the fact too."""
    return Measure(on, _condition(where), None, description)


def total(column: WholeNumber, *, on: DayColumn, where: Condition, description: str = "") -> Measure:
    """A column of whole numbers, added up over the rows that meet a condition, by the day in `on`."""
    return Measure(on, _condition(where), column, description)


def _condition(given: Condition) -> sa.ColumnElement[bool]:
    """A condition as an expression. Raises TypeError for what is none, though Python or SQLAlchemy would take it for one."""
    if isinstance(given, bool):
        raise TypeError(
            f"the condition is {given}: Python worked it out by itself, as it does with `and`, `or`, `not`, `in` and `is`. "
            "Write & and | with each side in parentheses, .without(...), .in_([...]) or .is_(None); for all rows, sqlalchemy.true()"
        )
    if isinstance(given, str | Term) or given is None or inspect.isroutine(given):
        found = "a measure: take a part of it with .where(...)" if isinstance(given, Term) else shown(given)
        raise TypeError(f"the condition is {found}. Write an expression over columns, such as Order.channel == 'SELLER'")
    wanted = "Write an expression over columns, such as Order.channel == 'SELLER'"
    if isinstance(given, sa.SelectBase):
        raise TypeError(f"the condition is a SELECT. {wanted}, or look for related facts with .any(...)")
    try:
        return sa.and_(given)
    except ArgumentError as refused:
        raise TypeError(f"the condition is {shown(given)}, which is no expression. {wanted}") from refused


def passed(
    instant: SQLColumnExpression[dt.datetime] | SQLColumnExpression[dt.datetime | None], *, hours: int = 0
) -> sa.ColumnElement[bool]:
    """True once more than so many hours have gone by since an instant; at the very instant it is not yet.

    The only way in which a metric may speak of the present; the core finds it in the expression and supplies the clock.
    """
    if isinstance(hours, bool) or not isinstance(hours, int):
        raise TypeError(f"passed: hours is {shown(hours)}. Write a whole number, such as hours=24")
    if hours < 0:
        raise ValueError(f"passed: {hours} hours lie in the future. What can still be put right is told by `at_risk`")
    return instant < sa.bindparam(f"{CLOCK}{hours}h", type_=UTCDateTime())
