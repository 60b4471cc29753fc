"""What answers a query for an account: rollups where they are current, else the facts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import filterfalse
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import UTCDateTime

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.join_in_order import JoinInOrder
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Account, RollupState
from sellerhealth.rollups.current import CurrentRollups, current
from sellerhealth.rollups.falling_due import uses_clock
from sellerhealth.rollups.grain import grain_for
from sellerhealth.rollups.measure_set import member
from sellerhealth.rollups.tally import tallies_for

_AT_CLOCK = "rolled_up_at_clock"  # the condition of a filter: with rollups that agree with the clock


class Source(NamedTuple):
    """Queries, the accounts for which they are answered, and whether by rollups."""

    queries: Sequence[MetricQuery]
    accounts: AccountFilter
    from_rollups: bool


def sources(session: ReadSession, queries: Iterable[MetricQuery], accounts: AccountFilter) -> Iterator[Source]:
    """The sources of queries for filtered accounts. For each account every query has one.

    The validity of the session becomes that of their results. Facts do not say when something falls due: what they answer at a clock
    holds for that clock alone.
    """
    by_sets: defaultdict[tuple[str, ...], list[MetricQuery]] = defaultdict(list)
    for query in dict.fromkeys(queries):  # of many accounts, the same ones
        by_sets[sets_for(query, session.rollups)].append(query)
    for set_ids, of_sets in by_sets.items():
        if set_ids:
            yield from _from_sets(session, set_ids, of_sets, accounts)
        else:
            if any(map(compares_with_clock, of_sets)):
                session.validity.end(session.instant)
            yield Source(of_sets, accounts, from_rollups=False)


def _from_sets(session: ReadSession, set_ids: tuple[str, ...], queries: Sequence[MetricQuery], accounts: AccountFilter) -> Iterator[Source]:
    timed = list(filter(compares_with_clock, queries))
    others = list(filterfalse(compares_with_clock, queries))
    groups = [(timed, CurrentRollups(set_ids, session.instant)), (others, CurrentRollups(set_ids, None))]
    groups = [(of_group, rollups) for of_group, rollups in groups if of_group]
    found, first_due = _found(session, accounts, [rollups for _, rollups in groups])
    if timed:
        _, some_behind = found[0]
        session.validity.end(session.instant if some_behind else first_due)
    if all(each == (True, False) for each in found):
        yield Source(queries, accounts, from_rollups=True)
        return
    for (of_group, rollups), (some_current, some_behind) in zip(groups, found, strict=True):
        if some_current:
            yield Source(of_group, replace(accounts, rolled_up=rollups) if some_behind else accounts, from_rollups=True)
        if some_behind or not some_current:
            yield Source(of_group, replace(accounts, not_rolled_up=rollups) if some_current else accounts, from_rollups=False)


def _found(
    session: ReadSession, accounts: AccountFilter, needed: Sequence[CurrentRollups]
) -> tuple[Sequence[tuple[bool, bool]], dt.datetime | None]:
    """For each of some rollups whether any account has current ones, and whether any has not; and when the first falls due, if any does.

    Where none has, not even the tables need to exist: a standby may lag behind.
    """
    filters = [each for rollups in needed for each in (replace(accounts, rolled_up=rollups), replace(accounts, not_rolled_up=rollups))]
    statement = _any_accounts(tuple(each.conditions for each in filters), session.viewer.sees_all)
    parameters = {name: value for each in filters for name, value in each.parameters.items()}
    ((*answers, first_due),) = session.rows(statement, parameters)
    exist = list(map(bool, answers))
    return list(zip(exist[::2], exist[1::2], strict=True)), first_due


@lru_cache(maxsize=64)  # every request sends one: to build it takes longer than to run it
def _any_accounts(filters: tuple[tuple[str, ...], ...], sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    """SELECT of whether any account meets each of some filters, by their conditions; and when the first rollup of the first filter falls due."""
    exist = (filtered_accounts(conditions, sees_all=sees_all).exists() for conditions in filters)
    return sa.select(*exist, _first_due(filters[0], sees_all=sees_all))


def _first_due(conditions: tuple[str, ...], *, sees_all: bool) -> sa.ColumnElement[dt.datetime | None]:
    if _AT_CLOCK not in conditions:
        return sa.literal(None, UTCDateTime())
    first = sa.func.min(RollupState.valid_until, type_=UTCDateTime())
    others = tuple(each for each in conditions if each != _AT_CLOCK)
    return filtered_accounts(others, first, sees_all=sees_all).select_from(_with_states()).scalar_subquery()


def until_of_each(
    session: ReadSession, queries: Iterable[MetricQuery], accounts: AccountFilter, account_ids: Iterable[int]
) -> Mapping[int, dt.datetime | None]:
    """Until when the results of queries hold for each account, None if no instant ends them. Those of accounts that it lacks hold now alone."""
    sets = {sets_for(query, session.rollups) for query in queries if compares_with_clock(query)}
    if not sets:
        return dict.fromkeys(account_ids)
    if len(sets) > 1 or () in sets:
        return {}
    rollups = CurrentRollups(sets.pop(), session.instant)
    states = _until_of_each(accounts.conditions, session.viewer.sees_all)
    return dict(session.rows(states, {**accounts.parameters, **rollups.parameters}))


@lru_cache(maxsize=64)
def _until_of_each(conditions: tuple[str, ...], sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    first = sa.func.min(RollupState.valid_until, type_=UTCDateTime())
    columns = filtered_accounts(conditions, Account.account_id, first, sees_all=sees_all)
    return columns.select_from(_with_states()).group_by(Account.account_id)


def _with_states() -> JoinInOrder:
    """Accounts with the states of their current rollups."""
    return JoinInOrder(Account.__table__, RollupState.__table__, current(at_clock=True))


def compares_with_clock(query: MetricQuery) -> bool:
    """Whether the result of a query depends on the clock, not only on the as-of day."""
    return any(map(uses_clock, query.metric.all_measures.values()))


def sets_for(query: MetricQuery, sets: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The sets that have every measure of a query, and its unproven rows."""
    if not sets or (needed := _members_for(query.metric, query.part_column)) is None:
        return ()
    return tuple(sorted(set_id for set_id, members in sets.items() if needed <= members))


@cache
def _members_for(metric: Metric, part_column: str | None) -> frozenset[str] | None:
    """The members that a set needs to answer for a metric by a column of parts, or as a whole; None if the facts have to."""
    needed = {tally.member for tally in tallies_for(metric, part_column)}
    for measure in metric.all_measures.values():
        if (grain := grain_for(metric, measure, part_column)) is None:
            return None
        needed.add(member(grain, measure))
    return frozenset(needed)
