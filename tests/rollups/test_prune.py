"""What no process has had for 30 days is dropped; what a set in use has stays, and is answered from."""

import datetime as dt

import sqlalchemy as sa

from sellerhealth.model.records import AccountSnapshot, RollupSet, RollupState, UnprovenTally
from sellerhealth.rollups.measure_set import MeasureSet, measure_set
from sellerhealth.rollups.overview import needed_columns
from sellerhealth.rollups.prune import Pruned, prune
from sellerhealth.rollups.tables import prepare
from sellerhealth.rollups.tally_blocks import all_keys
from sellerhealth.rollups.verify import verify_account
from sellerhealth.store.rollup_tables import rollup_columns
from sellerhealth.testing import CLOCK, DAY, World
from tests.support.world import built_in

DEFECTS, LATE, CANCELLED, RATING = map(built_in, ("order_defect_rate", "late_shipment_rate", "cancellation_rate", "customer_feedback"))
LIVING, DEAD = measure_set([DEFECTS, LATE]), measure_set([LATE, CANCELLED, RATING])

TALLIES = {*all_keys(tally.member for tally in LIVING.tallies)}


def columns(world: World) -> set[str]:
    with world.database.reading() as connection:
        return {f"{table}.{column}" for table, of_table in rollup_columns(connection).items() for column in of_table}


def age(world: World, measures: MeasureSet, days: int) -> None:
    registered_at = dt.datetime.now(dt.UTC) - days * DAY
    with world.database.writing() as connection:
        connection.execute(sa.update(RollupSet).where(RollupSet.set_id == measures.set_id).values(registered_at=registered_at))


def pruned(world: World) -> Pruned:
    return prune(world.database, dt.datetime.now(dt.UTC))


def test_only_what_nobody_has_is_dropped(world: World) -> None:
    seller = world.account(when=CLOCK - 9 * DAY)
    seller.order()
    for measures in (DEAD, LIVING):
        world.rollups = measures
        prepare(world.database, measures)
        seller.order()
        seller.save()
    every = columns(world)
    age(world, DEAD, 29)
    assert pruned(world) == Pruned([], [], [], 0)
    age(world, DEAD, 31)
    found = pruned(world)
    assert found.tables == ["rollup_feedback_left_on"]
    assert found.sets == [DEAD.set_id]
    # Of the orders by day, what the cancellation rate alone has is dropped; they share the number of orders with nobody else's table.
    assert {name.split(".")[0] for name in found.columns} == {"rollup_orders_placed_on"}
    assert set(found.columns).isdisjoint(LIVING.members)
    assert (
        set(LIVING.members) - TALLIES
        <= columns(world)
        == every - set(found.columns) - {each for each in every if each.startswith("rollup_feedback")}
    )
    with world.database.reading() as connection:
        assert verify_account(connection, LIVING, seller.account_id, world.clock).differences == []
        assert verify_account(connection, LIVING, seller.account_id, world.clock).compared > 0
        assert connection.scalars(sa.select(RollupState.set_id)).all() == [LIVING.set_id]
    assert pruned(world) == Pruned([], [], [], 0)


def test_tallies_of_a_set_in_use_stay_with_their_blocks(world: World) -> None:
    world.roll_up([DEFECTS, LATE])
    seller = world.account(when=CLOCK - 9 * DAY)
    seller.order(channel=None)
    seller.save()

    def kept() -> set[str]:
        with world.database.reading() as connection:
            return set(connection.scalars(sa.select(UnprovenTally.tally)))

    before = kept()
    pruned(world)
    assert kept() == before
    assert any("/" in key for key in before)
    age(world, LIVING, 31)
    pruned(world)
    assert kept() == set()


def test_a_set_that_comes_back_is_counted_again(world: World) -> None:
    seller = world.account(when=CLOCK - 9 * DAY)
    seller.order()
    world.roll_up([CANCELLED])
    seller.save()
    age(world, measure_set([CANCELLED]), 31)
    pruned(world)
    assert columns(world) == set()
    world.roll_up([CANCELLED])
    seller.order()
    seller.save()
    with world.database.reading() as connection:
        found = verify_account(connection, measure_set([CANCELLED]), seller.account_id, world.clock)
    assert (found.is_current, found.differences) == (True, [])
    assert found.compared > 0


def test_snapshots_that_were_not_renewed_are_deleted(world: World) -> None:
    seller, now = world.account(), dt.datetime.now(dt.UTC)
    row = {"account_id": seller.account_id, "version": 1, "as_of": now.date(), "statuses": ""}
    with world.database.writing() as connection:
        for name, days in (("in use", 29), ("of an earlier release", 31)):
            connection.execute(sa.insert(AccountSnapshot).values(**row, snapshot_id=name, since=now - days * DAY))
    assert pruned(world) == Pruned([], [], [], 1)
    with world.database.reading() as connection:
        assert connection.scalars(sa.select(AccountSnapshot.snapshot_id)).all() == ["in use"]


def test_a_set_names_the_blocks_of_its_tallies(world: World) -> None:
    """A process that knows no blocks deletes what no set names: a window would be read without them, and be good without proof."""
    prepare(world.database, LIVING)
    with world.database.reading() as connection:
        needed = needed_columns(connection, dt.datetime.now(dt.UTC))[UnprovenTally.__tablename__]
    assert needed == {*all_keys(tally.key for tally in LIVING.tallies)}
