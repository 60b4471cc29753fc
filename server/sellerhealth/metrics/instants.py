"""Conditions over instants, computed alike by every database: how long ago one was, and how long after another."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlmodel import UTCDateTime

from sellerhealth.metrics.type_checks import describe_value

CLOCK = "clock_"  # prefix of the bind parameters for the clock: `clock_24h` is the present less 24 hours
_MOST_HOURS = 10 * 366 * 24
Instant = SQLColumnExpression[dt.datetime] | SQLColumnExpression[dt.datetime | None]


def passed(instant: Instant, *, hours: int = 0) -> sa.ColumnElement[bool]:
    """True once more than this many hours have passed since an instant. At exactly that time it is still false.

    This is the only way for a metric to refer to the present: the core finds it in the expression and binds the clock.
    """
    _check_hours("passed", hours)
    if hours < 0:
        raise ValueError(f"passed: {hours} hours lie in the future. Declare what can still be put right in `at_risk`")
    return instant < sa.bindparam(f"{CLOCK}{hours}h", type_=UTCDateTime())


def later(instant: Instant, *, hours: int) -> sa.ColumnElement[dt.datetime]:
    """The instant that is so many hours after another one, to be compared with a third.

    A refund within 14 days of the order has `Refund.refunded_at <= later(Order.placed_at, hours=14 * 24)`. Exact to the microsecond, and null for an instant that is null. Of two instants the earlier one is made later.
    """
    _check_hours("later", hours)
    if not 0 < hours <= _MOST_HOURS:
        raise ValueError(
            f"later: {hours} hours. Write 1 to {_MOST_HOURS}, the hours of ten years; for fewer than 1 make the other instant later"
        )
    return Later(instant, hours)


class Later(FunctionElement[dt.datetime]):
    """What `later` makes."""

    name = "later"
    inherit_cache = True
    _traverse_internals = [*FunctionElement._traverse_internals, ("hours", InternalTraversal.dp_plain_obj)]

    def __init__(self, instant: Any, hours: int) -> None:
        super().__init__(instant)
        self.type, self.hours = UTCDateTime(), hours


@compiles(Later)
def _with_interval(later: Later, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(later.clauses, **options)} + INTERVAL '{later.hours} hours')"


@compiles(Later, "sqlite")
def _with_text(later: Later, compiler: Any, **options: Any) -> str:
    """SQLite keeps instants as texts, with the fraction of a second from the 20th character. Its functions keep milliseconds alone."""
    instant = compiler.process(later.clauses, **options)
    return f"(strftime('%Y-%m-%d %H:%M:%S', {instant}, '+{later.hours} hours') || substr({instant}, 20))"


def _check_hours(function: str, hours: object) -> None:
    if isinstance(hours, bool) or not isinstance(hours, int):
        raise TypeError(f"{function}: hours is {describe_value(hours)}. Write a whole number, such as hours=24")
