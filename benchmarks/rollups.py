"""Measures what rollups save: the CPU of a dashboard from rollups and from the facts, for accounts of different sizes.

The dashboard is every metric over all of its windows and along each of its dimensions, for one account; of some accounts every cell is known,
of others many are not, and of others all values are good, so that the rows with unknown cells have to be added up for every day. Both ways are timed in turns; the median of the rounds counts. Also measured: the import with rollups against the
import without, the statements of the dashboard against the same in bare sqlite3, the space of rollups against that of facts, and a year of every
metric against a plain loop over the same rows. Run: `make benchmark-rollups`, or with the numbers of orders as arguments.
"""

import datetime as dt
import gc
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from enum import Enum
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.cli.server import collect_seldom
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.engine.results import dimensions, read_results
from sellerhealth.engine.running_text import read_sums, split_sums
from sellerhealth.engine.statement_size import divided
from sellerhealth.facts import FACTS, Channel, Feedback, Order, OrderStatus, Package
from sellerhealth.intake import create_account
from sellerhealth.model.records import ImportBatch, ImportState, UnprovenTally
from sellerhealth.model.statement_text import rows_of
from sellerhealth.model.tables import FactKind
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.rollups.measure_set import measure_set
from sellerhealth.rollups.tables import prepare
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.settings import Settings
from sellerhealth.sources import Importer, Row
from sellerhealth.store.database import Database
from sellerhealth.store.ingesting import ingesting
from sellerhealth.store.migrate import upgrade

