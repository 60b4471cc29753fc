"""Snapshots: lists of accounts read them where they hold, and have the statuses that the facts have; at any clock, after any change."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from sellerhealth import Count, Figure, Metric, Nothing, Window, count
from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine import account_statuses
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_status import AccountStatus
from sellerhealth.engine.account_statuses import AccountStatuses, read_account_statuses
from sellerhealth.engine.keep_snapshots import SnapshotKeeper, number_that_hold, verify_snapshot
from sellerhealth.engine.kept_statuses import KeptStatuses, StatusesOf
from sellerhealth.engine.snapshots import Snapshot, written
from sellerhealth.facts import Order
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.records import AccountSnapshot
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.settings import STALE_AFTER, StaleAfter
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, World
from tests.support.world import built_in, three_sellers

METRICS = built_in("late_shipment_rate"), built_in("order_defect_rate"), built_in("seller_rating")
SNAPSHOT = Snapshot(METRICS, STALE_AFTER)


@pytest.fixture
def ids(world: World) -> list[int]:
    return three_sellers(world, METRICS)


def session_of(world: World, connection: sa.Connection, clock: dt.datetime | None = None) -> ReadSession:
    assert world.rollups is not None
    return ReadSession(connection, OWNER, clock or world.clock, rollups={world.rollups.set_id: world.rollups.members})


def keep(world: World) -> None:
    """What a server does once a minute."""
    assert world.rollups is not None
    keeper = RollupKeeper(world.database, world.rollups, lambda: world.clock, SnapshotKeeper(world.database, SNAPSHOT))
    keeper._holder = "the one of this test"
    keeper.run()


def read(world: World, as_of: dt.date = TODAY, snapshot: Snapshot = SNAPSHOT, clock: dt.datetime | None = None) -> AccountStatuses:
    """The statuses, which are those that the facts have."""
    with world.database.reading() as connection:
        session, from_facts = session_of(world, connection, clock), ReadSession(connection, OWNER, clock or world.clock)
        found = read_account_statuses(session, AccountFilter(), METRICS[:2], as_of, KeptStatuses(), snapshot)
        expected = read_account_statuses(from_facts, AccountFilter(), METRICS[:2], as_of, KeptStatuses())
    assert (found.accounts, found.by_metric) == (expected.accounts, expected.by_metric)
    return found


def test_accounts_are_read_from_their_rows_until_they_change(world: World, ids: list[int]) -> None:
    assert read(world).measured == set(ids)
    keep(world)
    assert read(world).measured == set()
    world.accounts[1].order("other")
    world.accounts[1].save()
    assert read(world).measured == {ids[1]}
    keep(world)
    assert read(world).measured == set()


@pytest.mark.parametrize(("changed", "measured"), [([1], [1]), ([1, 2], [1, 2]), ([0, 1, 2], [0, 1, 2, 3])])
def test_of_many_that_changed_some_are_read_at_once_and_of_most_all(
    world: World, ids: list[int], monkeypatch: pytest.MonkeyPatch, changed: list[int], measured: list[int]
) -> None:
    monkeypatch.setattr(account_statuses, "_AT_ONCE", 1)
    fourth = world.account()
    fourth.order()
    fourth.save()
    keep(world)
    for number in changed:
        world.accounts[number].order("other")
        world.accounts[number].save()
    assert read(world).measured == {[*ids, fourth.account_id][number] for number in measured}


def test_rows_hold_as_of_today_at_clocks_until_something_falls_due(world: World, ids: list[int]) -> None:
    keep(world)
    assert read(world, as_of=TODAY - DAY).measured == set(ids)
    assert read(world, clock=CLOCK - HOUR).measured == set(ids)
    assert read(world, clock=CLOCK + HOUR).holding.until == CLOCK + HOUR
    assert read(world, clock=CLOCK + HOUR + dt.timedelta(microseconds=1)).measured == {ids[0]}
    assert read(world, as_of=TODAY + DAY, clock=CLOCK + DAY).measured == set(ids)
    world.clock = CLOCK + DAY
    keep(world)
    assert read(world, as_of=TODAY + DAY).measured == set()


def test_other_metrics_settings_or_code_have_rows_of_their_own(world: World, ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    keep(world)
    late, *others = METRICS
    stricter = replace(late, target=replace(late.target, warn="0.01"))
    assert Snapshot(METRICS[::-1], STALE_AFTER).id == SNAPSHOT.id
    ids_of_others = {
        Snapshot([stricter, *others], STALE_AFTER).id,
        Snapshot([replace(late, windows=late.windows[::-1]), *others], STALE_AFTER).id,
        Snapshot(others, STALE_AFTER).id,
        Snapshot(METRICS, StaleAfter(counted=dict.fromkeys(STALE_AFTER.counted, 9))).id,
    }
    monkeypatch.setattr("sellerhealth.engine.snapshots._code", lambda: "another release")
    ids_of_others.add(Snapshot(METRICS, STALE_AFTER).id)
    assert len(ids_of_others | {SNAPSHOT.id}) == 6
    assert read(world, snapshot=Snapshot(METRICS, STALE_AFTER)).measured == set(ids)


class Own(Count):
    """A value of a plugin's own, whose code may change."""


