"""Computes queries about accounts: from statuses that are known, from numbers that the store keeps, else from one statement or a few."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from sellerhealth.access import ReadSession
from sellerhealth.deadline import DeadlinePassed
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_statuses import AccountStatuses
from sellerhealth.engine.kept_numbers import read_kept
from sellerhealth.engine.queries import MetricQuery, QueryResult, Series
from sellerhealth.engine.results import Results, read_results
from sellerhealth.engine.snapshots import Snapshot

AccountQuery: TypeAlias = tuple[int, MetricQuery]  # an account and a query about it


def compute(
    session: ReadSession, account_queries: Sequence[AccountQuery], known: Sequence[AccountStatuses], snapshot: Snapshot | None
) -> Sequence[QueryResult | Series | Exception]:
    """The result of each query, or the exception that a plugin's value or target raised.

    Queries about accounts whose statuses are known take their results from there, and those about today from the numbers that the store
    keeps, if they hold. The others are answered by one statement or a few.
    """
    found = {each: statuses.results for each in account_queries if known for statuses in known if statuses.include(*each)}
    unknown = [each for each in account_queries if each not in found] if found else account_queries
    if snapshot is not None and (kept := _kept(session, snapshot, unknown)):
        found |= kept
        unknown = [each for each in unknown if each not in kept]
    if unknown:
        accounts = AccountFilter(account_ids=tuple({account_id for account_id, _ in unknown}))
        found |= dict.fromkeys(unknown, read_results(session, [query for _, query in unknown], accounts))
    outcomes: dict[int, QueryResult | Series | Exception] = {}
    alike = defaultdict[tuple[Results, MetricQuery], list[int]](list)  # query by query, because many accounts share a result
    for number, each in enumerate(account_queries):
        alike[found[each], each[1]].append(number)
    for (results, query), numbers in alike.items():
        of_accounts = _outcomes(session, [account_queries[number][0] for number in numbers], query, results)
        outcomes.update(zip(numbers, of_accounts, strict=True))
    return [outcomes[number] for number in range(len(account_queries))]


def _kept(session: ReadSession, snapshot: Snapshot, account_queries: Iterable[AccountQuery]) -> Mapping[AccountQuery, Results]:
    """The results of queries whose numbers are kept, for the accounts whose numbers hold."""
    queries, by_account = snapshot.queries(session.today), defaultdict[int, dict[MetricQuery, list[AccountQuery]]](dict)
    for each in account_queries:
        account_id, query = each
        if (every_part := query.of_each_part) in queries:
            by_account[account_id].setdefault(every_part, []).append(each)
    if not by_account:
        return {}
    results, held = read_kept(session, snapshot, by_account)
    return {each: results for account_id in held for alike in by_account[account_id].values() for each in alike}


def _outcomes(
    session: ReadSession, account_ids: Sequence[int], query: MetricQuery, results: Results
) -> Iterator[QueryResult | Series | Exception]:
    session.deadline.check()
    return results.results(account_ids, query) if query.since is None else (_series(session, each, query, results) for each in account_ids)


def _series(session: ReadSession, account_id: int, query: MetricQuery, results: Results) -> Series | Exception:
    try:
        return results.series(account_id, query, session.deadline)
    except DeadlinePassed:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's value or target may raise anything
        return error
