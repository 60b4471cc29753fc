"""Compiles metric queries to the statement that counts their unproven rows, for accounts with unknown cells. Pure, as compile.py is."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.rolled_up_unproven import stretch_parameters, tally_branch
from sellerhealth.engine.shapes import QueryShape, number_shapes
from sellerhealth.engine.stack import AnySelect, about, between_parameters, padded
from sellerhealth.engine.unproven_rows import Reader, UnprovenBranch, Window, unproven_branches
from sellerhealth.metrics.expressions import clock_parameters, clock_values
from sellerhealth.rollups.tally import tallies_for


@dataclass(frozen=True)
class _UnprovenStatement:
    select: sa.Executable
    branches: Sequence[tuple[int, Reader]]  # the shape of each branch, and how to read it
    clock: frozenset[str]


@dataclass(frozen=True)
class UnprovenPlan:
    """A statement that counts unproven rows, with its parameters, and how to read its rows."""

    statement: sa.Executable
    parameters: Mapping[str, Any]
    branches: Sequence[tuple[Sequence[MetricQuery], Reader]]


def compile_unproven(
    queries: Iterable[MetricQuery], accounts: AccountFilter, clock: dt.datetime, *, sees_all: bool, from_rollups: bool = False
) -> UnprovenPlan:
    """One statement for the unproven rows of all queries on all filtered accounts. Its rows are like those of `compile_queries`."""
    plan, clocks = _plan(tuple(queries), accounts.conditions, sees_all, from_rollups)
    return replace(plan, parameters={**accounts.parameters, **plan.parameters, **clock_values(clocks, clock)})


@lru_cache(maxsize=128)
def _plan(
    queries: tuple[MetricQuery, ...], conditions: tuple[str, ...], sees_all: bool, from_rollups: bool
) -> tuple[UnprovenPlan, frozenset[str]]:
    """The plan without the parameters of the accounts and the clock, and the names of those of the clock."""
    numbered = number_shapes(queries)
    statement = _unproven_statement(tuple(numbered.shapes), conditions, sees_all, from_rollups)
    queries_of = list(numbered.shapes.values())
    branches = [(queries_of[shape], reader) for shape, reader in statement.branches]
    parameters = dict(numbered.parameters)
    if from_rollups:
        for span, (first, last) in enumerate(numbered.days):
            parameters |= stretch_parameters(span, first, last)
    return UnprovenPlan(statement.select, parameters, branches), statement.clock


@lru_cache(maxsize=64)  # some 1 MB each
def _unproven_statement(
    shapes: tuple[QueryShape, ...], conditions: tuple[str, ...], sees_all: bool, from_rollups: bool
) -> _UnprovenStatement:
    accounts = filtered_accounts(conditions, sees_all=sees_all).cte("filtered_accounts")
    branches = [(number, branch) for number, shape in enumerate(shapes) for branch in _unproven(shape, accounts, from_rollups)]
    width = max((len(branch.numbers) for _, branch in branches), default=1)
    select = sa.union_all(*(padded(_select(number, branch), branch.numbers, width) for number, (_, branch) in enumerate(branches)))
    return _UnprovenStatement(select, [(number, branch.reader) for number, branch in branches], clock_parameters(select))


def _unproven(shape: QueryShape, accounts: sa.CTE, from_rollups: bool) -> Iterable[UnprovenBranch]:
    scope = {name: sa.bindparam(f"query_{name}_{shape.scope}", type_=sa.String()) for name in shape.restricted}
    first, last = f"query_first_{shape.span}", f"query_last_{shape.span}"
    window = Window(accounts, shape.span, lambda day: between_parameters(day, first, last), scope, shape.part_column, shape.is_daily)
    if from_rollups:
        return (tally_branch(tally, window) for tally in tallies_for(shape.metric, shape.part_column))
    return unproven_branches(shape.metric.all_measures.values(), window)


def _select(number: int, branch: UnprovenBranch) -> AnySelect:
    day = sa.cast(sa.null(), sa.Date()) if branch.day is None else branch.day  # the first branch gives the types of the statement
    select: AnySelect = sa.select(*about(number, branch.account, branch.part, day)).where(branch.where)
    return select
