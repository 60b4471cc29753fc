"""Faults of rollups are found by `verify`, and by answers that are compared with those from the facts: each is made on purpose."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.results import read_results
from sellerhealth.facts import Claim, Order
from sellerhealth.model.records import RollupState
from sellerhealth.rollups.grain import due_column, number_column
from sellerhealth.rollups.measure_set import MeasureSet, measure_set
from sellerhealth.rollups.rebuild import rebuild
from sellerhealth.rollups.tables import prepare, rollup_table
from sellerhealth.rollups.touched import TouchedDays
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.rollups.verify import Verified, measure_names, verify_account
from sellerhealth.store.changes import ChangedRows
from sellerhealth.testing import CLOCK, DAY, HOUR, Account, World
from tests.support.world import built_in

DEFECTS, LATE = built_in("order_defect_rate"), built_in("late_shipment_rate")
METRICS = (DEFECTS, LATE)
OVERDUE = LATE.all_measures["overdue"]
ORDERS_TABLE = "rollup_orders_placed_on"  # of the late shipment rate; that of the order defect rate has parts


def verified(world: World, seller: Account, measures: MeasureSet | None = None) -> Verified:
    found = measures or world.rollups
    assert found is not None
    with world.database.reading() as connection:
        return verify_account(connection, found, seller.account_id, world.clock)


def answers_agree(world: World, *sets: MeasureSet) -> bool:
    """Whether both metrics have the same numbers from rollups of these sets as from the facts."""
    queries = [MetricQuery(metric, window, world.clock.date()) for metric in METRICS for window in metric.windows]
    accounts = AccountFilter(account_ids=tuple(each.account_id for each in world.accounts))
    found = []
    for some in (sets, ()):
        rollups = {each.set_id: each.members for each in some}
        with world.database.reading() as connection:
            results = read_results(ReadSession(connection, OWNER, world.clock, rollups=rollups), queries, accounts)
        found.append([dict(results.result(each.account_id, query).result.numbers) for each in world.accounts for query in queries])
    return found[0] == found[1]


@pytest.fixture
def seller(world: World) -> Account:
    """A seller with an order that falls due in an hour, and one that is late with a claim, all in rollups."""
    world.roll_up(METRICS)
    seller = world.account(when=CLOCK - 40 * DAY)
    seller.order("late", ship_by=CLOCK - 38 * DAY)
    seller.order("good", ship_by=CLOCK - 38 * DAY)
    seller.order("waits", placed_at=CLOCK - 3 * DAY, ship_by=CLOCK + HOUR)
    seller.add(Claim, order_id="late", opened_at=CLOCK - 20 * DAY)
    seller.save()
    return seller


def test_rollups_that_are_current_are_the_same(world: World, seller: Account) -> None:
    found = verified(world, seller)
    assert (found.is_current, found.differences) == (True, [])
    assert found.compared > 10
    world.clock += 2 * HOUR  # one has fallen due: they are compared as they were
    assert verified(world, seller) == found


def test_rollups_that_are_behind_are_not_compared(world: World, seller: Account) -> None:
    measures, world.rollups = world.rollups, None
    assert verified(world, seller, measure_set([DEFECTS])) == Verified(is_current=False)
    seller.order("new")
    seller.save()
    assert verified(world, seller, measures) == Verified(is_current=False)


@pytest.mark.parametrize(("column", "is_instant"), [(number_column(OVERDUE), False), (due_column(OVERDUE), True)])
def test_a_value_that_differs_is_named(world: World, seller: Account, column: str, is_instant: bool) -> None:
    table = rollup_table(ORDERS_TABLE, *(((), (column,)) if is_instant else ((column,), ())))
    day, wrong = (CLOCK - 3 * DAY).date(), CLOCK + 9 * DAY if is_instant else 5
    with world.database.writing() as connection:
        connection.execute(sa.update(table).where(table.c.account_id == seller.account_id, table.c.day == day), {column: wrong})
    (found,) = verified(world, seller).differences
    assert (found.table, found.day, found.channel, found.part, found.column) == (ORDERS_TABLE, day, "SELLER", "", column)
    assert (found.stored, found.counted) == (wrong, CLOCK + HOUR if is_instant else 2)
    assert measure_names(METRICS)[column] == "late_shipment_rate.overdue"


def test_a_row_that_is_missing_is_named(world: World, seller: Account) -> None:
    table = rollup_table(ORDERS_TABLE, ())
    with world.database.writing() as connection:
        connection.execute(sa.delete(table).where(table.c.account_id == seller.account_id))
    found = verified(world, seller).differences
    assert {each.day for each in found} == {(CLOCK - days * DAY).date() for days in (40, 3)}
    assert {each.stored for each in found} == {None}
    assert verified(world, seller, measure_set([DEFECTS])).is_current is False


def test_a_rebuild_mends_what_differs(world: World, seller: Account) -> None:
    assert world.rollups is not None
    orders = number_column(LATE.all_measures["orders"])
    table = rollup_table(ORDERS_TABLE, (orders,))
    with world.database.writing() as connection:
        connection.execute(
            sa.update(table).where(table.c.account_id == seller.account_id, table.c.day > (CLOCK - 9 * DAY).date()), {orders: 7}
        )
    assert verified(world, seller).differences
    assert not answers_agree(world, world.rollups)
    done = rebuild(world.database, world.rollups, [seller.account_id, 404], world.clock)
    assert list(done) == [seller.account_id]
    assert verified(world, seller).differences == []
    assert answers_agree(world, world.rollups)


# ---------------------------------------------------------------- faults in the code

_add = TouchedDays.add


def _old_days_forgotten(self: TouchedDays, changes: Mapping[sa.Table, ChangedRows]) -> None:
    _add(self, {table: ChangedRows((new, None) for new, _ in of_table) for table, of_table in changes.items()})


def add_claim(seller: Account) -> None:
    seller.add(Claim, order_id="good", opened_at=CLOCK - DAY)
    seller.save()


def move_order(seller: Account) -> None:
    seller._world.clock += HOUR / 2
    seller.add(Order, order_id="waits", placed_at=CLOCK - 4 * DAY)
    seller.save()


def wait(seller: Account) -> None:
    seller._world.clock += 2 * HOUR


FAULTS: Mapping[str, tuple[Any, str, Any, Callable[[Account], None]]] = {
    "a related row is forgotten": (
        MeasureSet,
        "tables_read",
        property(lambda measures: dict.fromkeys(measures.grains, frozenset())),
        add_claim,
    ),
    "the day before a change is forgotten": (TouchedDays, "add", _old_days_forgotten, move_order),
    "a deadline is not noticed": (Upkeep, "_valid_until", lambda self: None, wait),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("is_made", [True, False])
def test_a_fault_in_the_upkeep_is_found(world: World, seller: Account, monkeypatch: pytest.MonkeyPatch, fault: str, is_made: bool) -> None:
    owner, name, replacement, happen = FAULTS[fault]
    assert world.rollups is not None
    if is_made:
        monkeypatch.setattr(owner, name, replacement)
    seller.order("another", placed_at=CLOCK - 5 * DAY)
    seller.save()
    assert answers_agree(world, world.rollups)
    happen(seller)
    assert bool(verified(world, seller).differences) is is_made
    assert answers_agree(world, world.rollups) is not is_made


@pytest.mark.parametrize("is_made", [True, False])
def test_a_stale_column_of_another_set_is_found(world: World, seller: Account, monkeypatch: pytest.MonkeyPatch, is_made: bool) -> None:
    both, few = world.rollups, measure_set([DEFECTS])
    assert both is not None
    prepare(world.database, few)
    world.rollups = few
    seller.order("another", placed_at=CLOCK - 5 * DAY, ship_by=CLOCK - 4 * DAY)
    seller.save()
    if is_made:
        with world.database.writing() as connection:
            connection.execute(sa.update(RollupState).values(version=sa.select(sa.func.max(RollupState.version)).scalar_subquery()))
    assert bool(verified(world, seller, both).differences) is is_made
    assert answers_agree(world, both, few) is not is_made
