"""Computes queries about accounts: from statuses that are known, from numbers that the store keeps, else from one statement or a few."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sellerhealth.access import ReadSession
from sellerhealth.deadline import DeadlinePassed
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_statuses import AccountStatuses
from sellerhealth.engine.kept_numbers import KeptResults
from sellerhealth.engine.queries import MetricQuery, QueryResult, Series
from sellerhealth.engine.results import Results, read_results

AccountQuery: TypeAlias = tuple[int, MetricQuery]  # an account and a query about it
Computed: TypeAlias = QueryResult | Series | Exception  # an exception is what the value or target of a plugin raised


def compute(
    session: ReadSession, account_queries: Sequence[AccountQuery], known: Sequence[AccountStatuses], kept: KeptResults | None
) -> Mapping[AccountQuery, Computed]:
    """The result of each query, or the exception that a plugin's value or target raised.

    Queries about accounts whose statuses are known take their results from there, and those about today from the numbers that the store
    keeps, if they hold. The others are answered by one statement or a few.
    """
    found = {each: statuses.results for each in account_queries if known for statuses in known if statuses.include(*each)}
    unknown = [each for each in account_queries if each not in found] if found else account_queries
    outcomes = {} if kept is None else _kept(session, kept, unknown)
    if len(outcomes) < len(unknown):
        unknown = [each for each in unknown if each not in outcomes]
        accounts = AccountFilter(account_ids=tuple({account_id for account_id, _ in unknown}))
        found |= dict.fromkeys(unknown, read_results(session, [query for _, query in unknown], accounts))
    alike = defaultdict[tuple[Results, MetricQuery], list[int]](list)  # query by query, because many accounts share a result
    for (account_id, query), results in found.items():
        alike[results, query].append(account_id)
    for (results, query), account_ids in alike.items():
        of_accounts = _outcomes(session, account_ids, query, results)
        outcomes |= {(account_id, query): outcome for account_id, outcome in zip(account_ids, of_accounts, strict=True)}
    return outcomes


def _kept(session: ReadSession, kept: KeptResults, account_queries: Iterable[AccountQuery]) -> dict[AccountQuery, Computed]:
    """What the queries result in whose numbers are kept, for the accounts whose numbers hold."""
    queries = kept.snapshot.queries(session.today)
    of_today = [each for each in account_queries if each[1].of_each_part in queries]
    kept.read(session, [account_id for account_id, _ in of_today])
    return {each: kept.outcome(*each, session.deadline) for each in of_today if each[0] in kept.rows}


def _outcomes(session: ReadSession, account_ids: Sequence[int], query: MetricQuery, results: Results) -> Iterable[Computed]:
    session.deadline.check()
    if query.since is None:
        return results.results(account_ids, query)
    return (_series(session, each, query, results) for each in account_ids)


def _series(session: ReadSession, account_id: int, query: MetricQuery, results: Results) -> Series | Exception:
    try:
        return results.series(account_id, query, session.deadline)
    except DeadlinePassed:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's value or target may raise anything
        return error
