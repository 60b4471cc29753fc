"""Access: every statement of a reader starts from the accounts that its viewer may see, and all viewers share its text."""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors

import sellerhealth
from sellerhealth import Count, Metric, Window, count, testing
from sellerhealth.access import OWNER, Permission, ReadSession, Viewer, visible_accounts
from sellerhealth.engine import compile as compiling
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.facts import Claim, Feedback, Item, Message, Order
from sellerhealth.metrics.measures import conjuncts
from sellerhealth.model.records import Account
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, World

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


@pytest.fixture
def sent(world: World) -> Iterator[list[Any]]:
    """The statements that read the store, as expressions."""
    statements: list[Any] = []

    def note(connection: Any, statement: Any, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(world.database.reader, "before_execute", note)
    yield statements
    sa.event.remove(world.database.reader, "before_execute", note)


def tables_of(source: Any) -> Iterator[str]:
    """The names of the tables with data of accounts in a FROM clause. A subquery or CTE in it is a SELECT of its own."""
    if isinstance(source, sa.Join):
        yield from (*tables_of(source.left), *tables_of(source.right))
    elif "account_id" in source.c and not isinstance(source, sa.Subquery | sa.CTE):
        yield source.name


def joins_of(source: Any) -> Iterator[sa.Join]:
    if isinstance(source, sa.Join):
        yield from (source, *joins_of(source.left), *joins_of(source.right))


def unbound(select: "sa.Select[*tuple[Any, ...]]", own: set[str]) -> set[str]:
    """Of the tables of a SELECT those whose rows are not bound to visible accounts.

    `accounts` is bound by the condition of `visible_accounts`. Another table is bound if its `account_id` equals that of a bound
    table, here or in the enclosing SELECT, or is IN a SELECT, which is checked in turn.
    """
    clauses = [select.whereclause, *(join.onclause for source in select.get_final_froms() for join in joins_of(source))]
    conditions = [condition for clause in clauses if clause is not None for condition in conjuncts(clause)]
    bound = {"accounts"} if any("viewer_sees_all" in parameters_of(condition) for condition in conditions) else set()

    def binds(other: Any) -> bool:
        if isinstance(other, sa.Column):
            return other.key == "account_id" and (other.table.name in bound or other.table.name not in own)
        return any(isinstance(node, sa.Select) for node in visitors.iterate(other))

    equalities = [each for each in conditions if isinstance(each, sa.BinaryExpression) and each.operator in (operators.eq, operators.in_op)]
    sides = [(each.left, each.right) for each in equalities] + [(each.right, each.left) for each in equalities]
    for _ in own:  # each may be bound through another
        for column, other in sides:
            if isinstance(column, sa.Column) and column.key == "account_id" and binds(other):
                bound.add(column.table.name)
    return own - bound


def unbound_anywhere(node: Any, enclosing: frozenset[str] = frozenset()) -> set[str]:
    """The tables that are not bound to visible accounts, in every SELECT of a statement. A table of the enclosing SELECT is correlated."""
    problems = set()
    if isinstance(node, sa.Subquery | sa.CTE):
        enclosing = frozenset()
    elif isinstance(node, sa.Select):
        tables = {name for source in node.get_final_froms() for name in tables_of(source)}
        own = tables - enclosing or tables  # what would leave no table is not correlated
        problems |= unbound(node, own)
        enclosing |= own
    for child in node.get_children():
        problems |= unbound_anywhere(child, enclosing)
    return problems


def parameters_of(expression: Any) -> set[str]:
    return {node.key for node in visitors.iterate(expression) if isinstance(node, sa.BindParameter)}


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        (visible_accounts(), set()),
        (sa.select(Account.account_id), {"accounts"}),
        (sa.select(Order.order_id), {"orders"}),
        (sa.select(Order.order_id).where(Order.account_id == 1), {"orders"}),
        (sa.select(Order.order_id).where(Order.account_id.in_([1])), {"orders"}),
        (sa.select(Order.order_id).where(Order.account_id.in_(sa.select(Account.account_id))), {"accounts"}),
        (sa.select(Order.order_id).where(Order.account_id.in_(visible_accounts())), set()),
        (sa.select(Order.order_id).where(Order.account_id.in_(visible_accounts()) | (Order.channel == "SELLER")), {"orders"}),
        (visible_accounts(Order.order_id).join(Order, Order.account_id == Account.account_id), set()),
        (visible_accounts(Order.order_id).join(Order, Order.account_id != Account.account_id), {"orders"}),
        (visible_accounts().where(Account.account_id.in_(sa.select(Order.account_id))), {"orders"}),
        (visible_accounts().where(sa.exists().where(Order.account_id == Account.account_id)), set()),
        (
            visible_accounts(Order.order_id, Item.item_id).join(Order, Order.account_id == Account.account_id).join(Item, sa.true()),
            {"items"},
        ),
        (sa.union_all(visible_accounts(), sa.select(Order.account_id)), {"orders"}),
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
    assert all("viewer_sees_all" in parameters_of(statement) for statement in sent)


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
        async def measure() -> list[int]:
            statuses = await MetricBatch(database, viewer, CLOCK).account_statuses(AccountFilter(), [metric], TODAY)
            batch, query = MetricBatch(database, viewer, CLOCK), MetricQuery(metric, metric.windows[0], TODAY)
            results = await asyncio.gather(*(batch.measure(seller.account_id, query) for seller in sellers))
            assert set(statuses.accounts) == {
                seller.account_id for seller in sellers if viewer.granted is None or seller.account_id in viewer.granted
            }
            return [result.result.numbers["orders"] for result in results]

        return asyncio.run(measure())

    assert orders_seen_by(OWNER) == [1, 2, 3]
    compiled = compiling._statement.cache_info().misses
    for index, seller in enumerate(sellers):
        only = Viewer(f"of-{seller.key}", f"of-{seller.key}", frozenset(), granted=frozenset({seller.account_id}))
        assert orders_seen_by(only) == [index + 1 if each == index else 0 for each in range(3)]
    assert orders_seen_by(Viewer("nobody", "nobody", frozenset(), granted=frozenset())) == [0, 0, 0]
    assert compiling._statement.cache_info().misses == compiled


def test_a_statement_without_the_parameters_of_a_viewer_fails(database: Database) -> None:
    with database.reading() as connection:
        assert ReadSession(connection, OWNER, CLOCK).execute(visible_accounts()).all() == []
        with pytest.raises(sa.exc.StatementError, match="viewer_sees_all"):
            connection.execute(visible_accounts())


# Imports and all that writes know no viewer. In the store, these read for one.
WITHOUT_A_VIEWER = ("access.py", "intake/", "store/", "testing/", "cli/commands/imports.py")
READERS_IN_STORE = {"store/lookups.py", "store/fact_queries.py", "store/keyset.py"}


def test_readers_send_statements_through_a_session_alone() -> None:
    root = Path(sellerhealth.__file__).parent
    paths = {str(path.relative_to(root)): path for path in root.rglob("*.py")}
    assert paths.keys() >= READERS_IN_STORE
    for name, path in paths.items():
        if name in READERS_IN_STORE or not name.startswith(WITHOUT_A_VIEWER):
            calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
            sends = [call for call in calls if isinstance(call, ast.Attribute) and call.attr in ("execute", "scalar", "scalars")]
            assert not any(ast.unparse(call.value).endswith("connection") for call in sends), name


def test_the_permission_admin_includes_the_others_and_write_does_not_include_read() -> None:
    def may(*permissions: Permission) -> set[Permission]:
        viewer = Viewer("x", "x", frozenset(permissions))
        return {permission for permission in Permission if viewer.may(permission)}

    assert may(Permission.ADMIN) == set(Permission)
    assert may(Permission.WRITE) == {Permission.WRITE}
    assert may(Permission.READ) == {Permission.READ}
    assert may() == set()
