"""Measures how fast a portfolio of 5,000 accounts is listed over HTTP, and the ratio to bare SQL.

500 random accounts are imported and copied until there are enough, so every account has facts of its own. Bare SQL is what any
server would have to do at least: for a list by health the same statement, its rows discarded; for a list by one rate a
hand-written statement that sorts and limits in the database. Run: `make benchmark-portfolio`, or with a
number of accounts as argument.
"""

import datetime as dt
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from sellerhealth.access import OWNER
from sellerhealth.app import create_app
from sellerhealth.facts import FACTS, Channel, Claim, Feedback, Message, Order, OrderStatus, Package
from sellerhealth.http.authentication import Open
from sellerhealth.model.records import Account, ImportBatch, ImportState, Market, RollupState, Source, UnprovenTally
from sellerhealth.model.tables import FactKind, Table
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.rollups.tables import prepare
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.settings import Settings
from sellerhealth.sources import Importer, Row
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.ingesting import ingesting
from sellerhealth.store.migrate import upgrade
from sellerhealth.store.rollup_tables import rollup_tables

CLOCK = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MARKETPLACES = ("ATVPDKIKX0DER", "A1PA6795UKMFR9")
TEMPLATES, ORDERS, ROUNDS = 500, 100, 3
RANDOM_FACTS = Importer(
    "random_facts", "Random facts", frozenset(FactKind), 1, recognises=lambda sample: False, read=lambda file, context: iter(())
)

PAGE = """
query ($orderBy: AccountSort, $filter: AccountFilter, $after: String) {
  accounts(first: 50, orderBy: $orderBy, filter: $filter, after: $after) {
    nodes { key name healthStatus metricResults(section: "account_health") { definition { key } display status headroom { used } } }
    pageInfo { endCursor }
  }
}
"""
COUNT = "query ($filter: AccountFilter) { accounts(filter: $filter) { totalCount } }"
HEALTH: Any = {"field": "HEALTH", "direction": "DESC"}
LATE: Any = {"field": "VALUE", "direction": "DESC", "metric": "late_shipment_rate"}
BARE_LATE_RATE = """
SELECT account_id, sum(late_by > 0) * 1.0 / count(*) AS rate FROM orders
WHERE account_id IN (SELECT account_id FROM accounts) AND placed_on BETWEEN '2026-03-02' AND '2026-03-31'
AND accepted AND channel = 'SELLER' AND cancelled_by IS NULL
GROUP BY account_id ORDER BY rate DESC, account_id LIMIT 50
"""


def random_rows(rng: random.Random, orders: int) -> Iterator[Row]:
    """The facts of an account in the last 120 days; some accounts are flawless, some bad."""
    badness = rng.choice([0.0, 0.005, 0.01, 0.03, 0.1])
    for number in range(orders):
        placed = CLOCK - rng.random() * 120 * DAY
        ship_by = placed + 2 * DAY
        confirmed = ship_by + (1 if rng.random() < badness else -1) * rng.random() * DAY
        deliver_by, order = ship_by + 4 * DAY, {"order_id": f"702-{number:07}-0000000"}
        promised = {"ship_by": ship_by, "deliver_by": deliver_by, "is_replacement": False}
        placement = {"placed_at": placed, "status": OrderStatus.SHIPPED, "channel": Channel.SELLER, "marketplace": rng.choice(MARKETPLACES)}
        yield Row(Order, order | promised | placement, None, 1)
        scan = {"tracking_number": "1Z", "scanned": rng.random() >= badness, "category": rng.choice(["Books", "Office"])}
        arrived = {"confirmed_at": confirmed, "delivered_at": deliver_by + (1 if rng.random() < 3 * badness else -1) * DAY}
        yield Row(Package, order | {"package_id": "1"} | scan | arrived, None, 1)
        if rng.random() < 0.2:
            yield Row(Feedback, order | {"left_at": placed + 9 * DAY, "rating": 1 if rng.random() < badness else 5}, None, 1)
        if rng.random() < badness:
            yield Row(Claim, order | {"opened_at": placed + 9 * DAY, "state": "GRANTED_SELLER"}, None, 1)
        if rng.random() < 0.3:
            answered = placed + 1.5 * rng.random() * DAY
            yield Row(Message, order | {"message_id": str(number), "received_at": placed, "reported_answered_at": answered}, None, 1)


