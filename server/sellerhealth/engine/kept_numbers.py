"""The numbers of an account for the queries of its statuses as of today, kept in one row: a dashboard reads it in place of rollups and tallies.

A row belongs to one of a snapshot, and holds as long as that does. What is computed from numbers is computed from these as from others.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson
import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.join_in_order import JoinInOrder
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.results import OfParts, Results
from sellerhealth.engine.snapshots import HOLDS, Snapshot
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.unproven import Counts, UnknownCell, UnprovenKind, UnprovenRows
from sellerhealth.model.records import Account, AccountNumbers, AccountSnapshot
from sellerhealth.model.tables import FactKind


def read_kept(session: ReadSession, snapshot: Snapshot, by_account: Mapping[int, Iterable[MetricQuery]]) -> tuple[Results, frozenset[int]]:
    """The results of queries of a snapshot, for those accounts whose row holds; and these accounts."""
    results, positions = Results(session.today, session.stale_after, session.deadline), snapshot.queries(session.today)
    accounts = AccountFilter(account_ids=tuple(by_account))
    statement, parameters = _rows(accounts.conditions, session.viewer.sees_all), {**accounts.parameters, **snapshot.parameters(session)}
    held = set()
    for account_id, until, text in session.rows(statement, parameters):
        session.deadline.check()
        session.validity.end(until)
        sources, rejected, of_queries = orjson.loads(text)
        results.put_sources(account_id, sources, tuple(((FactKind(kind), _day(day)), number) for kind, day, number in rejected))
        for query in by_account[account_id]:
            results.put_numbers(account_id, query, _read(query.metric, *of_queries[positions[query]]))
        held.add(account_id)
    return results, frozenset(held)


@lru_cache(maxsize=64)
def _rows(conditions: tuple[str, ...], sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    same = sa.and_(AccountNumbers.account_id == AccountSnapshot.account_id, AccountNumbers.snapshot_id == AccountSnapshot.snapshot_id)
    columns = Account.account_id, AccountSnapshot.until, AccountNumbers.numbers
    with_snapshots = JoinInOrder(Account.__table__, AccountSnapshot.__table__, HOLDS)
    return filtered_accounts(conditions, *columns, sees_all=sees_all).select_from(
        JoinInOrder(with_snapshots, AccountNumbers.__table__, same)
    )


def written_numbers(results: Results, account_id: int, queries: Iterable[MetricQuery]) -> str:
    """The text of a row: what results have of an account for the queries of a snapshot, in their order."""
    sources, rejected = results.sources_of(account_id)
    of_queries = [_written(query.metric, results.numbers_of(account_id, query)) for query in queries]
    return orjson.dumps([sources, [(kind, day, number) for (kind, day), number in rejected], of_queries]).decode()


def _written(metric: Metric, numbers: OfParts) -> tuple[Any, Any]:
    return numbers.by_part, {
        part: [(_kind_text(metric, kind), *of_kind) for kind, of_kind in rows] for part, rows in numbers.unproven.items()
    }


def _read(metric: Metric, by_part: Mapping[str, list[int]], unproven: Mapping[str, list[list[Any]]]) -> OfParts:
    return OfParts(
        by_part,
        {part: [UnprovenRows(_kind(metric, kind), tuple(of_kind)) for kind, *of_kind in rows] for part, rows in unproven.items()},
    )


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _kind_text(metric: Metric, kind: UnprovenKind) -> str:
    """A kind of unproven rows: for each measure whether they count, which of them add up a column, the cells that they lack, and where they are."""
    measures = _measures(metric)
    counts = "".join(f"{kind.count_in(measure):d}" for measure in measures)
    summed = ",".join(str(measures.index(measure)) for measure in kind.summed)
    return " ".join((counts, summed, ",".join(map(str, kind.cells)), "elsewhere" if kind.elsewhere else ""))


@lru_cache(maxsize=10_000)  # the rows of many accounts are of the same kinds
def _kind(metric: Metric, text: str) -> UnprovenKind:
    measures = _measures(metric)
    counts, summed, cells, elsewhere = text.split(" ")
    return UnprovenKind(
        tuple((measure, Counts(int(each))) for measure, each in zip(measures, counts, strict=True) if each != f"{Counts.NO:d}"),
        tuple(UnknownCell(*cell.split(".")) for cell in cells.split(",") if cell),
        tuple(measures[int(number)] for number in summed.split(",") if number),
        elsewhere=bool(elsewhere),
    )


def _measures(metric: Metric) -> list[Any]:
    return list(dict.fromkeys(metric.all_measures.values()))
