"""Snapshots that differ from the facts are found."""

import pytest
import sqlalchemy as sa

from sellerhealth.deadline import Deadline
from sellerhealth.doctor import snapshots
from sellerhealth.doctor.finding import Finding, State
from sellerhealth.doctor.snapshots import examine_snapshots
from sellerhealth.engine.keep_snapshots import SnapshotKeeper
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.model.records import AccountSnapshot
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.settings import STALE_AFTER
from sellerhealth.testing import CLOCK, World
from tests.support.world import built_in, three_sellers

METRICS = (built_in("late_shipment_rate"), built_in("order_defect_rate"))
SNAPSHOT = Snapshot(METRICS, STALE_AFTER)


@pytest.fixture
def world(world: World) -> World:
    """A world with three accounts that have snapshots."""
    three_sellers(world, METRICS)
    assert world.rollups is not None
    RollupKeeper(world.database, world.rollups, lambda: CLOCK, SnapshotKeeper(world.database, SNAPSHOT)).run()
    return world


def finding(world: World) -> Finding:
    (found,) = examine_snapshots(world.database, SNAPSHOT, CLOCK)
    return found


def test_snapshots_that_agree_are_well(world: World) -> None:
    found = finding(world)
    assert found.state is State.OK
    assert found.message.endswith(" values of 3 accounts agree with the facts.")
    assert not found.message.startswith("0 ")


def test_a_status_that_differs_is_a_problem(world: World) -> None:
    with world.database.writing() as connection:
        connection.execute(sa.update(AccountSnapshot).values(statuses="0 - 1/2,0 - 1/2"))
    found = finding(world)
    assert found.state is State.PROBLEM
    assert found.message.endswith("2 values that are kept differ from the facts.")


def test_without_snapshots_nothing_is_compared(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "Deadline", lambda seconds: Deadline(0))
    assert finding(world).message == "No account was compared: that took too long."
    monkeypatch.undo()
    with world.database.writing() as connection:
        connection.execute(sa.delete(AccountSnapshot))
    assert finding(world).message == "No account has a snapshot that holds, so nothing to compare."
