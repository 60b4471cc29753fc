"""The thread of the server that keeps rollups: it makes the first ones of an account, and says why it cannot."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from sellerhealth.errors import StoreFull, StoreReadOnly
from sellerhealth.model.records import Account, RollupState
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.rollups.measure_set import measure_set
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.rollups.verify import verify_account
from sellerhealth.testing import CLOCK, DAY, World
from tests.support.world import built_in

MEASURES = measure_set([built_in("late_shipment_rate")])


def account_with_an_order(world: World) -> int:
    seller = world.account()
    seller.order(placed_at=CLOCK - DAY)
    seller.save()
    return seller.account_id


def kept(world: World) -> list[int]:
    """The accounts that have rollups."""
    with world.database.reading() as connection:
        return list(connection.scalars(sa.select(RollupState.account_id)))


def test_it_makes_the_first_rollups_of_an_account(world: World) -> None:
    account_id = account_with_an_order(world)
    RollupKeeper(world.database, MEASURES, lambda: CLOCK).run()
    assert kept(world) == [account_id]
    with world.database.reading() as connection:
        verified = verify_account(connection, MEASURES, account_id, CLOCK)
    assert verified.is_current
    assert verified.compared
    assert not verified.differences


def test_it_says_why_it_cannot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(upkeep: Upkeep) -> None:
        upkeep._connection.execute(sa.text("SELECT no_such_column FROM accounts"))

    account_with_an_order(world)
    monkeypatch.setattr(Upkeep, "finish", fail)
    with capture_logs() as logged:
        assert RollupKeeper(world.database, MEASURES, lambda: CLOCK).run() == 60
    assert [line["event"] for line in logged if "no_such_column" in line.get("reason", "")] == ["rollups_not_kept"]
    assert kept(world) == []


def test_what_keeps_it_from_writing_is_logged_once_until_it_is_another_thing_or_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on media that can only be read: a line each minute would hide the others."""
    read_only, full = StoreReadOnly("Read-only."), StoreFull("Full.")
    reasons = iter([read_only, read_only, full, None, full])
    keeper = RollupKeeper(world.database, MEASURES, lambda: CLOCK)

    def run() -> float:
        if (reason := next(reasons, None)) is not None:
            raise reason
        return 0

    monkeypatch.setattr(keeper, "run", run)
    monkeypatch.setattr(keeper, "_stopped", SimpleNamespace(is_set=iter([False] * 5 + [True]).__next__, wait=lambda seconds: None))
    with capture_logs() as logged:
        keeper._keep()
    assert [(line["event"], line.get("reason")) for line in logged] == [
        ("rollups_not_kept", "Read-only."),
        ("rollups_not_kept", "Full."),
        ("rollups_kept_again", None),
        ("rollups_not_kept", "Full."),
    ]


