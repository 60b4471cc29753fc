"""Measures lists of accounts from rollups, in CPU: the worst of 2,000 accounts, its next page, a tick, and a portfolio of every metric and window.

Each figure and what it is compared with are taken in turns; the median of the rounds counts. Run: `make benchmark-rankings`, or with the
numbers of accounts and of orders of each as arguments.
"""

import gc
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from portfolio import CLOCK, fill

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_status import enforced_metrics
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.keep_snapshots import SnapshotKeeper
from sellerhealth.engine.kept_rankings import KeptRankings
from sellerhealth.engine.portfolio import AccountOrder, AccountSortField, SortDirection
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.ranking import Listing, Ranking, page_by_rank
from sellerhealth.engine.results import read_results
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.records import Account
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.settings import STALE_AFTER, Settings
from sellerhealth.store.database import Database
from sellerhealth.store.keyset import Page, PageRequest
from sellerhealth.store.migrate import upgrade
from sellerhealth.store.writing import note_change

ROUNDS = 7
DIFFERENT = 20  # accounts that are imported; the others are copies
ACCOUNTS, WINDOWS = 100, (7, 14, 30, 60, 90)  # of the portfolio
FIRST = PageRequest(50)


def cpu(work: Callable[[], object]) -> float:
    """The CPU of some work, in milliseconds."""
    gc.collect()
    started = time.process_time()
    work()
    return 1_000 * (time.process_time() - started)


def medians(*ways: Callable[[], object], rounds: int = ROUNDS) -> Sequence[float]:
    """The CPU of some ways, taken in turns."""
    return [statistics.median(each) for each in zip(*([cpu(way) for way in ways] for _ in range(rounds)), strict=True)]


class Lists:
    """The worst of all accounts that are critical or at risk."""

    def __init__(self, database: Database, loaded: Loaded) -> None:
        self._database = database
        self._snapshot = Snapshot(loaded.registry.values(), STALE_AFTER)
        self._keeper = RollupKeeper(database, loaded.measures, lambda: CLOCK, SnapshotKeeper(database, self._snapshot))
        self._sets = {loaded.measures.set_id: loaded.measures.members}
        metrics = enforced_metrics(metric for metric in loaded.registry.values() if metric.section == "account_health")
        self._order = AccountOrder(AccountSortField.HEALTH, SortDirection.DESC, metrics)
        statuses = frozenset({MetricStatus.CRITICAL, MetricStatus.AT_RISK})
        self._listing = Listing(AccountFilter(search="shop"), self._order, CLOCK.date(), metrics, statuses)
        self._kept = KeptRankings()
        with database.reading() as connection:
            self._changed = connection.execute(sa.select(Account.account_id).limit(1)).scalar_one()
        self._last = self.page(self._kept, FIRST, from_rollups=True).rows[-1].position

    def page(self, rankings: KeptRankings, request: PageRequest, *, from_rollups: bool) -> Page[Any]:
        """A page of 50 accounts."""
        batch = MetricBatch(self._database, OWNER, CLOCK, rollups=self._sets if from_rollups else {}, rankings=rankings)

        def read(session: ReadSession, ranking: Ranking) -> Page[Any]:
            return page_by_rank(session, ranking, self._order, request)

        return batch.ranked(self._listing, read)

    def keep_snapshots(self) -> None:
        """What a server does, once a minute: keeps the statuses of all accounts. Where nothing is due it sees that."""
        self._keeper.run()

    def first_from_snapshots(self) -> None:
        """The first page, from snapshots."""
        self.page(KeptRankings(snapshot=self._snapshot), FIRST, from_rollups=True)

    def first(self) -> None:
        """The first page, from rollups."""
        self.page(KeptRankings(), FIRST, from_rollups=True)

    def first_from_facts(self) -> None:
        """The first page, from the facts."""
        self.page(KeptRankings(), FIRST, from_rollups=False)

    def first_after_a_change(self) -> None:
        """The first page after one of the accounts has changed: the others are known."""
        with self._database.writing() as connection:
            note_change(connection, self._changed, of_facts=False)
        self.page(self._kept, FIRST, from_rollups=True)

    def next(self) -> None:
        """The second page, of the ranking that is kept."""
        self.page(self._kept, PageRequest(50, after=self._last), from_rollups=True)


def portfolio(database: Database, loaded: Loaded) -> tuple[Callable[[], object], Sequence[tuple[str, Any]]]:
    """Every metric of some accounts over some windows, with all that a client may select; and the statements that this sends."""
    with database.reading() as connection:
        of_accounts = tuple(connection.scalars(sa.select(Account.account_id).limit(ACCOUNTS)))
    queries = [MetricQuery(metric, Window(days), CLOCK.date()) for metric in loaded.registry.values() for days in WINDOWS]
    sets = {loaded.measures.set_id: loaded.measures.members}

    def measure() -> None:
        with database.reading() as connection:
            session = ReadSession(connection, OWNER, CLOCK, rollups=sets)
            results = read_results(session, queries, AccountFilter(account_ids=of_accounts))
            for account_id in of_accounts:
                for query in queries:
                    results.result(account_id, query).result.complete()

    sent: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "UNION ALL" in statement:
            sent.append((statement, parameters))

    sa.event.listen(database.reader, "before_cursor_execute", note)
    measure()
    sa.event.remove(database.reader, "before_cursor_execute", note)
    return measure, sent


def main() -> None:
    """Prints the figures."""
    number, of_each = (int(argument) for argument in sys.argv[1:] or (2_000, 1_250))
    loaded = load_plugins(Settings(strict=True))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "store.db")
        database = Database(f"sqlite:///{path}")
        upgrade(database)
        fill(database, number, loaded, of_each, different=min(number, DIFFERENT))
        lists, bare = Lists(database, loaded), sqlite3.connect(path)
        measure, sent = portfolio(database, loaded)
        lists.first()  # compiles the statements
        lists.next()
        lists.first_after_a_change()
        for _ in range(2):
            lists.keep_snapshots()
        from_snapshots, tick, first, next_page = medians(lists.first_from_snapshots, lists.keep_snapshots, lists.first, lists.next)
        (after_change,) = medians(lists.first_after_a_change)
        (from_facts,) = medians(lists.first_from_facts, rounds=1)
        engine, of_database = medians(measure, lambda: [bare.execute(*each).fetchall() for each in sent])
        database.close()
    print(f"{number:,} accounts with {of_each:,} orders each, CPU")
    print(f"worst first, filtered: from the facts {from_facts:,.0f} ms, from rollups {first:,.0f} ms, {from_facts / first:.1f}x less")
    print(f"from snapshots: {from_snapshots:,.0f} ms, {from_facts / from_snapshots:,.0f}x less than from the facts")
    print(f"a tick with nothing due: {tick:.1f} ms")
    print(f"after a change of one account: {after_change:.0f} ms, {after_change / first:.2f}x of the first")
    print(f"its next page: {next_page:.1f} ms, {next_page / from_snapshots:.2f}x of the first from snapshots")
    print(f"{ACCOUNTS} accounts, every metric, {len(WINDOWS)} windows: {engine:,.0f} ms, {engine / of_database:.1f}x of bare SQL")


if __name__ == "__main__":
    main()