def test_what_code_of_a_plugin_computes_is_in_no_row() -> None:
    orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
    declared = {"title": "", "description": "", "section": "s", "windows": (Window(30),), "measures": {"orders": orders}}
    figures = {"double": Figure(Own(orders), "")}
    own, ours, with_figure = (
        Metric(key=key, value=value, target=Nothing(grave=orders), figures=of_key, **declared)
        for key, value, of_key in (("own", Own(orders), {}), ("ours", Count(orders), {}), ("with_figure", Count(orders), figures))
    )
    snapshot = Snapshot([own, ours, with_figure], STALE_AFTER)
    assert snapshot.metrics == (ours,)
    assert snapshot.has(StatusesOf("viewer", (ours,), TODAY, TODAY))
    assert not snapshot.has(StatusesOf("viewer", (ours, own), TODAY, TODAY))


def test_a_list_of_other_metrics_or_of_some_accounts_has_their_statuses(world: World, ids: list[int]) -> None:
    keep(world)
    with world.database.reading() as connection:
        session = session_of(world, connection)
        rows = SNAPSHOT.read(session, StatusesOf("viewer", METRICS[2:], TODAY, TODAY), AccountFilter(account_ids=tuple(ids[1:])))
        alone = read_account_statuses(session, AccountFilter(), METRICS[2:], TODAY, KeptStatuses())
    assert {account_id: kept.statuses for account_id, kept in rows.items()} == {
        account_id: (alone.by_metric[METRICS[2]][account_id],) for account_id in ids[1:]
    }


def test_rows_that_differ_are_found(world: World, ids: list[int]) -> None:
    keep(world)
    wrong = written([AccountStatus(MetricStatus.CRITICAL, Fraction(7, 3), None)] * 3)
    with world.database.writing() as connection:
        changed = sa.update(AccountSnapshot).where(AccountSnapshot.account_id == ids[0])
        connection.execute(changed.values(statuses=wrong))
    with world.database.reading() as connection:
        session = session_of(world, connection)
        assert number_that_hold(session, SNAPSHOT) == 3
        assert number_that_hold(session, SNAPSHOT, ids[0]) == 1
        compared, differing = verify_snapshot(session, SNAPSHOT, ids[0])
        of_numbers = len(SNAPSHOT.queries(TODAY))
        assert (compared, {each.metric for each in differing}) == (3 + of_numbers, {metric.key for metric in METRICS})
        assert {each.stored for each in differing} == {"0 7/3 -"}
        assert verify_snapshot(session, SNAPSHOT, ids[1]) == (3 + of_numbers, [])
    world.accounts[0].order("another")
    world.accounts[0].save()
    with world.database.reading() as connection:
        assert verify_snapshot(session_of(world, connection), SNAPSHOT, ids[0]) == (0, [])


