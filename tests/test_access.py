"""Access: every statement of a reader starts from the accounts that its viewer may see, and all viewers share its text."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

import sellerhealth
from sellerhealth import Count, Metric, Window, count, testing
from sellerhealth.access import OWNER, Permission, ReadSession, Viewer, visible_accounts
from sellerhealth.engine import compile as compiling
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.join_in_order import JoinInOrder, JoinOfConstants, with_constants
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.facts import Claim, Feedback, Item, Message, Order
from sellerhealth.model import numbers
from sellerhealth.model.records import Account, ApiKey
from sellerhealth.model.tables import metadata
from sellerhealth.store.database import Database
from sellerhealth.store.statistics import analyse
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, World
from tests.support import every_statement
from tests.support.bound_statements import OF_VIEWERS, looks_up_for_constants, looks_up_in_join, parameters_of, unbound_anywhere
from tests.support.fan_outs import FAN_OUTS, fans_out

OF_ONE_ACCOUNT = """
{
  account(key: "seller-1") {
    marketplaces { key } coverage { fact } dataQuality { code } healthStatus atRisk(withinHours: 720) { totalCount nodes { id } }
    orders { totalCount nodes { id feedback { id } } }
    feedback { totalCount nodes { id order { id } } }
    metrics { lateShipmentRate { breakdown(by: "marketplace") { value } evidence(measure: "orders") { totalCount nodes { id } } } }
  }
  accounts(filter: {keys: ["seller-1"]}) { totalCount nodes { key } }
}
"""
EVERYTHING = """
query ($keys: [String!], $after: String, $before: String) {
  health: accounts(orderBy: {field: HEALTH, direction: DESC}, first: 1) { totalCount nodes { key healthStatus } pageInfo { endCursor } }
  value: accounts(orderBy: {field: VALUE, direction: ASC, metric: "order_defect_rate"}) { nodes { key } }
  named: accounts(filter: {keys: $keys, search: "seller", marketplace: "ATVPDKIKX0DER"}) { totalCount nodes { key } }
  critical: accounts(filter: {statuses: [CRITICAL]}) { totalCount }
  after: accounts(first: 1, after: $after) { nodes { key } pageInfo { hasPreviousPage } }
  before: accounts(last: 1, before: $before) { nodes { key } pageInfo { hasNextPage } }
  account(key: "seller-1") {
    name updatedAt marketplaces { key } coverage { fact } dataQuality { code } healthStatus
    asSeller: healthStatus(channel: SELLER, marketplace: "ATVPDKIKX0DER")
    metricResults { id value overallStatus }
    timeline(from: "2026-03-01", to: "2026-03-31", keys: ["order_defect_rate"]) { dates }
    atRisk(withinHours: 720) { totalCount nodes { id label } }
    orders(filter: {marketplace: "ATVPDKIKX0DER", from: "2020-01-01"}) {
      totalCount
      nodes { id packages { id } claims { id } feedback { id } messages { id } refunds { id } chargebacks { id } }
    }
    feedback { totalCount nodes { id order { id } } }
    metrics {
      id
      lateShipmentRate {
        id windows { value } breakdown(by: "marketplace") { value } history(from: "2026-03-01") { value } forecast(days: 3) { value }
        evidence(measure: "orders", first: 1) { totalCount nodes { id } pageInfo { endCursor } }
      }
      sellerRating { value }
    }
  }
}
"""


NOBODY = Viewer("nobody", "nobody", frozenset(), granted=frozenset())


@pytest.fixture
def sent(world: World) -> Iterator[list[Any]]:
    """The statements that read the store, as expressions."""
    statements: list[Any] = []

    def note(connection: Any, statement: Any, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(world.database.reader, "before_execute", note)
    yield statements
    sa.event.remove(world.database.reader, "before_execute", note)


def visible(*columns: Any) -> Any:
    return visible_accounts(*columns, sees_all=False)


VISIBLE = visible()


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        (VISIBLE, set()),
        (visible_accounts(sees_all=True), set()),
        (sa.select(Account.account_id), {"accounts"}),
        (sa.select(Order.order_id), {"orders"}),
        (sa.select(Order.order_id).where(Order.account_id == 1), {"orders"}),
        (sa.select(Order.order_id).where(Order.account_id.in_([1])), {"orders"}),
        (sa.select(Order.order_id).where(Order.account_id.in_(sa.select(Account.account_id))), {"accounts"}),
        (sa.select(Order.order_id).where(Order.account_id.in_(VISIBLE)), set()),
        (sa.select(Order.order_id).where(Order.account_id.in_(VISIBLE) | (Order.channel == "SELLER")), {"orders"}),
        (visible(Order.order_id).join(Order, Order.account_id == Account.account_id), set()),
        (visible(Order.order_id).join(Order, Order.account_id != Account.account_id), {"orders"}),
        (VISIBLE.where(Account.account_id.in_(sa.select(Order.account_id))), {"orders"}),
        (VISIBLE.where(sa.exists().where(Order.account_id == Account.account_id)), set()),
        (
            visible(Order.order_id, Item.item_id).join(Order, Order.account_id == Account.account_id).join(Item, sa.true()),
            {"items"},
        ),
        (sa.union_all(VISIBLE, sa.select(Order.account_id)), {"orders"}),
    ],
)
def test_the_check_finds_tables_that_are_not_bound_to_visible_accounts(statement: Any, tables: set[str]) -> None:
    assert unbound_anywhere(statement) == tables


def test_every_statement_of_the_api_starts_from_the_visible_accounts(world: World, query: Any, sent: list[Any]) -> None:
    for _ in range(2):
        seller = world.account()
        order = testing.orders(seller, 3)[0]
        seller.add(Claim, order_id=order, opened_at=CLOCK - DAY, state="OPEN")
        seller.order(placed_at=CLOCK - DAY, ship_by=CLOCK + HOUR, status="UNSHIPPED")
        seller.add(Feedback, order_id=order, left_at=CLOCK - DAY, rating=1)
        seller.add(Message, message_id="1", received_at=CLOCK - HOUR)
    first = query(EVERYTHING, keys=["seller-1", "seller-2"])
    cursor = query("{ accounts(first: 1) { pageInfo { endCursor } } }")["accounts"]["pageInfo"]["endCursor"]
    second = query(EVERYTHING, keys=["seller-1"], after=cursor, before=cursor)
    evidence = second["account"]["metrics"]["lateShipmentRate"]["evidence"]
    page = 'query ($c: String!) { account(key: "seller-1") { metrics { lateShipmentRate { %s } } orders(after: $c) { totalCount } } }'
    assert evidence["totalCount"] == 4
    for name in ("first: 1, after", "last: 1, before"):
        query(
            (page % f'evidence(measure: "orders", {name}: $c) {{ nodes {{ id }} }}').replace(" orders(after: $c) { totalCount }", ""),
            c=evidence["pageInfo"]["endCursor"],
        )
    ids = [node["id"] for node in (*second["account"]["orders"]["nodes"], *second["account"]["metricResults"], *evidence["nodes"])]
    nodes = query("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)["nodes"]
    assert [node["id"] for node in nodes] == ids
    assert first["health"]["totalCount"] == 2
    assert len({str(statement) for statement in sent}) > 20
    assert {name for statement in sent for name in unbound_anywhere(statement)} == set()
    assert all(parameters_of(statement) & OF_VIEWERS for statement in sent)


TOKENS = ApiKey.__table__


@pytest.mark.parametrize(
    ("module", "statement", "tables"),
    [
        ("access.py", VISIBLE, set()),
        ("access.py", sa.select(Order.order_id).where(Order.account_id == 1), {"orders"}),
        ("store/ingest.py", sa.select(Order.order_id).where(Order.account_id == 1), set()),
        ("store/ingest.py", sa.select(Order.order_id).where(Order.account_id == 1, Item.account_id != 1), {"items"}),
        ("store/ingest.py", sa.update(Order).where(Order.order_id == "1").values(status="SHIPPED"), {"orders"}),
        ("store/ingest.py", sa.delete(Order), {"orders"}),
        ("store/ingest.py", sa.insert(Order), set()),
        ("access.py", VISIBLE.join(TOKENS, TOKENS.c.name == Account.key), {"api_keys with tables of accounts"}),
        ("store/migrations/versions/0001_the_first_tables.py", sa.delete(Order), set()),
    ],
)
def test_the_check_of_all_statements_knows_what_a_module_may_send(module: str, statement: Any, tables: set[str]) -> None:
    assert every_statement.problems(statement, module) == tables


def test_the_statements_of_this_run_are_checked(world: World, query: Any) -> None:
    world.account()
    query("{ accounts { totalCount } }")
    assert {"access.py", "store/ingest.py"} <= {module for _, module in every_statement.checked}


def test_modules_that_may_send_more_are_there() -> None:
    for name in (*every_statement.FREE, *every_statement.OF_ONE_ACCOUNT):
        assert (Path(sellerhealth.__file__).parent / name).exists(), name
    for module, function in FAN_OUTS:
        assert f"def {function}(" in (Path(sellerhealth.__file__).parent / module).read_text(), function


def test_a_statement_that_names_no_account_is_refused_but_from_the_functions_that_list_them() -> None:
    of_one = VISIBLE.where(Account.account_id == 1)
    assert not fans_out(of_one, [("store/lookups.py", "markets")])
    assert fans_out(VISIBLE, [("store/lookups.py", "markets")])
    assert fans_out(VISIBLE.where(Account.key == "a"), [("store/lookups.py", "accounts_by_key")])
    assert not fans_out(VISIBLE, [("store/keyset.py", "fetch"), ("engine/portfolio.py", "page_by_name")])


def test_a_subquery_that_looks_up_a_column_is_not_joined_unless_its_rows_are_distinct() -> None:
    last = sa.select(Order.placed_on).where(Order.account_id == Account.account_id).limit(1).correlate(Account).scalar_subquery()
    of_accounts = sa.select(Account.account_id, last.label("day"))
    for select, looks_up in ((of_accounts, True), (with_constants(of_accounts), False), (sa.select(Account.account_id), False)):
        days = select.subquery()
        joined = JoinInOrder(days, Item.__table__, days.c.account_id == Item.account_id)
        assert looks_up_in_join(sa.select(Item.order_id).select_from(joined)) is looks_up
        assert looks_up_in_join(sa.select(Item.order_id).join(days, days.c.account_id == Item.account_id)) is looks_up


def test_a_table_is_not_with_constants_for_each_row_of_constants() -> None:
    """Citus refuses it."""
    constants = sa.select(sa.literal_column("1").label("account_id")).subquery()
    of_accounts = sa.select(Account.account_id).distinct().subquery()
    for join, left, is_refused in (
        (JoinInOrder, constants, True),
        (JoinOfConstants, constants, False),
        (JoinInOrder, of_accounts, False),
    ):
        joined = join(left, Item.__table__, left.c.account_id == Item.account_id)
        assert looks_up_for_constants(sa.select(Item.order_id).select_from(joined)) is is_refused


def test_viewers_share_statements_and_see_their_own_accounts(database: Database) -> None:
    world = World(database)
    sellers = [world.account() for _ in range(3)]
    for number, seller in enumerate(sellers):
        testing.orders(seller, number + 1)
        seller.save()
    orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
    metric = Metric(
        key="orders", title="", description="", section="test", windows=(Window(30),), measures={"orders": orders}, value=Count(orders)
    )

    def orders_seen_by(viewer: Viewer) -> list[int]:
        statuses = MetricBatch(database, viewer, CLOCK).account_statuses(AccountFilter(), [metric], TODAY)
        batch, query = MetricBatch(database, viewer, CLOCK), MetricQuery(metric, metric.windows[0], TODAY)
        found: Any = batch.results([(seller.account_id, query) for seller in sellers])
        assert set(statuses.accounts) == {
            seller.account_id for seller in sellers if viewer.granted is None or seller.account_id in viewer.granted
        }
        return [found[seller.account_id, query].result.numbers["orders"] for seller in sellers]

    def of_one(seller: testing.Account) -> Viewer:
        return Viewer(f"of-{seller.key}", f"of-{seller.key}", frozenset(), granted=frozenset({seller.account_id}))

    assert orders_seen_by(OWNER) == [1, 2, 3]
    assert orders_seen_by(NOBODY) == [0, 0, 0]
    assert orders_seen_by(of_one(sellers[0])) == [1, 0, 0]
    compiled = compiling._statement.cache_info().misses
    for index, seller in enumerate(sellers[1:], start=1):
        assert orders_seen_by(of_one(seller)) == [index + 1 if each == index else 0 for each in range(3)]
    assert compiling._statement.cache_info().misses == compiled


def test_a_statement_fails_without_a_viewer_and_for_a_viewer_whom_it_is_not_for(database: Database) -> None:
    with database.reading() as connection:
        for viewer, statement in ((OWNER, visible_accounts(sees_all=True)), (NOBODY, VISIBLE)):
            assert ReadSession(connection, viewer, CLOCK).execute(statement).all() == []
            with pytest.raises(sa.exc.StatementError, match=r"A value is required for bind parameter 'viewer_"):
                connection.execute(statement)
        with pytest.raises(sa.exc.StatementError, match="viewer_accounts"):
            ReadSession(connection, OWNER, CLOCK).execute(VISIBLE)
        with pytest.raises(sa.exc.StatementError, match="viewer_sees_all"):
            ReadSession(connection, NOBODY, CLOCK).execute(visible_accounts(sees_all=True))


def test_the_granted_accounts_are_one_parameter_on_every_database() -> None:
    compiled = {
        dialect.name: str(VISIBLE.compile(dialect=dialect)).split("WHERE ")[1] for dialect in (sqlite.dialect(), postgresql.dialect())
    }
    assert compiled == {
        "sqlite": "accounts.account_id IN (SELECT value FROM json_each(?))",
        "postgresql": "accounts.account_id = ANY (%(viewer_accounts)s::BIGINT[])",
    }


@pytest.mark.sqlite_file  # a server takes an array
def test_the_granted_accounts_are_written_out_once_for_all_statements(world: World, query: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.account()
    written: list[int] = []
    monkeypatch.setattr(numbers, "json", SimpleNamespace(dumps=lambda each: written.append(len(each)) or json.dumps(each)))
    viewer = Viewer("agency", "agency", frozenset(Permission), granted=frozenset(range(123)))
    for _ in range(2):
        query('{ accounts { totalCount } account(key: "seller-1") { key } }', viewer=viewer)
    assert written == [123]


def test_a_hundred_thousand_accounts_can_be_granted(world: World, query: Any) -> None:
    sellers = [world.account() for _ in range(2)]
    for seller in sellers:
        testing.orders(seller, 3)
    viewer = Viewer("agency", "agency", frozenset(Permission), granted=frozenset(range(100_000)) | {sellers[0].account_id})
    document = '{ accounts { totalCount nodes { key orders { totalCount } metrics { lateShipmentRate { orders } } } } other: account(key: "seller-2") { key } }'
    seen = {"key": "seller-1", "orders": {"totalCount": 3}, "metrics": {"lateShipmentRate": {"orders": 3}}}
    assert query(document, viewer=viewer) == {"accounts": {"totalCount": 1, "nodes": [seen]}, "other": None}


@pytest.mark.parametrize("sees_all", [True, False], ids=["all accounts", "granted accounts"])
def test_statements_about_one_account_and_granted_ones_search_an_index(world: World, query: Any, sees_all: bool) -> None:
    seller = world.account()
    orders = testing.orders(seller, 30)
    for order in orders:
        seller.add(Feedback, order_id=order, left_at=CLOCK - DAY, rating=1)
    world.save()
    with world.database.writing() as connection:
        connection.execute(
            sa.insert(Account),
            [{"account_id": n, "key": f"other-{n}", "name": "Other", "time_zone": "UTC", "version": 0} for n in range(2000)],
        )
    analyse(world.database, {})
    plans: list[str] = []
    # A server scans small tables. What it scans all the same has no index for the statement.
    before, scan = ([], "SCAN") if world.database.is_sqlite else (["SET LOCAL enable_seqscan = off"], "Seq Scan on")

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            for each in before:
                connection.connection.driver_connection.execute(each)
            explaining = f"EXPLAIN {'QUERY PLAN' if world.database.is_sqlite else ''} {statement}"
            rows = type(cursor)(connection.connection.driver_connection).execute(explaining, parameters)  # which knows `$1`, too
            plans.extend(f"{row[-1]}\n    {statement}" for row in rows)

    viewer = OWNER if sees_all else Viewer("x", "x", frozenset(Permission), granted=frozenset({seller.account_id}))
    sa.event.listen(world.database.reader, "before_cursor_execute", explain)
    try:
        query(OF_ONE_ACCOUNT, viewer=viewer)
        if not sees_all:
            query("{ accounts(first: 1) { totalCount nodes { key } } }", viewer=viewer)
    finally:
        sa.event.remove(world.database.reader, "before_cursor_execute", explain)
    scanned = re.compile(rf"\W*{scan} ({'|'.join(metadata.tables)})\b")
    assert len(plans) > 20
    assert [plan for plan in plans if scanned.match(plan)] == []


# What writes sends its statements on the connection of its transaction, see store/writing.py. In the store, these read for a viewer.
# The doctor asks a server about itself.
WITHOUT_A_SESSION = (
    "access.py",
    "model/statement_text.py",
    "intake/account_import.py",
    "store/",
    "rollups/",
    "testing/",
    "cli/commands/imports.py",
    "doctor/postgresql.py",
    "doctor/rollups.py",
)
READERS_IN_STORE = {"store/lookups.py", "store/fact_queries.py", "store/keyset.py"}


def test_readers_send_statements_through_a_session_alone() -> None:
    root = Path(sellerhealth.__file__).parent
    paths = {str(path.relative_to(root)): path for path in root.rglob("*.py")}
    assert paths.keys() >= READERS_IN_STORE
    for name, path in paths.items():
        if name in READERS_IN_STORE or not name.startswith(WITHOUT_A_SESSION):
            calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
            sends = [call for call in calls if isinstance(call, ast.Attribute) and call.attr in ("execute", "scalar", "scalars")]
            assert not any(ast.unparse(call.value).endswith("connection") for call in sends), name
            assert "statement_text" not in path.read_text(), name


def test_the_permission_admin_includes_the_others_and_write_does_not_include_read() -> None:
    def may(*permissions: Permission) -> set[Permission]:
        viewer = Viewer("x", "x", frozenset(permissions), granted=None)
        return {permission for permission in Permission if viewer.may(permission)}

    assert may(Permission.ADMIN) == set(Permission)
    assert may(Permission.WRITE) == {Permission.WRITE}
    assert may(Permission.READ) == {Permission.READ}
    assert may() == set()
