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
from sellerhealth.store import accounts
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
    assert found.message.endswith(" numbers of 1 account agree with the facts.")
    assert not found.message.startswith("0 ")


def test_a_number_that_differs_is_a_problem(world: World) -> None:
    column = number_column(LATE.all_measures["orders"])
    change(world, sa.update(rollup_table("rollup_orders_placed_on", (column,))).values({column: 9}))
    (found,) = findings(world)
    assert (found.state, found.message) == (State.PROBLEM, "Of the account seller-1, 1 numbers that are kept differ from the facts.")


def test_an_account_that_is_behind_for_long_is_a_warning(world: World) -> None:
    change(world, sa.update(Account).values(version=Account.version + 1))
    change(world, sa.update(Account).values(updated_at=dt.datetime.now(dt.UTC) - DAY))
    (behind,) = findings(world)
    assert behind.state is State.WARNING
    assert behind.message.startswith("1 account changed more than an hour ago")


def test_accounts_that_changed_lately_are_no_more_than_behind(world: World) -> None:
    (found,) = findings(world)
    assert "behind" not in found.message
    world.account(when=CLOCK - 3 * DAY).save()
    change(world, sa.update(Account).where(Account.key == "seller-2").values(version=Account.version + 1))
    (found,) = findings(world)
    assert found.state is State.OK
    assert found.message.endswith(
        "1 account agree with the facts. Changed within the last hour, and behind: 1 account. "
        "A server counts what is behind within minutes, and until then the facts answer."
    )
    change(world, sa.update(Account).values(version=Account.version + 1))
    (found,) = findings(world)  # nothing was compared, so nothing is well
    assert (found.state, found.message) == (
        State.WARNING,
        "Nothing can be compared. Changed within the last hour, and behind: 2 accounts. The facts answer, which takes longer.",
    )


def test_a_store_without_an_account_is_well(world: World) -> None:
    with world.database.writing() as connection:
        accounts.erase(connection, world.accounts[0].account_id)
    (found,) = findings(world)
    assert (found.state, found.message) == (State.OK, "There is no account yet, so nothing to compare.")


def test_what_takes_too_long_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "Deadline", lambda seconds: Deadline(0))
    (found,) = findings(world)
    assert (found.state, found.message) == (State.OK, "0 numbers of 0 accounts agree with the facts.")
