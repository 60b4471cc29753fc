"""What answers a query for an account: rollups where they are current, else the facts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.rollups.current import CurrentRollups
from sellerhealth.rollups.measure_set import grain_for, member, uses_clock


class Source(NamedTuple):
    """Queries, the accounts for which they are answered, and whether by rollups."""

    queries: Sequence[MetricQuery]
    accounts: AccountFilter
    from_rollups: bool


def sources(session: ReadSession, queries: Iterable[MetricQuery], accounts: AccountFilter) -> Iterator[Source]:
    """The sources of queries for filtered accounts. For each account every query has one."""
    by_sets: defaultdict[tuple[str, ...], list[MetricQuery]] = defaultdict(list)
    for query in queries:
        by_sets[_sets_for(query, session.rollups)].append(query)
    for set_ids, of_sets in by_sets.items():
        if set_ids:
            yield from _from_sets(session, set_ids, of_sets, accounts)
        else:
            yield Source(of_sets, accounts, from_rollups=False)


def _from_sets(session: ReadSession, set_ids: tuple[str, ...], queries: Sequence[MetricQuery], accounts: AccountFilter) -> Iterator[Source]:
    timed = [query for query in queries if any(map(uses_clock, query.metric.all_measures.values()))]
    others = [query for query in queries if query not in timed]
    groups = [(timed, CurrentRollups(set_ids, session.clock)), (others, CurrentRollups(set_ids, None))]
    behind = _behind(session, accounts, [rollups for of_group, rollups in groups if of_group])
    if not any(behind):
        yield Source(queries, accounts, from_rollups=True)
        return
    for (of_group, rollups), is_behind in zip((each for each in groups if each[0]), behind, strict=True):
        if not is_behind:
            yield Source(of_group, accounts, from_rollups=True)
        elif accounts.account_ids is not None and len(accounts.account_ids) == 1:
            yield Source(of_group, accounts, from_rollups=False)
        else:
            yield Source(of_group, replace(accounts, rolled_up=rollups), from_rollups=True)
            yield Source(of_group, replace(accounts, not_rolled_up=rollups), from_rollups=False)


def _behind(session: ReadSession, accounts: AccountFilter, needed: Sequence[CurrentRollups]) -> Sequence[bool]:
    """For each of some rollups whether any account does not have them."""
    filters = [replace(accounts, not_rolled_up=rollups) for rollups in needed]
    found = (filtered_accounts(each.conditions, sees_all=session.viewer.sees_all).exists() for each in filters)
    parameters = {name: value for each in filters for name, value in each.parameters.items()}
    return [bool(each) for each in session.execute(sa.select(*found), parameters).one()]


def _sets_for(query: MetricQuery, sets: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The sets that have every measure of a query."""
    needed = set()
    for measure in query.metric.all_measures.values():
        grain = grain_for(query.metric, measure, query.part_column)
        if grain is None or not sets:
            return ()
        needed.add(member(grain, measure))
    return tuple(sorted(set_id for set_id, members in sets.items() if needed <= members))
