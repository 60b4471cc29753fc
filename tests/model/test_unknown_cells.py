"""Unknown cells: which cells of a stored fact no source reported."""

import datetime as dt
import re
from itertools import product

import pytest
import sqlalchemy as sa

from sellerhealth.facts import FACTS, Feedback, Item, Message, Order, Package, Reply, Violation
from sellerhealth.model.tables import metadata
from sellerhealth.model.unknown_cells import any_unknown, gaps, missing_source_cells, unknown_cell
from sellerhealth.store.statistics import analyse
from sellerhealth.testing import US, World, rows

AN_INSTANT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ORDER = {
    "channel": "SELLER", "marketplace": "US", "status": "UNSHIPPED", "accepted": True, "buyer_cancelled": False, "canceller_unknown": False,
    "ship_by": AN_INSTANT, "deliver_by": AN_INSTANT, "deliver_by_on": AN_INSTANT.date(), "units": 1, "placed_at": AN_INSTANT, "placed_on": AN_INSTANT.date(), "is_replacement": False,
    "ship_service": "Standard",
}  # fmt: skip


@pytest.fixture
def connection():
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        yield connection
    engine.dispose()


def unknown_cells(connection, fact, **values):
    """The columns whose cell is unknown in a row with these values."""
    row = {"account_id": 1, "versions": "", **{column.name: "1" for column in fact.__table__.primary_key if column.name != "account_id"}}
    connection.execute(sa.insert(fact), row | values)
    cells = {column.name: cell for column in fact.__table__.c if (cell := unknown_cell(column)) is not None}
    (found,) = connection.execute(sa.select(*(cell.label(name) for name, cell in cells.items()))).mappings()
    return {name for name, is_unknown in found.items() if is_unknown}


def test_a_fully_told_order_has_no_unknown_cell_though_it_is_neither_shipped_nor_cancelled(connection):
    assert unknown_cells(connection, Order, **ORDER) == set()


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ({"channel": "UNKNOWN"}, {"channel"}),
        ({"marketplace": "UNKNOWN"}, {"marketplace"}),
        ({"status": None}, {"status", "confirmed_at", "late_by"}),
        ({"status": "SHIPPED"}, {"confirmed_at", "late_by"}),
        ({"status": "PARTIALLY_SHIPPED"}, {"confirmed_at", "late_by"}),
        ({"status": "SHIPPED", "confirmed_at": AN_INSTANT, "late_by": 0}, set()),
        ({"ship_by": None}, {"ship_by"}),
        ({"ship_by": None, "channel": "AMAZON"}, set()),
        ({"ship_by": None, "status": "SHIPPED", "confirmed_at": AN_INSTANT}, {"ship_by", "late_by"}),
        ({"status": "CANCELLED"}, set()),
        ({"status": "CANCELLED", "canceller_unknown": True}, {"cancelled_at", "cancelled_by"}),
        ({"cancelled_by": "BUYER", "cancelled_at": AN_INSTANT, "canceller_unknown": True}, {"cancelled_by"}),
        ({"cancelled_by": "SELLER", "cancelled_at": AN_INSTANT, "canceller_unknown": True}, set()),
        ({"is_replacement": None, "deliver_by": None}, {"is_replacement", "deliver_by"}),
        ({"placed_at": None, "placed_on": None}, {"placed_at", "placed_on"}),
    ],
)
def test_the_unknown_cells_of_an_order(connection, changes, unknown):
    assert unknown_cells(connection, Order, **ORDER | changes) == unknown


def test_feedback_that_stands_has_no_removal_to_tell(connection):
    whole = {"left_at": AN_INSTANT, "left_on": AN_INSTANT.date(), "rating": 5, "classification": "POSITIVE", "marketplace": "US"}
    assert unknown_cells(connection, Feedback, **whole) == set()


def test_feedback_without_stars_has_no_class_either(connection):
    assert unknown_cells(connection, Feedback, marketplace="US") == {"left_at", "left_on", "rating", "classification"}


def test_a_package_that_is_not_on_its_way_yet_lacks_what_its_order_would_tell(connection):
    package = {"marketplace": "US", "channel": "SELLER", "category": "Books", "carrier": "DHL", "unit_count": 1, "tracked": False}
    assert unknown_cells(connection, Package, **package) == {"deliver_by", "promised_on"}


def test_a_message_without_an_answer_is_unanswered_and_not_unknown(connection):
    assert unknown_cells(connection, Message, marketplace="US", received_at=AN_INSTANT, received_on=AN_INSTANT.date()) == set()


def test_the_time_to_an_answer_is_unknown_without_the_receipt(connection):
    assert unknown_cells(connection, Message, marketplace="US", answered_at=AN_INSTANT) == {"received_at", "received_on", "answered_after"}


def test_an_item_that_nobody_cancelled_has_no_cancellation_to_tell(connection):
    assert (
        unknown_cells(connection, Item, sku="CUP-1", asin="B0", quantity=1, quantity_shipped=0, before_shipment=False, requested=False)
        == set()
    )


def test_what_depends_on_the_unknown_status_of_an_order_is_unknown(connection):
    assert unknown_cells(connection, Order, **ORDER | {"accepted": None, "canceller_unknown": None}) >= {"accepted", "canceller_unknown"}
    cancelled = {
        "sku": "CUP-1",
        "asin": "B0",
        "quantity": 1,
        "quantity_shipped": 0,
        "cancelled_by": "SELLER",
        "cancelled_at": AN_INSTANT,
        "cancel_reason": "NoInventory",
    }
    assert unknown_cells(connection, Item, **cancelled) == {"before_shipment", "requested"}


