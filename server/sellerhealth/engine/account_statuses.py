"""The statuses of many accounts in some metrics, from one statement or a few. Those that are kept are not read again."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.account_status import AccountStatus, judged_queries, status_of
from sellerhealth.engine.holding import Holding
from sellerhealth.engine.kept_statuses import KeptStatus, KeptStatuses, StatusesOf, Version
from sellerhealth.engine.queries import WHOLE, MetricQuery, query_of
from sellerhealth.engine.results import Results, read_results
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.engine.sources import until_of_each
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult
from sellerhealth.model.records import Account
from sellerhealth.store.lookups import ACCOUNT_COLUMNS, AccountRow

_AT_ONCE = 500  # accounts that are parameters of a statement


@dataclass(frozen=True)
class AccountStatuses:
    """The status of all accounts of a filter in some metrics, and the results of those that were read."""

    accounts: Mapping[int, AccountRow]
    by_metric: Mapping[Metric, Mapping[int, AccountStatus]]
    queries: frozenset[MetricQuery]
    results: Results
    holding: Holding
    measured: frozenset[int] = frozenset()
    _together: dict[tuple[int, ...], AccountStatus] = field(default_factory=dict, init=False, repr=False, compare=False)

    def include(self, account_id: int, query: MetricQuery) -> bool:
        """Whether the result of a query for an account was read."""
        return account_id in self.measured and query.of_each_part in self.queries

    def of(self, account_id: int, metrics: Sequence[Metric]) -> AccountStatus:
        """The status of an account in a metric, or in several together."""
        each = [self.by_metric[metric][account_id] for metric in metrics]
        if len(each) == 1:
            return each[0]
        alike = tuple(map(id, each))  # many accounts have the same ones, and a list needs them twice
        if alike not in self._together:
            self._together[alike] = AccountStatus.worst(each)
        return self._together[alike]


def read_account_statuses(
    session: ReadSession,
    accounts: AccountFilter,
    metrics: Sequence[Metric],
    as_of: dt.date,
    kept: KeptStatuses,
    snapshot: Snapshot | None = None,
) -> AccountStatuses:
    """The statuses of all accounts of a filter: those that are kept or that the store has in a snapshot, and of the others new ones."""
    queries = {metric: judged_queries(query_of(metric, metric.windows[0], as_of, WHOLE)) for metric in metrics}
    every_query = [query for judged in queries.values() for query in judged]
    rows, versions = _visible(session, accounts)  # first: what is read after the versions is as new, or newer
    of = StatusesOf(session.viewer.id, tuple(queries), as_of, session.today)
    found = kept.find(of)
    known = {each: found[each] for each in rows if each in found and found[each].holds(versions[each], session.instant)}
    measured = [each for each in rows if each not in known]
    if measured and snapshot is not None and snapshot.has(of):
        some = AccountFilter(account_ids=tuple(measured)) if len(measured) <= _AT_ONCE else accounts
        held = snapshot.read(session, of, some)  # in the same transaction: of the versions that were read
        in_store = {each: KeptStatus(versions[each], session.instant, *held[each]) for each in measured if each in held}
        known |= in_store
        kept.keep(of, in_store)
        measured = [each for each in measured if each not in known]
    parts = [measured[start : start + _AT_ONCE] for start in range(0, len(measured), _AT_ONCE)]
    filters = [AccountFilter(account_ids=tuple(part)) for part in parts]
    if not known or 2 * len(measured) > max(len(rows), 2 * _AT_ONCE):  # most of them: by the filter itself
        measured, parts, filters, known = list(rows), [list(rows)] if rows else [], [accounts], {}
    session.validity.end(min((each.until for each in known.values() if each.until is not None), default=None))
    results = Results(session.today, session.stale_after, session.deadline)
    for part, of_part in zip(parts, filters, strict=False):
        read_results(session, every_query, of_part, results)
        until = until_of_each(session, every_query, of_part, part)
        for each, statuses in _statuses(session, part, queries, results).items():
            known[each] = KeptStatus(versions[each], session.instant, until.get(each, session.instant), statuses)
        kept.keep(of, {each: known[each] for each in part if each in until})
    by_metric = {metric: {each: known[each].statuses[number] for each in rows} for number, metric in enumerate(queries)}
    return AccountStatuses(rows, by_metric, frozenset(every_query), results, Holding.of(session), frozenset(measured))


def _visible(session: ReadSession, accounts: AccountFilter) -> tuple[Mapping[int, AccountRow], Mapping[int, Version]]:
    """The accounts of a filter, and their versions."""
    found = session.rows(_with_versions(accounts.conditions, session.viewer.sees_all), accounts.parameters)
    rows = [(AccountRow._make(row), version) for *row, version in found]
    return {row.account_id: row for row, _ in rows}, {row.account_id: (version, row.updated_at) for row, version in rows}


@lru_cache(maxsize=64)
def _with_versions(conditions: tuple[str, ...], sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    return filtered_accounts(conditions, *ACCOUNT_COLUMNS, Account.version, sees_all=sees_all)


def _statuses(
    session: ReadSession, account_ids: Iterable[int], queries: Mapping[Metric, Sequence[MetricQuery]], results: Results
) -> Mapping[int, tuple[AccountStatus, ...]]:
    """The status of each account in each metric."""
    # By the identities of results, which most accounts share with others. The results are kept with it, so that no other gets their identity.
    known: dict[tuple[int, ...], tuple[AccountStatus, Sequence[MetricResult]]] = {}
    statuses: dict[int, list[AccountStatus]] = {account_id: [] for account_id in account_ids}
    for judged in queries.values():
        for of_account, *by_query in zip(statuses.values(), *(results.by_part(statuses, query) for query in judged), strict=True):
            session.deadline.check()
            all_results = [result for by_part in by_query for result in by_part.values()]
            key = tuple(map(id, all_results))
            if key not in known:
                known[key] = status_of(all_results, by_query[0][""].value), all_results
            of_account.append(known[key][0])
    return {account_id: tuple(of_account) for account_id, of_account in statuses.items()}
