"""Compares PostgreSQL with SQLite: imports of new orders and of the same again, with and without rollups, a dashboard, a portfolio, a copy.

Prints CPU, of this process and of the server's, and ratios. Both databases take turns, so that what else the machine does falls on
both. A bare COPY of the same rows into the same tables is what any import would have to do at least. The server is started
in a temporary folder, as in tests. Run: `make benchmark-postgresql`, or with a number of orders as argument.
"""

import contextlib
import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from import_speed import write_flat_file
from portfolio import CLOCK, HEALTH, PAGE, fill

from sellerhealth.access import OWNER
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.facts import FACTS
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.schema import Schema, make_schema
from sellerhealth.intake import create_account, import_stream
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store.copying import copy_store
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade
from tests.support.postgresql_server import Server, start

ROUNDS, DASHBOARDS, ACCOUNTS, PAGES = 3, 20, 1_000, 3
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(1)
DASHBOARD = """
{ account(key: "BENCHMARK") {
    healthStatus
    metricResults {
      definition { key } display status headroom { used } window { from to }
      breakdown(by: "marketplace") { display status }
    }
} }
"""


class Meter:
    """Measures CPU seconds of this process, and of a server with all its processes."""

    def __init__(self, server: Server) -> None:
        self._postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
        self.taken: defaultdict[str, list[float]] = defaultdict(list)  # seconds of all processes, by what was measured
        self.here: defaultdict[str, list[float]] = defaultdict(list)  # of this process alone

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Measures what is done here."""
        here, there = time.process_time(), self._of_server()
        yield
        used = time.process_time() - here
        self.here[name].append(used)
        self.taken[name].append(used + self._of_server() - there)

    def _of_server(self) -> float:
        """The seconds of the processes of the server, also of those that have ended."""
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:  # it has ended just now
                continue
            pid, parent, times = int(path.parent.name), int(fields[1]), list(map(int, fields[11:15]))
            if pid == self._postmaster:
                ticks += times[2] + times[3]
            elif parent == self._postmaster:
                ticks += times[0] + times[1]
        return ticks / os.sysconf("SC_CLK_TCK")


def new_database(server: Server, number: str) -> str:
    """The URL of a new database."""
    engine = sa.create_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {number}")
    engine.dispose()
    return server.url.replace("/postgres?", f"/{number}?")


def open_migrated(url: str) -> Database:
    """A database with our tables."""
    database = Database(url)
    upgrade(database)
    return database


def import_file(database: Database, loaded: Loaded, account_id: int, path: Path, observed_at: dt.datetime) -> None:
    """Imports the file. As of a later instant it is read again."""
    with path.open("rb") as stream:
        import_stream(database, loaded, OWNER, account_id, stream, path.name, observed_at=observed_at)


def answer(
    database: Database,
    schema: Schema,
    document: str = DASHBOARD,
    clock: dt.datetime = NOW,
    rollups: Mapping[str, frozenset[str]] | None = None,
    **variables: Any,
) -> dict[str, Any] | None:
    """The data of a document, by default of the dashboard."""

    def run() -> dict[str, Any] | None:
        context = Context(OWNER, clock, MetricBatch(database, OWNER, clock, rollups=rollups), schema.loaded)
        result = schema.execute_sync(document, variable_values=variables, context_value=context)
        if result.errors:
            raise RuntimeError(result.errors)
        return result.data

    return run()


def portfolios(meter: Meter, schema: Schema, file: Database, server: Database, empty: Database) -> int:
    """Measures a page of the worst of many accounts, and their copy from SQLite to an empty store on the server, whose rows it returns."""
    both = {"SQLite": file, "PostgreSQL": server}
    for database in both.values():
        fill(database, ACCOUNTS, schema.loaded)
    with meter.measure("copy"):
        rows = copy_store(file, empty).rows
    answers = [answer(database, schema, PAGE, CLOCK, orderBy=HEALTH) for database in both.values()]
    if answers[0] != answers[1]:
        raise RuntimeError("The databases give different portfolios.")
    for _ in range(ROUNDS):
        for kind, database in both.items():
            with meter.measure(f"{kind} portfolio"):
                for _ in range(PAGES):
                    answer(database, schema, PAGE, CLOCK, orderBy=HEALTH)
    return rows


def copies(database: Database) -> dict[str, bytes]:
    """The rows of each table of facts that has any, in the text format of COPY."""
    found = {}
    with database.writing() as connection, connection.connection.cursor() as cursor:  # type: ignore[attr-defined]  # of psycopg
        for table in (fact.__tablename__ for fact in FACTS):
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                rows = b"".join(map(bytes, copy))
            if rows:
                found[str(table)] = rows
    return found


def new_account(database: Database) -> int:
    """A new account, always with the same id."""
    return create_account(database, OWNER, "BENCHMARK", "Benchmark")


def bare_copy(meter: Meter, url: str, rows: Mapping[str, bytes]) -> None:
    """Measures a COPY of the rows of an account into tables without any."""
    database = open_migrated(url)
    new_account(database)
    with meter.measure("COPY"), database.writing() as connection, connection.connection.cursor() as cursor:  # type: ignore[attr-defined]  # of psycopg
        for table, of_table in rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(of_table)
    database.close()


def import_without_rollups(meter: Meter, kind: str, url: str, loaded: Loaded, path: Path) -> dict[str, bytes]:
    """Measures an import of new orders alone, and returns the rows that it stored on PostgreSQL."""
    database = open_migrated(url)
    account_id = new_account(database)
    with meter.measure(f"{kind} without rollups"):
        import_file(database, loaded, account_id, path, NOW - DAY)
    rows = {} if database.is_sqlite else copies(database)
    database.close()
    return rows


def imports_and_dashboards(meter: Meter, kind: str, url: str, schema: Schema, path: Path) -> Any:
    """Measures imports of one file and the dashboard after them, which is returned."""
    database = open_migrated(url)
    account_id = new_account(database)
    for what, observed_at in (("import", NOW - DAY), ("same again", NOW - DAY), ("second import", NOW)):
        with meter.measure(f"{kind} {what}"):
            import_file(database, schema.loaded, account_id, path, observed_at)
    found = answer(database, schema)
    measures, now = schema.loaded.measures, dt.datetime.now(dt.UTC)  # a clock since the rollups were computed
    for what, rollups in (("dashboard", {measures.set_id: frozenset(measures.members)}), ("from facts", None)):
        with meter.measure(f"{kind} {what}"):
            for _ in range(DASHBOARDS):
                answer(database, schema, clock=now, rollups=rollups)
    database.close()
    return found


def main() -> None:
    """Prints the medians and the ratios."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    loaded, without_rollups = (load_plugins(Settings(strict=True, rollups=rollups)) for rollups in (True, False))
    schema = make_schema(loaded)
    with tempfile.TemporaryDirectory(prefix="sellerhealth-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / "orders.tsv"
        write_flat_file(path, orders)
        (folder / "server").mkdir()
        server = start(folder / "server")
        meter = Meter(server)
        try:
            for number in range(ROUNDS):
                answers, rows = [], dict[str, bytes]()
                for kind in ("SQLite", "PostgreSQL"):
                    plain, store = (
                        f"sqlite:///{folder / name}.db" if kind == "SQLite" else new_database(server, name)
                        for name in (f"plain{number}", f"store{number}")
                    )
                    rows |= import_without_rollups(meter, kind, plain, without_rollups, path)
                    answers.append(imports_and_dashboards(meter, kind, store, schema, path))
                bare_copy(meter, new_database(server, f"bare{number}"), rows)
                if answers[0] != answers[1]:
                    raise RuntimeError("The databases give different dashboards.")
            with contextlib.ExitStack() as opened:
                urls = f"sqlite:///{folder / 'portfolio.db'}", new_database(server, "portfolio"), new_database(server, "copied")
                copied = portfolios(meter, schema, *(opened.enter_context(contextlib.closing(open_migrated(url))) for url in urls))
        finally:
            server.stop()
    report(meter, orders, copied)


def report(meter: Meter, orders: int, copied: int) -> None:
    """Prints what was measured."""
    cpu = {name: statistics.median(seconds) for name, seconds in meter.taken.items()}
    here = {name: statistics.median(seconds) for name, seconds in meter.here.items()}
    print(f"{orders:,} orders; CPU of this process and of the server, median of {ROUNDS} rounds")
    for what in ("without rollups", "import", "second import", "same again"):
        for kind in ("SQLite", "PostgreSQL"):
            print(f"{kind:<11} {what:<15} {orders / cpu[f'{kind} {what}']:>9,.0f} rows for a second of CPU")
    bare, plain, kept = cpu["COPY"], cpu["PostgreSQL without rollups"], cpu["PostgreSQL import"]
    print(f"{'COPY':<27} {orders / bare:>9,.0f}")
    print(f"an import reaches {bare / plain:.0%} of COPY (goal: 30 %), {bare / kept:.0%} with rollups")
    second = cpu["PostgreSQL import"] / cpu["PostgreSQL second import"]
    print(f"second import on PostgreSQL: {second:.2f} times the rate of the first (goal: 1)")
    for what, number in (("dashboard", DASHBOARDS), ("from facts", DASHBOARDS), ("portfolio", PAGES)):
        for kind in ("SQLite", "PostgreSQL"):
            of_all, of_this = (1000 * each[f"{kind} {what}"] / number for each in (cpu, here))
            print(f"{kind:<11} {what:<14} {of_this:>9.1f} ms here, {of_all:.1f} ms with the server")
        ratio = here[f"PostgreSQL {what}"] / here[f"SQLite {what}"]
        print(f"{what}, this process alone: PostgreSQL takes {ratio:.2f} times what SQLite does (goal: 1.2)")
    print(f"copy of {ACCOUNTS:,} accounts from SQLite to PostgreSQL: {copied / cpu['copy']:,.0f} of {copied:,} rows for a second of CPU")


if __name__ == "__main__":
    main()
