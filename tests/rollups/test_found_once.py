"""The fast path of counting finds what the plain statements find, for every metric, and is taken where many rows are counted."""

import datetime as dt
from collections.abc import Sequence
from random import Random

import pytest
import sqlalchemy as sa

from sellerhealth import Count, Metric, Window, count
from sellerhealth.facts import FACTS, Claim, Feedback, Item, Order, Package
from sellerhealth.model.tables import Fact
from sellerhealth.rollups import buckets, count_tally, found_once
from sellerhealth.rollups.alike_first import alike_first
from sellerhealth.rollups.measure_set import measure_set
from sellerhealth.testing import CLOCK, DAY, World
from tests.rollups.open_metrics import OPEN
from tests.support.random_facts import observations, random_facts
from tests.support.world import built_in

_twos = count(on=Package.promised_on, where=Package.seller_fulfilled).total(sa.literal(2), "Twos.")  # of no column
CONSTANT = Metric(
    key="constant", title="A", description="B", section="open", windows=(Window(30),), measures={"twos": _twos}, value=Count(_twos)
)
MEASURES = measure_set([built_in("seller_rating"), *OPEN, CONSTANT])
LOOKS_UP = "EXISTS ("


@pytest.mark.sqlite_file  # the fast path is SQLite's alone
@pytest.mark.parametrize("kinds", [FACTS, (Order,), (Order, Item, Package), (Order, Feedback, Claim)])
def test_both_ways_count_alike(world: World, monkeypatch: pytest.MonkeyPatch, kinds: Sequence[type[Fact]]) -> None:
    monkeypatch.setattr(buckets, "is_faster", lambda *_: True)
    monkeypatch.setattr(count_tally, "is_faster", lambda *_: True)
    seller = world.account()
    for fact, observed_at, values in observations(random_facts(7, "UTC")):
        if fact in kinds:
            seller.add(fact, observed_at=observed_at, **values)
    seller.save()
    random, found = Random(1), 0
    with world.database.reading() as connection:
        for number, (grain, measures) in enumerate(MEASURES.grains.items()):
            days = [(CLOCK - day * DAY).date() for day in random.sample(range(400), 200)] if number % 2 else None
            of_account = connection, grain, measures, seller.account_id, CLOCK, days
            counted = buckets.count_buckets(*of_account)
            assert buckets.count_buckets(*of_account, fast=True) == counted, grain.name
            found += len(counted)
        for tally in MEASURES.tallies:
            of_rows = connection, tally, seller.account_id, CLOCK
            tallied = count_tally.count_tally(*of_rows)
            assert count_tally.count_tally(*of_rows, fast=True) == tallied, tally.grain.name
            found += len(tallied)
    assert found > 100


def test_what_the_account_has_no_fact_of_is_not_looked_up() -> None:
    (grain, measures), *_ = measure_set([built_in("seller_rating")]).grains.items()
    empty = frozenset({Claim.__table__, Feedback.__table__})
    for tables in (frozenset[sa.Table](), empty):
        counting, _ = buckets._statements(grain, tuple(measures.items()), False, True, tables)
        text = "".join(str(each.statement) for each in counting)
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


def test_rows_of_tallies_that_are_alike_are_counted_first() -> None:
    tallies = measure_set([built_in("seller_rating")]).tallies
    for fast in (False, True):
        statements = [str(statement) for tally in tallies for statement, _ in count_tally._statements(tally, False, fast)]
        assert ["alike AS MATERIALIZED" in each for each in statements] == [fast] * len(statements)
    assert tallies


def test_a_statement_that_reads_more_of_a_row_is_left_as_it_is() -> None:
    orders = Order.__table__
    key = {"on_day": orders.c.placed_on, "in_marketplace": orders.c.marketplace}
    labelled = [column.label(name) for name, column in key.items()]
    own = (orders.c.account_id == sa.bindparam("of_account"),)
    for column, is_alike in (
        (sa.func.count().filter(orders.c.late_by > 0), True),
        (sa.func.sum(orders.c.units).filter(orders.c.accepted), True),
        (sa.func.max(orders.c.units), False),
        (sa.case((orders.c.units.is_(None), 0), else_=orders.c.units), False),
    ):
        statement = sa.select(*labelled, column).where(*own).group_by(*key)
        assert (alike_first(statement, orders, key, own) is not statement) is is_alike


def test_what_is_related_by_one_key_is_not_looked_up() -> None:
    (grain, measures), *_ = measure_set([built_in("seller_rating")]).grains.items()
    for fast in (False, True):
        counting, _ = buckets._statements(grain, tuple(measures.items()), False, fast)
        assert any(LOOKS_UP in str(each.statement) for each in counting) is not fast


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
        assert LOOKS_UP in str(found_once.found_once(statement, orders))
    assert LOOKS_UP not in str(found_once.found_once(sa.select(orders.c.order_id).where(sa.exists().where(*same)), orders))
