"""What a measure compares with the clock: its number changes when that falls due, although no fact does."""

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import elements, visitors

from sellerhealth.metrics.expressions import base_table, clock_parameters, expressions, hours_of
from sellerhealth.metrics.instants import CLOCK
from sellerhealth.metrics.measures import Measure


class FallingDue(NamedTuple):
    """What a measure compares with the clock: an instant, of the counted row or of a related one, that passes after some hours."""

    instant: sa.Column[Any]
    hours: int

    @property
    def parameter(self) -> str:
        """The name of the parameter for the clock less those hours."""
        return f"{CLOCK}{self.hours}h"

    def at(self, instant: dt.datetime) -> dt.datetime:
        """The last instant at which it has not passed."""
        return instant + dt.timedelta(hours=self.hours)


@cache
def falling_due(measure: Measure) -> tuple[FallingDue, ...]:
    """What a measure compares with the clock."""
    return tuple(sorted(set(_compared(measure)), key=lambda each: (str(each.instant), each.hours)))


def knows_when_due(measure: Measure) -> bool:
    """Whether all that a measure compares with the clock are columns: of an expression it is not known when it falls due."""
    clocks = sum(compared_with_clock(node) is not None for each in expressions(measure) for node in visitors.iterate(each))
    return clocks == sum(1 for _ in _compared(measure))


@cache
def uses_clock(measure: Measure) -> bool:
    """Whether the number of a measure depends on the clock."""
    return any(clock_parameters(expression) for expression in expressions(measure))


def _compared(measure: Measure) -> Iterator[FallingDue]:
    for expression in expressions(measure):
        for node in visitors.iterate(expression):
            if (compared := compared_with_clock(node)) is not None and isinstance(compared[0], sa.Column):
                base = base_table(compared[0].table)
                if base is not None:
                    yield FallingDue(base.c[compared[0].key], compared[1])


def compared_with_clock(node: Any) -> tuple[Any, int] | None:
    """The instant and the hours of a condition that `passed` made; None for anything else."""
    if isinstance(node, elements.BinaryExpression) and isinstance(node.right, sa.BindParameter) and node.right.key.startswith(CLOCK):
        return node.left, hours_of(node.right.key)
    return None
