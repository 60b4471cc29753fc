"""Computes queries about accounts: from statuses that are known, from numbers that the store keeps, else from one statement or a few."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from sellerhealth.access import ReadSession
from sellerhealth.deadline import DeadlinePassed
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_statuses import AccountStatuses
from sellerhealth.engine.kept_numbers import KeptResults, read_kept
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
    found: dict[AccountQuery, Results | KeptResults] = {
        each: statuses.results for each in account_queries if known for statuses in known if statuses.include(*each)
    }
    unknown = [each for each in account_queries if each not in found] if found else account_queries
    if snapshot is not None and (kept := _kept(session, snapshot, unknown)):
        found |= kept
        unknown = [each for each in unknown if each not in kept]
    if unknown:
        accounts = AccountFilter(account_ids=tuple({account_id for account_id, _ in unknown}))
        found |= dict.fromkeys(unknown, read_results(session, [query for _, query in unknown], accounts))
    outcomes: dict[int, QueryResult | Series | Exception] = {}
    alike = defaultdict[tuple[Results | KeptResults, MetricQuery], list[int]](list)  # query by query, because many accounts share a result
    for number, each in enumerate(account_queries):
        alike[found[each], each[1]].append(number)
    for (results, query), numbers in alike.items():
        of_accounts = _outcomes(session, [account_queries[number][0] for number in numbers], query, results)
        outcomes.update(zip(numbers, of_accounts, strict=True))
    return [outcomes[number] for number in range(len(account_queries))]


def _kept(session: ReadSession, snapshot: Snapshot, account_queries: Iterable[AccountQuery]) -> Mapping[AccountQuery, KeptResults]:
    """The results of queries whose numbers are kept, for the accounts whose numbers hold."""
    queries = snapshot.queries(session.today)
    of_today = [each for each in account_queries if each[1].of_each_part in queries]
    if not of_today:
        return {}
    results = read_kept(session, snapshot, {account_id for account_id, _ in of_today})
    return {each: results for each in of_today if each[0] in results.rows}


def _outcomes(
    session: ReadSession, account_ids: Sequence[int], query: MetricQuery, results: Results | KeptResults
) -> Iterator[QueryResult | Series | Exception]:
    session.deadline.check()
    if isinstance(results, KeptResults) or query.since is None:  # no series is kept
        return results.results(account_ids, query)
    return (_series(session, each, query, results) for each in account_ids)


def _series(session: ReadSession, account_id: int, query: MetricQuery, results: Results) -> Series | Exception:
    try:
        return results.series(account_id, query, session.deadline)
    except DeadlinePassed:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's value or target may raise anything
        return error