def fill(database: Database, number: int, loaded: Loaded, of_each: int = ORDERS, different: int = TEMPLATES) -> None:
    """Fills the database with accounts and their rollups. Only some are `different`: importing all would take long."""
    rng = random.Random(number)
    prepare(database, loaded.measures)
    templates = []

    def keep(connection: sa.Connection, account_id: int) -> Upkeep:
        return Upkeep(loaded.measures, connection, account_id, CLOCK)

    for index in range(min(number, different)):
        with database.writing() as connection:
            templates.append(accounts.create(connection, f"SELLER{index:05}", f"Shop {rng.randrange(10**6):06}"))
        batch = ImportBatch(
            account_id=templates[-1],
            batch_id="1",
            format="random_facts",
            file="",
            observed_at=CLOCK,
            started_at=CLOCK,
            state=ImportState.RUNNING,
        )
        with ingesting(database, OWNER, templates[-1], RANDOM_FACTS, batch, loaded.classify, keep_rollups=keep) as ingest:
            ingest.add(list(random_rows(rng, of_each)))
    keys = [(f"SELLER{index:05}", f"Shop {rng.randrange(10**6):06}") for index in range(len(templates), number)]
    new: list[dict[str, Any]] = [
        {"account_id": accounts.account_id_of(key), "key": key, "name": name, "time_zone": "UTC", "version": 0} for key, name in keys
    ]
    with database.writing() as connection:
        if new:
            connection.execute(sa.insert(Account), new)
            copy_accounts(connection, {each["account_id"]: rng.choice(templates) for each in new})
        connection.execute(sa.update(Account).values(version=1))  # with which the rollups agree


def copy_accounts(connection: sa.Connection, templates: Mapping[int, int]) -> None:
    """Copies what accounts own to others, table by table: to each that of its template."""
    copies = sa.Table(
        "copies", sa.MetaData(), *(sa.Column(name, sa.BigInteger) for name in ("account", "template")), prefixes=["TEMPORARY"]
    )
    copies.create(connection)
    connection.execute(sa.insert(copies), [{"account": account, "template": template} for account, template in templates.items()])
    owned: tuple[type[Table], ...] = (*FACTS, Market, Source, RollupState, UnprovenTally)
    rolled = [sa.Table(name, sa.MetaData(), autoload_with=connection) for name in rollup_tables(connection)]
    for table in (*(each.__table__ for each in owned), *rolled):
        columns = [column for column in table.c if column.name != "account_id"]
        copied = sa.select(copies.c.account, *columns).select_from(copies).join(table, table.c.account_id == copies.c.template)
        connection.execute(sa.insert(table).from_select(["account_id", *(column.name for column in columns)], copied))
    copies.drop(connection)


@contextmanager
def metric_statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collects the statements that compute metrics, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "UNION ALL" in statement:
            sent.append((statement, parameters))

    sa.event.listen(database.reader, "before_cursor_execute", note)
    yield sent
    sa.event.remove(database.reader, "before_cursor_execute", note)


def best(work: Callable[[], object]) -> float:
    """The milliseconds of the fastest of several rounds: interference only adds time."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return min(times)


def main() -> None:
    """Prints the milliseconds of each list next to those of bare SQL."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "store.db")
        database = Database(f"sqlite:///{path}")
        upgrade(database)
        loaded = load_plugins(Settings(strict=True))
        fill(database, number, loaded)
        with database.reading() as connection:
            orders = connection.scalar(sa.select(sa.func.count()).select_from(Order))
            print(f"{connection.scalar(sa.select(sa.func.count()).select_from(Account)):,} accounts, {orders:,} orders")
        bare = sqlite3.connect(path)
        settings = Settings(clock=CLOCK, response_cache_bytes=0)
        with TestClient(create_app(settings, Open(), loaded=loaded, database=database), "http://localhost") as client:

            def run(document: str, **variables: Any) -> Any:
                return client.post("/graphql", json={"query": document, "variables": variables}).json()["data"]["accounts"]

            def compare(title: str, document: str, reference: tuple[str, Any] | None = None, **variables: Any) -> None:
                with metric_statements(database) as sent:
                    run(document, **variables)
                statement, parameters = reference or sent[0]
                measured, reference_ms = (
                    best(lambda: run(document, **variables)),
                    best(lambda: bare.execute(statement, parameters).fetchall()),
                )
                print(
                    f"{title:<42}{measured:>8,.0f} ms  {len(sent)} metric statement(s)  bare SQL {reference_ms:>6,.0f} ms  ratio {measured / reference_ms:.1f}"
                )

            compare("by name, 50 with 7 metrics each", PAGE)
            compare("worst first, 50 with 7 metrics each", PAGE, orderBy=HEALTH)
            compare("worst first, the second page", PAGE, orderBy=HEALTH, after=run(PAGE, orderBy=HEALTH)["pageInfo"]["endCursor"])
            compare("how many are critical", COUNT, filter={"statuses": ["CRITICAL"]})
            compare("by late shipments", PAGE, (BARE_LATE_RATE, ()), orderBy=LATE)
            compare("worst first, of one search", PAGE, orderBy=HEALTH, filter={"search": "shop 00"})


if __name__ == "__main__":
    main()
