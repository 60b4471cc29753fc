"""Rollups that differ from the facts, or have been behind for long, are found."""

import datetime as dt

import pytest
import sqlalchemy as sa

from sellerhealth.deadline import Deadline
from sellerhealth.doctor import rollups
from sellerhealth.doctor.finding import Finding, State
from sellerhealth.doctor.rollups import examine_rollups
from sellerhealth.model.records import Account
from sellerhealth.rollups.grain import number_column
from sellerhealth.rollups.tables import rollup_table
from sellerhealth.testing import CLOCK, DAY, World
from tests.support.world import built_in

LATE = built_in("late_shipment_rate")


@pytest.fixture
def world(world: World) -> World:
    """A world with an account whose rollups are current."""
    world.roll_up([LATE])
    seller = world.account(when=CLOCK - 3 * DAY)
    seller.order()
    seller.save()
    return world


def findings(world: World) -> list[Finding]:
    assert world.rollups is not None
    return list(examine_rollups(world.database, world.rollups, CLOCK))


def change(world: World, statement: sa.Executable) -> None:
    with world.database.writing() as connection:
        connection.execute(statement)


def test_rollups_that_agree_are_well(world: World) -> None:
    (found,) = findings(world)
    assert found.state is State.OK
    assert found.message.endswith(" numbers of 1 accounts agree with the facts.")
    assert not found.message.startswith("0 ")


def test_a_number_that_differs_is_a_problem(world: World) -> None:
    column = number_column(LATE.all_measures["orders"])
    change(world, sa.update(rollup_table("rollup_orders_placed_on", (column,))).values({column: 9}))
    (found,) = findings(world)
    assert (found.state, found.message) == (State.PROBLEM, "Of the account seller-1, 1 numbers that are kept differ from the facts.")


def test_an_account_that_is_behind_for_long_is_a_warning(world: World) -> None:
    change(world, sa.update(Account).values(version=Account.version + 1))
    assert [found.state for found in findings(world)] == [State.OK]
    change(world, sa.update(Account).values(updated_at=dt.datetime.now(dt.UTC) - DAY))
    behind, compared = findings(world)
    assert (behind.state, compared.state) == (State.WARNING, State.OK)
    assert behind.message.startswith("1 accounts changed more than an hour ago")


def test_what_takes_too_long_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "Deadline", lambda seconds: Deadline(0))
    (found,) = findings(world)
    assert (found.state, found.message) == (State.OK, "0 numbers of 0 accounts agree with the facts.")
