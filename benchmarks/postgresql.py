"""Compares PostgreSQL with SQLite: an import of new orders, a second import of the same file, a dashboard, a portfolio, and a copy.

Prints CPU, of this process and of the server's, and ratios. Both databases take turns, so that what else the machine does falls on
both. A bare COPY of the same rows into the same tables is what any import would have to do at least. The server is started
in a temporary folder, as in tests. Run: `make benchmark-postgresql`, or with a number of orders as argument.
"""

import asyncio
import contextlib
import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
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
from sellerhealth.model.records import Account
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store.copying import copy_store
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade
from tests.support.postgresql_server import Server, start

ROUNDS, DASHBOARDS, ACCOUNTS, PAGES = 3, 20, 1_000, 3
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
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
    database: Database, schema: Schema, document: str = DASHBOARD, clock: dt.datetime = NOW, **variables: Any
) -> dict[str, Any] | None:
    """The data of a document, by default of the dashboard."""

    async def run() -> dict[str, Any] | None:
        context = Context(OWNER, clock, database, MetricBatch(database, OWNER, clock), schema.loaded)
        result = await schema.execute(document, variable_values=variables, context_value=context)
        if result.errors:
            raise RuntimeError(result.errors)
        return result.data

    return asyncio.run(run())


def portfolios(meter: Meter, schema: Schema, file: Database, server: Database) -> int:
    """Measures a page of the worst of many accounts, and the copy from SQLite to PostgreSQL, whose rows it returns."""
    fill(file, ACCOUNTS)
    with meter.measure("copy"):
        rows = copy_store(file, server).rows
    both = {"SQLite": file, "PostgreSQL": server}
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
    with database.writing() as connection, connection.connection.cursor() as cursor:
        for table in (fact.__tablename__ for fact in FACTS):
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:  # type: ignore[attr-defined]  # of psycopg
                rows = b"".join(map(bytes, copy))
            if rows:
                found[str(table)] = rows
    return found


def bare_copy(database: Database, rows: dict[str, bytes]) -> None:
    """Copies rows into tables without any."""
    with database.writing() as connection, connection.connection.cursor() as cursor:
        for table, of_table in rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:  # type: ignore[attr-defined]  # of psycopg
                copy.write(of_table)


def main() -> None:
    """Prints the medians and the ratios."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    loaded = load_plugins(Settings(strict=True))
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
                answers = []
                for kind, url in (
                    ("SQLite", f"sqlite:///{folder / f'store{number}.db'}"),
                    ("PostgreSQL", new_database(server, f"store{number}")),
                ):
                    database = open_migrated(url)
                    account_id = create_account(database, OWNER, "BENCHMARK", "Benchmark")
                    for what, observed_at in (("import", NOW - dt.timedelta(1)), ("second import", NOW)):
                        with meter.measure(f"{kind} {what}"):
                            import_file(database, loaded, account_id, path, observed_at)
                    answers.append(answer(database, schema))
                    with meter.measure(f"{kind} dashboard"):
                        for _ in range(DASHBOARDS):
                            answer(database, schema)
                    if kind == "PostgreSQL":
                        rows = copies(database)
                        bare = open_migrated(new_database(server, f"bare{number}"))
                        with bare.writing() as connection:
                            values = {"account_id": account_id, "key": "BENCHMARK", "name": "", "time_zone": "UTC", "version": 0}
                            connection.execute(sa.insert(Account), values)
                        with meter.measure("COPY"):
                            bare_copy(bare, rows)
                        bare.close()
                    database.close()
                if answers[0] != answers[1]:
                    raise RuntimeError("The databases give different dashboards.")
            with contextlib.ExitStack() as opened:
                urls = f"sqlite:///{folder / 'portfolio.db'}", new_database(server, "portfolio")
                both = [opened.enter_context(contextlib.closing(open_migrated(url))) for url in urls]
                copied = portfolios(meter, schema, *both)
        finally:
            server.stop()
    report(meter, orders, copied)


def report(meter: Meter, orders: int, copied: int) -> None:
    """Prints what was measured."""
    cpu = {name: statistics.median(seconds) for name, seconds in meter.taken.items()}
    here = {name: statistics.median(seconds) for name, seconds in meter.here.items()}
    print(f"{orders:,} orders; CPU of this process and of the server, median of {ROUNDS} rounds")
    for what in ("import", "second import"):
        for kind in ("SQLite", "PostgreSQL"):
            print(f"{kind:<11} {what:<14} {orders / cpu[f'{kind} {what}']:>9,.0f} rows for a second of CPU")
    print(
        f"{'COPY':<26} {orders / cpu['COPY']:>9,.0f}   the import reaches {cpu['COPY'] / cpu['PostgreSQL import']:.0%} of it (goal: 30 %)"
    )
    second = cpu["PostgreSQL import"] / cpu["PostgreSQL second import"]
    print(f"second import on PostgreSQL: {second:.2f} times the rate of the first (goal: 1)")
    for what, number in (("dashboard", DASHBOARDS), ("portfolio", PAGES)):
        for kind in ("SQLite", "PostgreSQL"):
            of_all, of_this = (1000 * each[f"{kind} {what}"] / number for each in (cpu, here))
            print(f"{kind:<11} {what:<14} {of_this:>9.1f} ms here, {of_all:.1f} ms with the server")
        ratio = here[f"PostgreSQL {what}"] / here[f"SQLite {what}"]
        print(f"{what}, this process alone: PostgreSQL takes {ratio:.2f} times what SQLite does (goal: 1.2)")
    print(f"copy of {ACCOUNTS:,} accounts from SQLite to PostgreSQL: {copied / cpu['copy']:,.0f} of {copied:,} rows for a second of CPU")


if __name__ == "__main__":
    main()