def test_it_runs_again_soon_after_others_wrote_and_later_and_later_if_they_still_do(world: World) -> None:
    """A server whose first run met the note of a key's use had nothing kept for a minute, in which a dashboard took four times as long."""
    account_id = account_with_an_order(world)
    keeper = RollupKeeper(world.database, MEASURES, lambda: CLOCK)
    keeper.run()
    seller = world.account()
    seller.order(placed_at=CLOCK - DAY)
    seller.save()
    with world.database.writing() as connection:
        connection.execute(sa.update(Account).values(name="Another"))  # locks the file, or the rows of a server
        assert [keeper.run() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert kept(world) == [account_id]
    assert keeper.run() == 60
    assert sorted(kept(world)) == sorted([account_id, seller.account_id])
    with world.database.writing() as connection:
        connection.execute(sa.delete(RollupState))
    with world.database.writing() as connection:
        connection.execute(sa.update(Account).values(name="Another"))
        assert keeper.run() == 1


def test_an_account_that_fails_does_not_keep_it_from_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, right = account_with_an_order(world), account_with_an_order(world)
    finish = Upkeep.finish

    def fail(upkeep: Upkeep) -> None:
        if upkeep._account_id == wrong:
            raise ValueError("701-0000001-0000000")
        finish(upkeep)

    monkeypatch.setattr(Upkeep, "finish", fail)
    with capture_logs() as logged:
        assert RollupKeeper(world.database, MEASURES, lambda: CLOCK).run() == 60
    assert kept(world) == [right]
    (line,) = (line for line in logged if line["event"] == "rollups_not_kept")
    assert line["log_level"] == "error"
    assert "701-0000001-0000000" not in str(line["exc_info"])  # a number of an order


@pytest.mark.parametrize("is_first", [True, False])
def test_it_knows_the_sets_of_the_store_as_soon_as_it_is_started(world: World, monkeypatch: pytest.MonkeyPatch, is_first: bool) -> None:
    """What a document costs depends on them, so whether the first one is allowed."""
    if not is_first:
        RollupKeeper(world.database, MEASURES, lambda: CLOCK).run()
    monkeypatch.setattr(RollupKeeper, "_keep", lambda self: None)  # its thread has not come to anything yet
    keeper = RollupKeeper(world.database, MEASURES, lambda: CLOCK)
    keeper.start()
    keeper.stop()
    assert keeper.sets == {MEASURES.set_id: MEASURES.members}


class Changing:
    """What is derived of two accounts, the second of which falls behind when the run has passed it."""

    def __init__(self) -> None:
        self.changes, self.rest, self.kept = 0, [1], list[int]()

    def state(self, clock: dt.datetime) -> int:
        return self.changes

    def behind(self, set_id: str, clock: dt.datetime, after: int | None) -> Sequence[int]:
        return self.rest if after is None else []

    def write_of(
        self, account_ids: Sequence[int], sets: Mapping[str, frozenset[str]], clock: dt.datetime
    ) -> Callable[[sa.Connection], None]:
        self.kept += account_ids
        self.rest = [2] if self.kept == [1] else []
        self.changes += 1
        return lambda connection: None


def test_what_falls_behind_during_a_run_is_kept_by_the_next(world: World) -> None:
    changing = Changing()
    keeper = RollupKeeper(world.database, MEASURES, lambda: CLOCK, changing)
    for _ in range(3):
        keeper.run()
    assert changing.kept == [1, 2]


class Failing(Changing):
    """The statuses of the first of two accounts cannot be computed."""

    def behind(self, set_id: str, clock: dt.datetime, after: int | None) -> Sequence[int]:
        return [each for each in (1, 2) if each not in self.kept and (after is None or each > after)][:1]

    def write_of(
        self, account_ids: Sequence[int], sets: Mapping[str, frozenset[str]], clock: dt.datetime
    ) -> Callable[[sa.Connection], None]:
        if account_ids == [1]:
            raise ArithmeticError("of a plugin")
        return lambda connection: self.kept.extend(account_ids)


def test_a_part_that_cannot_be_computed_keeps_no_other_from_being_kept(world: World) -> None:
    failing = Failing()
    keeper = RollupKeeper(world.database, MEASURES, lambda: CLOCK, failing)
    with capture_logs() as logged:
        assert [keeper.run(), keeper.run()] == [60, 60]
    assert failing.kept == [2]
    assert [line["event"] for line in logged] == ["rollups_not_kept"]


def test_what_cannot_be_computed_is_tried_again_after_more_and_more_runs(world: World) -> None:
    class Counting(Failing):
        tried = list[int]()

        def write_of(
            self, account_ids: Sequence[int], sets: Mapping[str, frozenset[str]], clock: dt.datetime
        ) -> Callable[[sa.Connection], None]:
            self.tried.append(run)
            return super().write_of(account_ids, sets, clock)

    failing = Counting()
    keeper = RollupKeeper(world.database, MEASURES, lambda: CLOCK, failing)
    for run in range(200):
        if run == 20:
            failing.kept.clear()  # the other one has changed
        assert keeper.run() == 60
    assert failing.tried == [0, 0, 1, 3, 7, 15, 20, 31, 63, 123, 183]
    assert failing.kept == [2]
