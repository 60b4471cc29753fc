"""Kept statuses: after a change of one account that one alone is read. That answers are those of a new list is in test_kept_rankings.py."""

import datetime as dt

import pytest

from sellerhealth.access import OWNER, ReadSession, Viewer
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_statuses import AccountStatuses, read_account_statuses
from sellerhealth.engine.kept_statuses import KeptStatus, KeptStatuses, StatusesOf
from sellerhealth.testing import CLOCK, HOUR, TODAY, World
from tests.support.world import built_in, three_sellers

METRICS = built_in("late_shipment_rate"), built_in("order_defect_rate")


def read(world: World, kept: KeptStatuses, viewer: Viewer = OWNER) -> AccountStatuses:
    """The statuses, which are those that are read anew."""
    assert world.rollups is not None
    with world.database.reading() as connection:
        session = ReadSession(connection, viewer, world.clock, rollups={world.rollups.set_id: world.rollups.members})
        found, anew = (read_account_statuses(session, AccountFilter(), METRICS, TODAY, each) for each in (kept, KeptStatuses()))
    assert (found.accounts, found.by_metric) == (anew.accounts, anew.by_metric)
    return found


@pytest.fixture
def kept() -> KeptStatuses:
    return KeptStatuses()


@pytest.fixture
def ids(world: World) -> list[int]:
    return three_sellers(world, METRICS)


def test_an_account_is_read_again_after_its_change_and_no_other_one_is(world: World, kept: KeptStatuses, ids: list[int]) -> None:
    assert read(world, kept).measured == set(ids)
    assert read(world, kept).measured == set()
    world.accounts[1].order("other")
    world.accounts[1].save()
    assert read(world, kept).measured == {ids[1]}
    late = world.account()
    late.order("first")
    late.save()
    assert read(world, kept).measured == {late.account_id}
    assert read(world, kept).measured == set()


def test_an_account_is_read_again_once_something_of_it_falls_due(world: World, kept: KeptStatuses, ids: list[int]) -> None:
    assert read(world, kept).holding.until == CLOCK + HOUR
    world.clock = CLOCK + HOUR
    assert read(world, kept).measured == set()
    assert read(world, kept).holding.until == CLOCK + HOUR
    world.clock += dt.timedelta(microseconds=1)
    assert read(world, kept).measured == {ids[0]}
    assert read(world, kept).measured == {ids[0]}  # from the facts, which hold for one clock
    world.clock = CLOCK - HOUR  # before any was read
    assert read(world, kept).measured == set(ids)


def test_results_are_included_of_accounts_that_were_read(world: World, kept: KeptStatuses, ids: list[int]) -> None:
    first, second = read(world, kept), read(world, kept)
    query = next(iter(first.queries))
    assert first.include(ids[0], query)
    assert not second.include(ids[0], query)


def test_viewers_share_none_and_those_that_were_used_longest_ago_are_dropped() -> None:
    kept = KeptStatuses(most=5)
    first, second, third = (StatusesOf(viewer, METRICS, TODAY, TODAY) for viewer in ("one", "two", "three"))
    status = KeptStatus((1, None), CLOCK, None, ())
    kept.keep(first, {1: status, 2: status})
    kept.keep(second, {1: status, 2: status})
    assert kept.find(first).keys() == {1, 2}
    kept.keep(first, {3: status})
    kept.keep(third, {1: status})
    assert [kept.find(each).keys() for each in (first, second, third)] == [{1, 2, 3}, set(), {1}]
    kept.keep(first, dict.fromkeys(range(6), status))
    assert len(kept) == 0
