"""Kept rankings: a next page costs its own rows, and nothing that happens makes one serve an old order or another viewer's accounts."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER, ReadSession, Viewer
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.holding import Holding
from sellerhealth.engine.kept_rankings import KeptRankings
from sellerhealth.engine.portfolio import AccountOrder, AccountSortField, SortDirection
from sellerhealth.engine.ranking import Listing, Ranking
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.records import RejectedRow
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.store import accounts
from sellerhealth.store.rejected_rows import dismiss
from sellerhealth.store.writing import writing_into
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, Account, World
from tests.support.world import built_in

LATE, DEFECTS = built_in("late_shipment_rate"), built_in("order_defect_rate")
BY_LATE = Listing(AccountFilter(), AccountOrder(AccountSortField.VALUE, SortDirection.DESC, (LATE,)), TODAY)
BY_DEFECTS = Listing(AccountFilter(), AccountOrder(AccountSortField.HEALTH, SortDirection.DESC, (DEFECTS,)), TODAY)
CRITICAL = BY_DEFECTS._replace(judged=(DEFECTS,), statuses=frozenset({MetricStatus.CRITICAL}))


@pytest.fixture
def rankings() -> KeptRankings:
    return KeptRankings()


@pytest.fixture
def rank(world: World, rankings: KeptRankings, sent: Any) -> Callable[..., list[str]]:
    """Ranks accounts as a request does, and checks it against a ranking of its own. `is_kept`: whether the metrics are read for it."""

    def ranked(by: KeptRankings, listing: Listing, viewer: Viewer) -> list[str]:
        sets = {} if world.rollups is None else {world.rollups.set_id: world.rollups.members}
        batch = MetricBatch(world.database, viewer, world.clock, rollups=sets, rankings=by)

        def keys(session: ReadSession, ranking: Ranking) -> list[str]:
            return [key for *_, key in ranking]

        return batch.ranked(listing, keys)

    def rank(listing: Listing, *, is_kept: bool, viewer: Viewer = OWNER) -> list[str]:
        sent.clear()
        found = ranked(rankings, listing, viewer)
        assert [text for text, _ in sent if "UNION ALL" in text] == [] if is_kept else "UNION ALL" in "".join(text for text, _ in sent)
        assert found == ranked(KeptRankings(), listing, viewer)
        return found

    return rank


def late(seller: Account, number: int, of: int = 10) -> None:
    """Adds orders of which some were confirmed late."""
    for index in range(of):
        order = seller.order(ship_by=seller.when + DAY)
        seller.confirm(order, seller.when + (2 * DAY if index < number else HOUR))


@pytest.fixture
def sellers(world: World) -> Sequence[Account]:
    """Three sellers with 0, 1 and 2 late orders, in rollups."""
    world.roll_up((LATE, DEFECTS))
    sellers = [world.account() for _ in range(3)]
    for number, seller in enumerate(sellers):
        late(seller, number)
        seller.save()
    return sellers


def test_metrics_are_read_once_for_all_pages_and_for_lists_of_the_same_accounts(rank: Any, sellers: Sequence[Account]) -> None:
    lists = [
        BY_LATE,
        BY_LATE._replace(order=replace(BY_LATE.order, direction=SortDirection.ASC)),
        BY_LATE._replace(accounts=AccountFilter(search="SELLER-2")),
        BY_LATE._replace(as_of=TODAY - dt.timedelta(1)),
        BY_DEFECTS,
        CRITICAL,
    ]
    for is_kept in (False, True, True):
        assert rank(lists[0], is_kept=is_kept) == ["seller-3", "seller-2", "seller-1"]
        assert rank(lists[1], is_kept=True) == ["seller-1", "seller-2", "seller-3"]  # made of the statuses of the first
        assert rank(lists[2], is_kept=True) == ["seller-2"]
        rank(lists[3], is_kept=is_kept)
        rank(lists[4], is_kept=is_kept)
        rank(lists[5], is_kept=True)


def more_late_orders(world: World, sellers: Sequence[Account]) -> None:
    late(sellers[0], 10)
    sellers[0].save()


def new_account(world: World, sellers: Sequence[Account]) -> None:
    late(world.account(), 10)
    world.save()


def erased(world: World, sellers: Sequence[Account]) -> None:
    with world.database.writing() as connection:
        accounts.erase(connection, sellers[2].account_id)


def erased_and_imported_anew(world: World, sellers: Sequence[Account]) -> None:
    """As many accounts, with the same ids and versions as before."""
    erased(world, sellers)
    anew = Account(world, sellers[2].key, "UTC", (), {}, sellers[2].when)
    late(anew, 0)
    anew.save()


def swapped(world: World, sellers: Sequence[Account]) -> None:
    """As many accounts, with the same versions in all."""
    erased(world, sellers)
    new_account(world, sellers)


@pytest.mark.parametrize("change", [more_late_orders, new_account, erased, erased_and_imported_anew, swapped])
def test_a_change_of_any_account_ends_it(world: World, rank: Any, sellers: Sequence[Account], change: Callable[..., None]) -> None:
    before = rank(BY_LATE, is_kept=False)
    change(world, sellers)
    assert rank(BY_LATE, is_kept=change is erased) != before
    rank(BY_LATE, is_kept=True)


def test_a_rejected_row_ends_it_and_so_does_its_dismissal(world: World, rank: Any, sellers: Sequence[Account]) -> None:
    good = CRITICAL._replace(statuses=frozenset({MetricStatus.GOOD}))
    assert len(rank(good, is_kept=False)) == 3
    with writing_into(world.database, OWNER, sellers[0].account_id) as connection:
        row = {"account_id": sellers[0].account_id, "batch_id": "1", "number": 1, "fact": "CLAIM", "fact_key": None, "day": None}
        connection.execute(sa.insert(RejectedRow), [row])
    assert len(rank(good._replace(as_of=TODAY - dt.timedelta(1)), is_kept=False)) == 2
    with writing_into(world.database, OWNER, sellers[0].account_id) as connection:
        dismiss(connection, sellers[0].account_id, "1")
    assert len(rank(good, is_kept=False)) == 3
    assert len(rank(good._replace(as_of=TODAY - dt.timedelta(1)), is_kept=False)) == 3
    rank(good, is_kept=True)


def test_coverage_alone_ends_it_and_leaves_the_rollups_current(world: World, rank: Any, sellers: Sequence[Account]) -> None:
    world.clock += 20 * DAY
    as_of = world.clock.date()
    good = Listing(AccountFilter(), BY_DEFECTS.order, as_of, (DEFECTS,), frozenset({MetricStatus.GOOD}))
    assert rank(good, is_kept=False) == []  # its coverage is stale
    measures, world.rollups = world.rollups, None
    sellers[1].save()  # a file without rows, by a program without rollups
    world.rollups = measures
    assert rank(good, is_kept=False) == ["seller-2"]
    rank(good, is_kept=True)


def test_what_falls_due_ends_it(world: World, rank: Any, sellers: Sequence[Account]) -> None:
    sellers[0].order("waits", placed_at=CLOCK - DAY, ship_by=CLOCK + HOUR)
    sellers[0].save()
    rank(BY_LATE, is_kept=False)
    for later in (HOUR / 2, HOUR):
        world.clock = CLOCK + later
        rank(BY_LATE, is_kept=True)
    world.clock = CLOCK + HOUR + dt.timedelta(microseconds=1)
    rank(BY_LATE, is_kept=False)
    rank(BY_LATE, is_kept=True)  # from the facts, which hold at this clock
    world.clock += dt.timedelta(microseconds=1)
    rank(BY_LATE, is_kept=False)
    with world.database.writing() as connection:
        assert world.rollups is not None
        Upkeep(world.rollups, connection, sellers[0].account_id, world.clock).finish()
    rank(BY_LATE, is_kept=True)  # the number was that of the facts
    world.clock += HOUR
    rank(BY_LATE, is_kept=False)
    rank(BY_LATE, is_kept=True)
    world.clock += HOUR
    rank(BY_LATE, is_kept=True)  # nothing more falls due


def test_without_rollups_it_holds_for_one_clock_unless_its_metrics_have_none(world: World, rank: Any, sellers: Sequence[Account]) -> None:
    world.rollups = None
    rank(BY_LATE, is_kept=False)
    rank(BY_LATE, is_kept=True)
    rank(BY_DEFECTS, is_kept=False)
    world.clock += HOUR
    rank(BY_LATE, is_kept=False)
    rank(BY_DEFECTS, is_kept=True)
    world.clock -= 2 * HOUR  # before it was read
    rank(BY_DEFECTS, is_kept=False)


def test_midnight_ends_it(world: World, rank: Any, sellers: Sequence[Account]) -> None:
    rank(BY_DEFECTS, is_kept=False)
    world.clock = dt.datetime.combine(TODAY, dt.time.max, dt.UTC)
    rank(BY_DEFECTS, is_kept=True)
    world.clock += dt.timedelta(microseconds=1)
    rank(BY_DEFECTS, is_kept=False)


def test_no_viewer_is_served_the_ranking_of_another(rank: Any, sellers: Sequence[Account]) -> None:
    def viewer(name: str, *granted: int) -> Viewer:
        return Viewer(name, "a name", frozenset(), frozenset(sellers[number].account_id for number in granted))

    assert len(rank(BY_LATE, is_kept=False)) == 3
    assert rank(BY_LATE, is_kept=False, viewer=viewer("one", 0, 1)) == ["seller-2", "seller-1"]
    assert rank(BY_LATE, is_kept=False, viewer=viewer("other", 0, 1)) == ["seller-2", "seller-1"]
    assert rank(BY_LATE, is_kept=False, viewer=viewer("one", 0, 2)) == ["seller-3", "seller-1"]  # with other grants by now
    assert rank(BY_LATE, is_kept=True, viewer=viewer("one")) == []
    assert rank(BY_LATE, is_kept=True, viewer=replace(OWNER, id="one")) == ["seller-3", "seller-2", "seller-1"]
    assert rank(BY_LATE, is_kept=True, viewer=viewer("one", 0, 1)) == ["seller-2", "seller-1"]


def test_a_change_that_a_viewer_may_not_see_leaves_the_viewers_ranking(world: World, rank: Any, sellers: Sequence[Account]) -> None:
    some = Viewer("some", "some", frozenset(), frozenset({sellers[1].account_id}))
    rank(BY_LATE, is_kept=False, viewer=some)
    more_late_orders(world, sellers)
    rank(BY_LATE, is_kept=True, viewer=some)


def test_no_more_are_kept_than_there_is_room_for() -> None:
    rankings = KeptRankings(most_bytes=100_000)
    ranking = Ranking([((None,), [f"seller-{number}" for number in range(200)])])
    lists = [BY_LATE._replace(accounts=AccountFilter(search=str(number))) for number in range(50)]
    for listing in lists:
        rankings.keep(OWNER, listing, ranking, Holding((), CLOCK, None))
        rankings.keep(OWNER, listing, ranking, Holding((), CLOCK, None))  # in place of the other
        assert 0 < rankings.bytes <= 100_000
    huge = Ranking([((None,), [f"seller-{number}" for number in range(2000)])])
    rankings.keep(OWNER, BY_LATE, huge, Holding((), CLOCK, None))
    assert rankings.bytes == 0
