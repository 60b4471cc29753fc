"""Keeps the snapshots of accounts, some at a time: works out the statuses of those whose row does not hold. And verifies those that do."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_statuses import AccountStatuses, read_account_statuses
from sellerhealth.engine.kept_numbers import KeptResults, kind_text, written_numbers
from sellerhealth.engine.kept_statuses import KeptStatuses, StatusesOf
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.results import read_results
from sellerhealth.engine.snapshots import Snapshot, holds, written
from sellerhealth.errors import StoreFault
from sellerhealth.model.records import Account, AccountNumbers, AccountSnapshot
from sellerhealth.rollups.current import CurrentRollups, is_current
from sellerhealth.store.database import Database
from sellerhealth.store.snapshots import state_of_snapshots, store_snapshots

Write: TypeAlias = Callable[[sa.Connection], None]
_UNREADABLE = "a text that cannot be read"
_TRIES = 30  # to compute parts of them: of 2,000 one that fails is found by 23
AT_ONCE = 2_000  # accounts: each statement passes over some tables as a whole


class SnapshotKeeper:
    """Which rows are to be written, and with what. Only where rollups are current: from the facts a status may take long, and holds for one clock."""

    def __init__(self, database: Database, snapshot: Snapshot) -> None:
        self._database, self._snapshot = database, snapshot

    def state(self, clock: dt.datetime) -> tuple[object, ...]:
        """A value that differs after anything that may put a row behind: a change of an account, a new day, what falls due, a deletion of rows.

        Or a row that could not be read.
        """
        with self._database.reading() as connection:
            return clock.date(), frozenset(self._snapshot.unreadable), *state_of_snapshots(connection, self._snapshot.id)

    def behind(self, set_id: str, clock: dt.datetime, after: int | None) -> Sequence[int]:
        """Some accounts whose row does not hold, in the order of their ids, after one of them. `set_id`: the rollups that they must have.

        Page by page, and by the keys of a page: to join all accounts takes the square of their number where PostgreSQL has no statistics yet.
        """
        rollups, unreadable = CurrentRollups((set_id,), clock), frozenset(self._snapshot.unreadable)
        with self._database.reading() as connection:
            session = ReadSession(connection, OWNER, clock, self._snapshot.stale_after)
            while True:
                others = [] if after is None else [Account.account_id > after]
                current = session.visible_accounts(Account.account_id).where(is_current(at_clock=True), *others)
                page = session.execute(current.order_by(Account.account_id).limit(AT_ONCE), rollups.parameters).scalars().all()
                held = self._snapshot.holding(session, AccountFilter(account_ids=tuple(page))) if page else frozenset()
                if not page or (behind := [each for each in page if each not in held or each in unreadable]):
                    return behind if page else []
                after = page[-1]

    def write_of(self, account_ids: Sequence[int], sets: Mapping[str, frozenset[str]], clock: dt.datetime) -> Write:
        """What writes the rows of accounts. A row is of the version that was read, so nobody needs to be kept from writing. `sets`: all of the store.

        Raises what computing has raised if it is possible for none of them. Those for which it is not are left out, and perhaps some others.
        """
        rows = self._possible_rows(account_ids, sets, clock)

        def write(connection: sa.Connection) -> None:
            store_snapshots(connection, self._snapshot.id, rows)
            stored = [row["account_id"] for row in rows]
            self._snapshot.unreadable.difference_update(stored)  # if this is rolled back, who reads a row next finds it again

        return write

    def _possible_rows(
        self, account_ids: Sequence[int], sets: Mapping[str, frozenset[str]], clock: dt.datetime
    ) -> Sequence[Mapping[str, Any]]:
        """The rows of accounts, where they cannot be computed together those of smaller and smaller parts: one account fails no other."""
        rows, parts, failed = list[Mapping[str, Any]](), [account_ids], None
        for _ in range(_TRIES):
            if not parts:
                break
            part = parts.pop()
            try:
                rows += self._rows(part, sets, clock)
            except StoreFault:
                raise
            except Exception as reason:  # noqa: BLE001 - a measure of a plugin, or a damaged cell, may raise anything
                failed, middle = reason, len(part) // 2
                parts += [part[:middle], part[middle:]] if middle else []
        if failed is not None and not rows:
            raise failed
        return rows

    def _rows(self, account_ids: Sequence[int], sets: Mapping[str, frozenset[str]], clock: dt.datetime) -> list[Mapping[str, Any]]:
        kept, metrics = KeptStatuses(), self._snapshot.metrics
        with self._database.reading() as connection:
            session = ReadSession(connection, OWNER, clock, self._snapshot.stale_after, rollups=sets)
            results = _read(session, self._snapshot, AccountFilter(account_ids=tuple(account_ids)), kept).results
            found = kept.find(StatusesOf(OWNER.id, metrics, session.today, session.today))
            queries = self._snapshot.queries(session.today)
            return [
                self._snapshot.row(session, account_id, statuses, written_numbers(results, account_id, queries))
                for account_id, statuses in found.items()
            ]


def _read(session: ReadSession, snapshot: Snapshot, accounts: AccountFilter, kept: KeptStatuses) -> AccountStatuses:
    """The statuses of accounts, and the results of all queries of a snapshot."""
    statuses = read_account_statuses(session, accounts, snapshot.metrics, session.today, kept)
    others = [query for query in snapshot.queries(session.today) if query not in statuses.queries]
    read_results(session, others, accounts, statuses.results)
    return statuses


class Difference(NamedTuple):
    """What is stored of a metric otherwise than the facts say, and where: a status, or the numbers of a query."""

    table: str
    column: str
    metric: str
    stored: str
    computed: str


def verify_snapshot(session: ReadSession, snapshot: Snapshot, account_id: int) -> tuple[int, Sequence[Difference]]:
    """How many statuses and queries of an account were compared with those from the facts, and which differ. None if the row does not hold."""
    accounts, metrics, today = AccountFilter(account_ids=(account_id,)), snapshot.metrics, session.today
    stored = snapshot.read(session, StatusesOf(session.viewer.id, metrics, today, today), accounts)
    if account_id not in stored:
        if account_id not in snapshot.holding(session, accounts):
            return 0, []
        table, column = AccountSnapshot.__tablename__, "statuses"
        statuses = _read(_from_facts(session), snapshot, accounts, KeptStatuses()).by_metric
        return len(metrics), [Difference(table, column, each.key, _UNREADABLE, written([statuses[each][account_id]])) for each in metrics]
    computed = _read(_from_facts(session), snapshot, accounts, KeptStatuses())
    texts = [
        Difference(AccountSnapshot.__tablename__, "statuses", metric.key, written([old]), written([computed.by_metric[metric][account_id]]))
        for metric, old in zip(metrics, stored[account_id].statuses, strict=True)
    ]
    queries = snapshot.queries(today)
    kept = KeptResults(snapshot)
    kept.read(session, (account_id,))
    for query in queries if kept.rows or kept.damaged else ():
        old = _said(query, kept.result(account_id, query)) if kept.rows else _UNREADABLE
        new = _said(query, computed.results.result(account_id, query))
        texts.append(Difference(AccountNumbers.__tablename__, "numbers", query.metric.key, old, new))
    return len(texts), [each for each in texts if each.stored != each.computed]


def _from_facts(session: ReadSession) -> ReadSession:
    return ReadSession(session.connection, session.viewer, session.instant, session.stale_after)


def _said(query: MetricQuery, result: QueryResult) -> str:
    """The numbers of each part, how many rows are unproven, by kind, and the coverage."""
    parts = []
    for part, found in sorted(result.by_part.items()):
        kinds = sorted(
            f"{kind_text(query.metric, kind).strip()}: {','.join(map(str, numbers))}" for kind, numbers in found.unproven.by_kind
        )
        of_kinds = f" ({'; '.join(kinds)})" if kinds else ""
        parts.append(f"{part or 'all'}: {dict(found.numbers)} and {found.unproven.rows} unproven{of_kinds}")
    covered = ", ".join(f"{kind} {day}" for kind, day in result.coverage.items())
    return f"{', '.join(parts)}; covered {covered}; {result.rejected} rejected"


def number_that_hold(session: ReadSession, snapshot: Snapshot, account_id: int | None = None) -> int:
    """Of how many accounts the row holds: of all, or of one."""
    of_account = [] if account_id is None else [Account.account_id == account_id]
    held = session.visible_accounts(sa.func.count()).where(holds(), *of_account)
    number: int = session.execute(held, snapshot.parameters(session)).scalar_one()
    return number
