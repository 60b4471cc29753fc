"""Facts that are related to many rows are found once, and not looked up where there are none."""

import datetime as dt
from collections.abc import Collection

import pytest
import sqlalchemy as sa

from sellerhealth.facts import Claim, Feedback, Item, Order
from sellerhealth.rollups import found_once
from sellerhealth.rollups.buckets import bucket_statements
from sellerhealth.rollups.found_once import FoundOnce
from sellerhealth.rollups.measure_set import measure_set
from sellerhealth.testing import CLOCK, DAY, World
from tests.support.world import built_in

LOOKS_UP = "EXISTS ("


def counting(empty: Collection[sa.Table] | None = None) -> str:
    """The statements that count the orders of the seller rating, as they are, or with what is related found once."""
    (grain, measures), *_ = measure_set([built_in("seller_rating")]).grains.items()
    found = FoundOnce(grain.table, empty or ())
    statements = [each.statement for each in bucket_statements(grain, measures, grain.table.c[grain.on], some_days=False).counting]
    return "".join(str(each if empty is None else found.over(each)) for each in statements)


def test_what_the_account_has_no_fact_of_is_not_looked_up() -> None:
    empty = frozenset({Claim.__table__, Feedback.__table__})
    for tables in (frozenset[sa.Table](), empty):
        text = counting(tables)
        assert all((f"FROM {table.name}" in text) is not bool(tables) for table in empty)
        assert "FROM items" in text


def test_only_the_tables_without_rows_of_the_account_are_empty(world: World) -> None:
    seller, other = world.account(), world.account()
    seller.order()
    other.add(Claim, order_id="702-1", opened_at=CLOCK)
    world.save()
    with world.database.reading() as connection:
        empty = found_once.empty_tables(connection, seller.account_id)
        assert Order.__table__ not in empty
        assert Claim.__table__ in empty
        assert Claim.__table__ not in found_once.empty_tables(connection, other.account_id)


def test_what_is_related_by_one_key_is_not_looked_up() -> None:
    assert LOOKS_UP in counting()
    assert LOOKS_UP not in counting(())


def test_the_same_facts_are_found_once_for_all_statements() -> None:
    orders, found = Order.__table__, FoundOnce(Order.__table__)
    texts = []
    for number in range(3):
        items = Item.__table__.alias(f"items_{number}") if number else Item.__table__
        same = (items.c.account_id == orders.c.account_id, items.c.order_id == orders.c.order_id)
        texts.append(str(found.over(sa.select(orders.c.order_id).where(sa.exists().where(*same, items.c.quantity > 1)))))
    assert all("related_0" in each and "related_1" not in each and "items_" not in each for each in texts)


def test_a_condition_that_reads_no_table_holds_whether_or_not_the_account_has_facts() -> None:
    orders = Order.__table__
    among = orders.c.status.in_(sa.select(sa.literal("SHIPPED")))
    first = sa.select(sa.func.min(sa.literal(1))).scalar_subquery()
    statement = sa.select(orders.c.order_id, first).where(among)
    assert str(FoundOnce(orders, {Item.__table__}).over(statement)) == str(statement)


@pytest.mark.parametrize(("rows", "days", "is_faster"), [(3, None, True), (2, None, False), (3, 5, True), (3, 4, False)])
def test_it_is_taken_for_many_rows_and_days(
    world: World, monkeypatch: pytest.MonkeyPatch, rows: int, days: int | None, is_faster: bool
) -> None:
    monkeypatch.setattr(found_once, "_ROWS", 3)
    seller, other = world.account(), world.account()
    for number in range(rows):
        seller.order(placed_at=CLOCK - (16 * number + 1) * DAY)  # 32 days apart: of four of those, to look up each is as fast
        other.order()
    world.save()
    some = None if days is None else [dt.date(2025, 1, 1) + number * DAY for number in range(days)]
    with world.database.reading() as connection:
        found = found_once.is_faster(connection, Order.__table__.c.placed_on, seller.account_id, some)
    assert found is (is_faster and world.database.is_sqlite)


@pytest.mark.parametrize(("rows", "days", "are_most"), [(2, 99, False), (3, 17, True), (3, 16, False)])
def test_all_days_are_counted_in_place_of_most(world: World, monkeypatch: pytest.MonkeyPatch, rows: int, days: int, are_most: bool) -> None:
    monkeypatch.setattr(found_once, "_ROWS", 3)
    seller = world.account()
    for number in range(rows):
        seller.order(placed_at=CLOCK - (16 * number + 1) * DAY)  # 32 days apart
    world.save()
    some = [dt.date(2025, 1, 1) + number * DAY for number in range(days)]
    with world.database.reading() as connection:
        assert found_once.are_most(connection, Order.__table__.c.placed_on, seller.account_id, some) is are_most


def test_a_look_up_of_another_kind_is_left_as_it_is() -> None:
    orders = Order.__table__
    other = orders.alias("other")
    same = (other.c.account_id == orders.c.account_id, other.c.order_id == orders.c.order_id)
    for look_up in (
        sa.exists().where(*same, other.c.placed_at < orders.c.placed_at),  # compared with the row itself
        sa.exists().where(same[0]),  # by no key
        sa.exists().where(same[0], sa.or_(same[1], other.c.status == orders.c.status)),  # by one of two
    ):
        statement = sa.select(orders.c.order_id).where(look_up)
        assert LOOKS_UP in str(FoundOnce(orders).over(statement))
    assert LOOKS_UP not in str(FoundOnce(orders).over(sa.select(orders.c.order_id).where(sa.exists().where(*same))))