@pytest.mark.parametrize("fact", FACTS)
def test_of_an_unknown_cell_that_of_a_source_is_missing(fact):
    for column in fact.__table__.c:
        for name in missing_source_cells(column):
            table, source = name.split(".")
            columns = metadata.tables[table].c
            assert "merge" in columns[source].info or f"reported_{source}" in columns, f"{column}: no source reports {name}"


def test_where_a_cell_is_unknown_exactly_one_cell_of_a_source_is_missing(connection):
    sources = {
        "status": ["SHIPPED", "CANCELLED", "UNSHIPPED", None],
        "ship_by": [AN_INSTANT, None],
        "channel": ["SELLER", "AMAZON", "UNKNOWN"],
    }
    derived = {"confirmed_at": [AN_INSTANT, None], "canceller_unknown": [True, False, None], "cancelled_by": ["SELLER", "BUYER", None]}
    for number, values in enumerate(product(*sources.values(), *derived.values())):
        row = ORDER | dict(zip([*sources, *derived], values, strict=True))
        connection.execute(sa.insert(Order), row | {"account_id": 1, "order_id": str(number), "versions": ""})
    for column in Order.__table__.c:
        missing = missing_source_cells(column)
        number = sum((sa.case((condition, 1), else_=0) for condition in missing.values()), sa.literal(0))
        is_unknown = sa.false() if unknown_cell(column) is None else unknown_cell(column)
        assert set(connection.execute(sa.select(sa.case((is_unknown, 1), else_=0) - number))) == {(0,)}, column


def test_a_violation_without_a_resolution_is_open(connection):
    known = {"detected_at": AN_INSTANT, "detected_on": AN_INSTANT.date(), "marketplace": "US", "category": "listing"}
    assert unknown_cells(connection, Violation, **known) == set()


@pytest.mark.parametrize("fact", FACTS)
def test_the_conditions_hold_no_parameters_so_that_an_index_can_have_them(fact):
    conditions = [cell for column in fact.__table__.c if (cell := unknown_cell(column)) is not None]
    conditions += [gap.condition for gap in gaps(fact)]
    assert [condition.compile().params for condition in conditions] == [{}] * len(conditions)


@pytest.mark.parametrize("fact", FACTS)
def test_a_gap_is_of_columns_whose_cells_can_be_unknown(fact):
    for gap in gaps(fact):
        assert all(unknown_cell(fact.__table__.c[name]) is not None for name in gap.columns)


def test_a_gap_is_where_any_of_its_cells_is_unknown(connection):
    for number, (status, ship_by, confirmed_at) in enumerate(
        product(["SHIPPED", "CANCELLED", None], [None, AN_INSTANT], [None, AN_INSTANT])
    ):
        row = ORDER | {"status": status, "ship_by": ship_by, "confirmed_at": confirmed_at}
        connection.execute(sa.insert(Order), row | {"account_id": 1, "order_id": str(number), "versions": ""})
    for gap in gaps(Order):
        cells = sa.or_(*(unknown_cell(Order.__table__.c[name]) for name in gap.columns))
        differing = connection.scalar(
            sa.select(sa.func.count()).select_from(Order).where(sa.case((gap.condition, 1), else_=0) != sa.case((cells, 1), else_=0))
        )
        assert differing == 0, gap.columns


def test_no_cell_is_unknown_of_columns_that_do_not_declare_it():
    assert str(any_unknown(Reply.__table__.c.automatic)) == str(sa.false())


GAPS = [(fact, gap) for fact in FACTS for gap in gaps(fact)]


@pytest.fixture(scope="module")
def reported(stores):
    """A store of thousands of facts without unknown cells: in a small table, no index is worth its while."""
    with stores.open() as database:
        fill(database)
        yield database


def fill(database):
    seller = World(database).account()
    orders = rows.orders(seller, on_time=100)
    rows.feedback(seller, orders)
    for order_id in orders:
        seller.add(Item, order_id=order_id, item_id="1", quantity=1, quantity_shipped=1)
        seller.add(Package, order_id=order_id, package_id="1", category="Books")
    rows.messages(seller, 100, hours=1, reported_marketplace=US)
    seller.save()
    numbers = sa.values(sa.column("number", sa.Integer), name="numbers").data([(number,) for number in range(50)]).cte()
    with database.writing() as connection:
        for table in {fact.__table__ for fact, _ in GAPS}:
            key = "message_id" if "message_id" in table.c else "order_id"
            copies = sa.select(
                *(each.concat(numbers.c.number) if each.name == key else each for each in table.c),
            ).select_from(table.join(numbers, sa.true()))
            connection.execute(sa.insert(table).from_select([column.name for column in table.c], copies))
    analyse(database, {})


@pytest.mark.parametrize("accounts", [sa.select(sa.literal(1)), [1]], ids=["accounts", "account"])
@pytest.mark.parametrize(("fact", "gap"), GAPS, ids=[f"{fact.__name__}.{gap.columns[0]}" for fact, gap in GAPS])
def test_the_rows_of_a_gap_are_found_in_its_partial_index(reported, fact, gap, accounts):
    with reported.reading() as connection:
        statement = sa.select(fact.order_id).where(fact.account_id.in_(accounts), gap.condition)
        text = statement.compile(connection, compile_kwargs={"literal_binds": True})
        assert connection.execute(statement).all() == []
        steps = "\n".join(step[-1] for step in connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN' if reported.is_sqlite else ''} {text}"))
    index = rf"ix_{fact.__tablename__}_unknown_{gap.columns[0]}(_\d+)?\b"  # on a cluster the number of the shard follows
    assert re.search(rf"{index}.*\s*.*\(\(?account_id ?=", steps), steps