CLOCK = dt.datetime(2025, 12, 20, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MARKETPLACES = ("ATVPDKIKX0DER", "A1PA6795UKMFR9")
ROUNDS = 7


class Cells(Enum):
    """Which cells of the rows are known."""

    KNOWN = "known"
    UNKNOWN = "unknown"  # many, and the channel of every order, so that most metrics have nothing to measure
    GOOD = "good"  # the same but for the channel of the orders that the seller sends; and all values are good


MADE = Importer("made", "Made-up facts", frozenset(FactKind), 1, recognises=lambda sample: False, read=lambda file, context: iter(()))


def dashboard(loaded: Loaded) -> Sequence[MetricQuery]:
    """The queries of a dashboard."""
    return [
        MetricQuery(metric, window, CLOCK.date(), part=part)
        for metric in loaded.registry.values()
        for window in metric.windows
        for part in (None, *map(Part, dimensions(metric)))
    ]


def series(loaded: Loaded) -> Sequence[MetricQuery]:
    """A year of nine metrics."""
    day = CLOCK.date()
    return [MetricQuery(metric, metric.windows[0], day, since=day - dt.timedelta(364)) for metric in loaded.registry.values()]


def rows(orders: int, cells: Cells) -> Iterator[Row]:
    """A year of orders with their packages and feedback; the same for the same number."""
    rng = random.Random(orders)
    for number in range(orders):
        placed = CLOCK - rng.random() * 365 * DAY
        ship_by = placed + 2 * DAY
        order = {"order_id": f"702-{number:07}-0000000"}
        status, channel = OrderStatus.SHIPPED, rng.choice([Channel.SELLER, Channel.AMAZON])
        promised = {"ship_by": ship_by, "deliver_by": ship_by + 4 * DAY, "is_replacement": False}
        placement = {"placed_at": placed, "status": status, "channel": channel, "marketplace": rng.choice(MARKETPLACES)}
        if cells is not Cells.KNOWN:
            promised = {"ship_by": None if number % 3 else ship_by, "deliver_by": None if number % 4 else ship_by + 4 * DAY}
            placement |= {
                "channel": channel if cells is Cells.GOOD and channel is Channel.SELLER else None,
                "status": None if number % 5 == 0 else status,
            }
        yield Row(Order, order | promised | placement, None, 1)
        scan = {
            "tracking_number": "1Z",
            "carrier": "UPS",
            "scanned": rng.random() < 0.98,
            "category": rng.choice(["Books", "Office"]) if cells is Cells.KNOWN or number % 2 else None,
            "units": 1,
        }
        confirmed = ship_by + (1 if rng.random() < 0.02 else -1) * rng.random() * DAY
        yield Row(Package, order | scan | {"package_id": "1", "confirmed_at": confirmed, "delivered_at": ship_by + 3 * DAY}, None, 1)
        if rng.random() < 0.2:
            yield Row(
                Feedback, order | {"left_at": placed + 9 * DAY, "rating": rng.choice([5 if cells is Cells.GOOD else 1, 5, 5, 5])}, None, 1
            )


def filled(folder: Path, loaded: Loaded, orders: int, cells: Cells) -> tuple[Database, int, float]:
    """A new store with an account of so many orders, and the CPU that the import took."""
    database = Database(f"sqlite:///{folder / 'store.db'}")
    upgrade(database)
    prepare(database, loaded.measures)
    account_id = create_account(database, OWNER, "BENCHMARK", "Benchmark")
    batch = ImportBatch(
        account_id=account_id, batch_id="1", format="made", file="", observed_at=CLOCK, started_at=CLOCK, state=ImportState.DONE
    )
    of_account = list(rows(orders, cells))

    def keep(connection: sa.Connection, account_id: int) -> Upkeep:
        return Upkeep(loaded.measures, connection, account_id, CLOCK)

    started = time.process_time()
    with ingesting(database, OWNER, account_id, MADE, batch, loaded.classify, keep_rollups=keep) as ingest:
        for start in range(0, len(of_account), 10_000):
            ingest.add(of_account[start : start + 10_000])
    return database, account_id, time.process_time() - started


def measured(database: Database, account_id: int, queries: Sequence[MetricQuery], sets: Mapping[str, frozenset[str]]) -> float:
    """The CPU of the results of queries, in milliseconds. A connection has prepared the statements by then: it keeps 64, and those of facts replace others."""
    for _ in range(2):
        gc.collect()
        started = time.process_time()
        with database.reading() as connection:
            results = read_results(ReadSession(connection, OWNER, CLOCK, rollups=sets), queries, AccountFilter(account_ids=(account_id,)))
            for query in queries:
                results.result(account_id, query) if query.since is None else results.series(account_id, query)
    return 1_000 * (time.process_time() - started)


class _Noting(ReadSession):
    """A session that notes the statements that it sends."""

    def rows(self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The rows of a statement."""
        NOTED.append((statement, {**self.viewer.parameters, **(parameters or {})}))
        return super().rows(statement, parameters)


NOTED: list[tuple[sa.Executable, Mapping[str, Any]]] = []


def statements_of(database: Database, account_id: int, queries: Sequence[MetricQuery], sets: Mapping[str, frozenset[str]]) -> None:
    """Notes the statements that answer queries, with their parameters."""
    NOTED.clear()
    with database.reading() as connection:
        read_results(_Noting(connection, OWNER, CLOCK, rollups=sets), queries, AccountFilter(account_ids=(account_id,)))


def sent_by_us(database: Database) -> float:
    """The CPU of the noted statements as they are sent, with their rows, in milliseconds. Both ways they are prepared by then."""
    with database.reading() as connection:
        for _ in range(2):
            started = time.process_time()
            for statement, parameters in NOTED:
                list(rows_of(connection, statement, parameters))
        return 1_000 * (time.process_time() - started)


def sent_barely(database: Database) -> float:
    """The CPU of the same statements in bare sqlite3, in milliseconds."""
    texts: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, text: str, values: Any, *rest: object) -> None:
        texts.append((text, values))

    sa.event.listen(database.reader, "before_cursor_execute", note)
    with database.reading() as connection:
        for statement, parameters in NOTED:
            list(rows_of(connection, statement, parameters))
    sa.event.remove(database.reader, "before_cursor_execute", note)
    with database.reading() as connection:
        bare: Any = connection.connection.driver_connection  # so that both have the same pages in memory
        started = time.process_time()
        for text, values in texts:
            bare.execute(text, values).fetchall()
    return 1_000 * (time.process_time() - started)


def slide_plainly(database: Database, account_id: int, queries: Sequence[MetricQuery], sets: Mapping[str, frozenset[str]]) -> float:
    """The CPU of a plain loop that slides the windows over the same rows, in milliseconds: the sums as of each day, without any verdict."""
    numbers: dict[MetricQuery, dict[dt.date, Counter[str]]] = {query: {} for query in queries}
    accounts = AccountFilter(account_ids=(account_id,))
    with database.reading() as connection:
        for some in divided(queries):
            plan = compile_queries(some, accounts, CLOCK, sees_all=True, from_rollups=bool(sets))
            rows = ReadSession(connection, OWNER, CLOCK).execute(plan.statement, plan.parameters)
            for branch, _, text, *_ in rows:
                if branch < 0:
                    continue
                ordinals, sums_of_days = read_sums([split_sums(text, plan.branches[branch].width)[1]])
                for query, columns in plan.branches[branch].columns:
                    for index, name in columns:
                        for day, number in zip(map(dt.date.fromordinal, ordinals), sums_of_days[index], strict=True):
                            numbers[query].setdefault(day, Counter())[name] += number
    started = time.process_time()
    for query, days in numbers.items():
        sums, results = dict.fromkeys(query.metric.all_measures, 0), []
        day, last = query.span
        while day <= last:
            for sign, of_day in ((1, days.get(day)), (-1, days.get(day - query.window.days * DAY))):
                if of_day is not None:
                    for name in sums:
                        sums[name] += sign * of_day[name]
            results.append(tuple(sums.values()))
            day += DAY
    return 1_000 * (time.process_time() - started)


def space(database: Database) -> float:
    """The room that rollups and tallies of unproven rows take on the disk, as a share of that of the facts. Indexes are included."""
    facts = {fact.__tablename__ for fact in FACTS}
    taken = dict.fromkeys(("facts", "rollups"), 0)
    pages = "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name"
    with database.reading() as connection:
        for table, size in connection.exec_driver_sql(pages):
            if table in facts:
                taken["facts"] += size
            elif table.startswith("rollup_") or table == UnprovenTally.__tablename__:
                taken["rollups"] += size
    return taken["rollups"] / taken["facts"]


def main() -> None:
    """Prints a table. Garbage is collected as in a server."""
    sizes = [int(argument) for argument in sys.argv[1:]] or [1_000, 10_000, 100_000]
    loaded = load_plugins(Settings(strict=True))
    sets = {loaded.measures.set_id: loaded.measures.members}
    without = replace(loaded)
    without.__dict__["measures"] = measure_set([])
    collect_seldom()
    print(
        f"{'orders':>10}  {'cells':>7}  {'dashboard: facts':>17}  {'rollups':>8}  {'statements':>10}  {'of bare':>7}  {'year: facts':>12}  {'rollups':>8}  {'of a loop':>9}  {'import with / without':>21}  {'space':>5}"
    )
    with ExitStack() as stack:
        for orders, cells in product(sizes, Cells):
            folder, other = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
            database, account_id, cpu = filled(folder, loaded, orders, cells)
            *_, without_rollups = filled(other, without, orders, cells)
            ways = [partial(slide_plainly, database, account_id, series(loaded), sets)]
            ways += [partial(measured, database, account_id, each, of) for each in (dashboard(loaded), series(loaded)) for of in ({}, sets)]
            statements_of(database, account_id, dashboard(loaded), sets)
            ways += [partial(sent_by_us, database), partial(sent_barely, database)]
            figures = list(zip(*([way() for way in ways] for _ in range(ROUNDS)), strict=True))
            loop, facts, rolled, year, rolled_year, ours, bare = map(statistics.median, figures)
            print(
                f"{orders:>10,}  {cells.value:>7}  {facts:>14,.1f} ms  {rolled:>5,.1f} ms  {ours:>7,.2f} ms  {ours / bare:>6.1f}x  {year:>9,.1f} ms  {rolled_year:>5,.0f} ms  {rolled_year / loop:>8.1f}x  {cpu / without_rollups:>20.2f}x  {space(database):>5.0%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
