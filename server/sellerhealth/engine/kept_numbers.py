"""The numbers of an account for the queries of its statuses, and of some windows, as of today, kept in one row.

A dashboard reads it in place of rollups and tallies.

A row belongs to one of a snapshot, and holds as long as that does. What is computed from numbers is computed from these as from others.
"""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
import sqlalchemy as sa
import structlog

from sellerhealth.access import ReadSession
from sellerhealth.deadline import Deadline
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.covered_by import in_order
from sellerhealth.engine.covering import alike_accounts
from sellerhealth.engine.join_in_order import JoinInOrder
from sellerhealth.engine.judged_alike import result_of_alike
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.results import OfParts, Results
from sellerhealth.engine.snapshots import HOLDS, Snapshot
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.unproven import Counts, UnknownCell, UnprovenKind, UnprovenRows
from sellerhealth.model.records import Account, AccountNumbers, AccountSnapshot
from sellerhealth.model.tables import FactKind
from sellerhealth.settings import StaleAfter
from sellerhealth.store.lookups import ACCOUNT_COLUMNS, AccountRow

log = structlog.get_logger("sellerhealth")
_DAMAGED = ValueError, TypeError, LookupError, AttributeError  # what reading a text raises that we have not written
_ANY = 0  # stands for any account


class Mark:
    """Identifies what a row says: accounts have the same one only if they have the same results. It keeps none of them in memory."""

    bytes = 50


class KeptRow:
    """What the text of a row says of any account that has it, and the results that were worked out from it."""

    def __init__(self, text: str, snapshot: Snapshot, today: dt.date, stale_after: StaleAfter) -> None:
        self.mark, self.queries = Mark(), snapshot.queries(today)
        self._results, self._known = Results(today, stale_after), dict[MetricQuery, QueryResult]()
        sources, rejected, of_queries = orjson.loads(text)
        if not isinstance(sources, str) or len(of_queries) != len(self.queries):
            raise ValueError("numbers of other queries, or no sources")
        of_sources = sources, tuple(((FactKind(kind), _day(day)), number) for kind, day, number in rejected)
        self._alike = alike_accounts(*of_sources, today, stale_after)
        self._results.put_sources(_ANY, *of_sources)
        self._numbers = {query: _read(query.metric, *of_queries[position]) for query, position in self.queries.items()}
        for query, numbers in self._numbers.items():
            if numbers.unproven:
                self._results.put_numbers(_ANY, query, numbers)

    def result(self, query: MetricQuery) -> QueryResult:
        """The result of a query."""
        if query.part is not None and query.part.name is not None:  # any text can name a part: the id of a result has it
            return self._worked_out(query)
        if (found := self._known.get(query)) is None:
            self._known[query] = found = self._worked_out(query)
        return found

    def _worked_out(self, query: MetricQuery) -> QueryResult:
        by_part, unproven = self._numbers[query.of_each_part]
        if unproven:
            return self._results.result(_ANY, query)
        if (name := query.named_part) is not None:  # it has a result also without rows
            by_part = {name: by_part.get(name) or [0] * len(query.metric.all_measures)}
        return result_of_alike(self._alike, query, tuple([(part, tuple(numbers)) for part, numbers in by_part.items()]))


class _Remembered:
    """The rows that were used last, by all that decides what they say, so that none is old."""

    def __init__(self, most: int) -> None:
        """`most`: bytes of all rows together, about."""
        self._most, self._bytes = most, 0
        self._rows, self._lock = OrderedDict[tuple[Any, ...], KeptRow](), threading.Lock()

    def row(self, text: str, *others: Any) -> KeptRow:
        """The row of a text, with the other arguments of its constructor."""
        key = text, *others
        with self._lock:
            if (row := self._rows.get(key)) is not None:
                self._rows.move_to_end(key)
                return row
        made = KeptRow(text, *others)
        with self._lock:
            if (row := self._rows.setdefault(key, made)) is made:  # no other thread has made it meanwhile
                self._bytes += _CHARACTER * len(text)
            while self._bytes > self._most:
                (old, *_), _ = self._rows.popitem(last=False)
                self._bytes -= _CHARACTER * len(old)
        return row

    def cache_clear(self) -> None:
        """Forgets all rows."""
        with self._lock:
            self._rows.clear()
            self._bytes = 0


_CHARACTER = 100  # bytes of a row for each character of its text, with all its results where no other row has the same
remembered = _Remembered(100_000_000)  # some 1,500 accounts whose numbers all differ