@pytest.mark.parametrize("seed", range(3))
def test_a_list_has_what_the_facts_have_after_any_changes(world: World, seed: int) -> None:
    rng = random.Random(seed)
    world.roll_up(METRICS)
    for _ in range(4):
        world.account()
    for _ in range(8):
        match rng.randrange(4):
            case 0:
                world.clock += rng.choice([HOUR, 5 * HOUR, DAY])
            case 1:
                keep(world)
            case _:
                seller = rng.choice(world.accounts)
                order = seller.order(placed_at=world.clock - rng.random() * 20 * DAY, ship_by=world.clock + (rng.random() - 0.5) * 2 * DAY)
                if rng.random() < 0.5:
                    seller.confirm(order, world.clock - rng.random() * DAY)
                seller.save()
        read(world, as_of=world.clock.date())


def test_a_server_looks_at_all_accounts_only_after_something_has_changed(
    world: World, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.rollups is not None
    derived, looked = SnapshotKeeper(world.database, SNAPSHOT), list[int | None]()
    behind = derived.behind

    def look(set_id: str, clock: dt.datetime, after: int | None) -> Sequence[int]:
        looked.append(after)
        return behind(set_id, clock, after)

    monkeypatch.setattr(derived, "behind", look)
    monkeypatch.setattr("sellerhealth.engine.keep_snapshots.AT_ONCE", 2)
    keeper = RollupKeeper(world.database, world.rollups, lambda: world.clock, derived)
    keeper.run()
    assert looked == [None, *sorted(ids)[1:]]  # two accounts, then the third, then nothing
    keeper.run()
    keeper.run()
    assert looked[3:] == [None]  # once more, for what may have changed meanwhile
    with world.database.writing() as connection:
        connection.execute(sa.delete(AccountSnapshot).where(AccountSnapshot.account_id == ids[1]))
    keeper.run()
    assert read(world).measured == set()


@pytest.mark.parametrize("failing", [(0,), (1,), (0, 2), (0, 1, 2)])
def test_an_account_whose_statuses_cannot_be_computed_keeps_no_other_from_having_a_row(
    world: World, ids: list[int], failing: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = {ids[number] for number in failing}

    def rows(self: SnapshotKeeper, account_ids: Sequence[int], *others: Any) -> Any:
        if not bad.isdisjoint(account_ids):
            raise ArithmeticError("of a damaged cell")
        return compute(self, account_ids, *others)

    compute = SnapshotKeeper._rows
    monkeypatch.setattr(SnapshotKeeper, "_rows", rows)
    with capture_logs() as logs:
        keep(world)
        keep(world)
    assert read(world).measured == bad
    assert {each["event"] for each in logs} == {"rollups_not_kept"}
    monkeypatch.undo()
    keep(world)
    assert read(world).measured == set()


@pytest.mark.parametrize(
    "damaged", ["", "?", "1 1 1", "9 1 1,9 1 1,9 1 1", "-1 1 1,-1 1 1,-1 1 1", "1 1/0 1,1 1/0 1,1 1/0 1", "1 1 1,1 1 1,1 1 1,1 1 1"]
)
def test_a_row_that_cannot_be_read_is_as_if_it_were_not_there_until_it_is_written_anew(world: World, ids: list[int], damaged: str) -> None:
    assert world.rollups is not None
    keeper = RollupKeeper(world.database, world.rollups, lambda: world.clock, SnapshotKeeper(world.database, SNAPSHOT))
    keeper.run()
    keeper.run()  # which finds nothing to do
    with world.database.writing() as connection:
        connection.execute(sa.update(AccountSnapshot).where(AccountSnapshot.account_id == ids[1]).values(statuses=damaged))
    with capture_logs() as logs:
        assert read(world).measured == {ids[1]}
    assert [(each["event"], each["account_id"]) for each in logs] == [("statuses_not_readable", ids[1])]
    with world.database.reading() as connection:
        compared, differing = verify_snapshot(ReadSession(connection, OWNER, world.clock), SNAPSHOT, ids[1])
    assert (compared, {each.stored for each in differing}) == (len(METRICS), {"a text that cannot be read"})
    keeper.run()
    assert read(world).measured == set()