class KeptResults:
    """The results of queries of a snapshot, for accounts whose row was read and holds: those in `rows`.

    `damaged`: the accounts whose row cannot be read. Rollups answer for them, until the keeper has written it anew.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.rows: dict[int, KeptRow] = {}
        self.damaged = set[int]()
        self.snapshot, self._looked_for = snapshot, set[int]()

    def read(self, session: ReadSession, account_ids: Iterable[int]) -> None:
        """Reads the rows of accounts, each once."""
        if not (new := {*account_ids} - self._looked_for):
            return
        accounts, snapshot = AccountFilter(account_ids=tuple(new)), self.snapshot
        statement, parameters = _rows(accounts.conditions, session.viewer.sees_all), {**accounts.parameters, **snapshot.parameters(session)}
        for account_id, until, text in session.rows(statement, parameters):
            self._put(session, account_id, until, text)
        self._looked_for |= new

    def accounts(self, session: ReadSession, keys: Iterable[str]) -> Mapping[str, AccountRow]:
        """The visible accounts with these keys. Their rows are read in the same statement."""
        accounts, found = AccountFilter(keys=tuple(keys)), dict[str, AccountRow]()
        statement = _accounts_with_rows(accounts.conditions, session.viewer.sees_all)
        for *columns, until, text in session.rows(statement, {**accounts.parameters, **self.snapshot.parameters(session)}):
            account = AccountRow(*columns)
            found[account.key] = account
            self._looked_for.add(account.account_id)
            if text is not None:
                self._put(session, account.account_id, until, text)
        return found

    def _put(self, session: ReadSession, account_id: int, until: dt.datetime | None, text: str) -> None:
        session.deadline.check()
        try:
            self.rows[account_id] = remembered.row(text, self.snapshot, session.today, session.stale_after)
        except _DAMAGED as reason:
            log.warning("numbers_not_readable", account_id=account_id, reason=type(reason).__name__)
            self.damaged.add(account_id)
            self.snapshot.unreadable.add(account_id)
        else:
            session.validity.end(until)

    def has(self, account_id: int, query: MetricQuery) -> bool:
        """Whether the row of an account was read, holds, and has the numbers of a query."""
        return (row := self.rows.get(account_id)) is not None and query.of_each_part in row.queries

    def result(self, account_id: int, query: MetricQuery) -> QueryResult:
        """The result of a query for one account."""
        return self.rows[account_id].result(query)

    def outcome(self, account_id: int, query: MetricQuery, deadline: Deadline) -> QueryResult | Exception:
        """The same, or what working it out has raised. Raises DeadlinePassed."""
        deadline.check()
        try:
            return self.result(account_id, query)
        except Exception as error:  # noqa: BLE001 - as of all results: it fails its metric alone
            return error


@lru_cache(maxsize=64)
def _rows(conditions: tuple[str, ...], sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    return filtered_accounts(conditions, Account.account_id, *_OF_ROW, sees_all=sees_all).select_from(_with_rows(isouter=False))


@lru_cache(maxsize=2)
def _accounts_with_rows(conditions: tuple[str, ...], sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    return filtered_accounts(conditions, *ACCOUNT_COLUMNS, *_OF_ROW, sees_all=sees_all).select_from(_with_rows(isouter=True))


_OF_ROW: Any = AccountSnapshot.until, AccountNumbers.numbers


def _with_rows(*, isouter: bool) -> JoinInOrder:
    """Accounts with their rows that hold. `isouter`: and those without one."""
    same = sa.and_(AccountNumbers.account_id == AccountSnapshot.account_id, AccountNumbers.snapshot_id == AccountSnapshot.snapshot_id)
    with_snapshots = JoinInOrder(Account.__table__, AccountSnapshot.__table__, HOLDS, isouter=isouter)
    return JoinInOrder(with_snapshots, AccountNumbers.__table__, same, isouter=isouter)


def written_numbers(results: Results, account_id: int, queries: Iterable[MetricQuery]) -> str:
    """The text of a row: what results have of an account for the queries of a snapshot, in their order. Accounts that are alike have the same."""
    sources, rejected = results.sources_of(account_id)
    of_queries = [_written(query.metric, results.numbers_of(account_id, query)) for query in queries]
    return orjson.dumps([in_order(sources), [(kind, day, number) for (kind, day), number in rejected], of_queries]).decode()


def _written(metric: Metric, numbers: OfParts) -> tuple[Any, Any]:
    return numbers.by_part, {
        part: [(kind_text(metric, kind), *of_kind) for kind, of_kind in rows] for part, rows in numbers.unproven.items()
    }


def _read(metric: Metric, by_part: Mapping[str, list[int]], unproven: Mapping[str, list[list[Any]]]) -> OfParts:
    for numbers in by_part.values():
        _check(numbers, len(metric.all_measures))
    rows = {part: [UnprovenRows(_kind(metric, kind), tuple(of_kind)) for kind, *of_kind in of_part] for part, of_part in unproven.items()}
    for of_part in rows.values():
        for kind, of_kind in of_part:
            _check(of_kind, 1 + len(kind.summed))
    return OfParts(by_part, rows)


def _check(numbers: Sequence[Any], length: int) -> None:
    """Raises ValueError unless there are so many whole numbers: others would fail their metric later."""
    if [*map(type, numbers)] != [int] * length:
        raise ValueError(f"not {length} whole numbers")


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def kind_text(metric: Metric, kind: UnprovenKind) -> str:
    """A kind of unproven rows: for each measure whether they count, which of them add up a column, the cells that they lack, and where they are.

    The cells are in their own order: tallies find those of a part in another one than the facts.
    """
    measures = _measures(metric)
    counts = "".join(f"{kind.count_in(measure):d}" for measure in measures)
    summed = ",".join(str(measures.index(measure)) for measure in kind.summed)
    return " ".join((counts, summed, ",".join(sorted(map(str, kind.cells))), "elsewhere" if kind.elsewhere else ""))


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
