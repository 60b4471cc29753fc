"""Unproven rows are kept by day and kind, and any query gets from that what it would get from the facts. Faults are made on purpose."""

import datetime as dt
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile_unproven import compile_unproven
from sellerhealth.engine.queries import MetricQuery, Part, Scope
from sellerhealth.engine.results import dimensions
from sellerhealth.engine.stack import NUMBERS
from sellerhealth.facts import Feedback, Item, Message, Order, Package
from sellerhealth.metrics.declaration import Window
from sellerhealth.model.records import UnprovenTally
from sellerhealth.rollups import keep_tallies, upkeep
from sellerhealth.rollups.measure_set import MeasureSet, measure_set
from sellerhealth.rollups.tally import Tally, tallies_of
from sellerhealth.rollups.tally_blocks import LENGTHS, all_keys
from sellerhealth.rollups.touched import TouchedDays
from sellerhealth.rollups.verify import measure_names
from sellerhealth.testing import CLOCK, DAY, HOUR, US, Account, World
from tests.rollups.open_metrics import OPEN
from tests.rollups.test_upkeep import answers, numbers
from tests.rollups.test_verify import verified

RATE, PACKAGES, OVERDUE = (next(metric for metric in OPEN if metric.key == f"open_{name}") for name in ("rate", "packages", "overdue"))
SCOPES = (Scope(), Scope(US), Scope(None, "SELLER"))


def queries(world: World, *, few: bool = False) -> list[MetricQuery]:
    today = world.clock.date()
    return [
        MetricQuery(metric, metric.windows[0], as_of, scope, part)
        for metric in (OPEN if not few else (RATE, PACKAGES, OVERDUE))
        for as_of in ((today, today - dt.timedelta(25)) if not few else (today,))
        for scope in (SCOPES if not few else SCOPES[:2])
        for part in (None, *(map(Part, dimensions(metric)) if not few else ()))
    ]


def differing(world: World, *, few: bool = False) -> list[object]:
    """The queries of which rollups give another answer than the facts."""
    requested = queries(world, few=few)
    from_facts, from_rollups = answers(world, requested, rolled_up=False), answers(world, requested, rolled_up=True)
    return [key for key, answer in from_facts.items() if numbers(from_rollups[key]) != numbers(answer)]


def kept(world: World, seller: Account) -> int:
    """How many numbers of tallies an account has."""
    with world.database.reading() as connection:
        counted = sa.select(sa.func.count()).select_from(UnprovenTally).where(UnprovenTally.account_id == seller.account_id)
        return connection.scalar(counted) or 0


@pytest.fixture
def seller(world: World) -> Account:
    """A seller with an unproven row of each kind: in its own cells, in related facts, in the scope, in a part, without its day."""
    world.roll_up(OPEN)
    seller = world.account(when=CLOCK - 20 * DAY)
    seller.order("known", is_replacement=False)
    seller.add(Item, order_id="known", item_id="1", quantity=2)
    seller.order("channel", channel=None, is_replacement=False)
    seller.order("nowhere", marketplace=None, is_replacement=False)
    seller.order("nobody", marketplace=None, channel=None, is_replacement=None)
    seller.add(Item, order_id="known", item_id="2", quantity=None)
    seller.add(Item, order_id=seller.order("rated", is_replacement=False), item_id="1", quantity=2)
    seller.add(Feedback, order_id="rated", left_at=CLOCK, rating=None)
    seller.confirm(seller.order("category", deliver_by=CLOCK - 9 * DAY), CLOCK - 12 * DAY, carrier=None, category=None, units=3)
    seller.confirm(seller.order("promise", deliver_by=None), CLOCK - 12 * DAY, category="Books", units=2)
    seller.order("waits", status="UNSHIPPED", channel=None, ship_by=CLOCK + HOUR)
    seller.add(Message, message_id="1", order_id="waits", received_at=CLOCK - 25 * HOUR)
    seller.save()
    return seller


@pytest.mark.dear
def test_every_kind_of_row_is_as_unproven_as_in_the_facts(world: World, seller: Account) -> None:
    assert differing(world) == []
    found = verified(world, seller)
    assert (found.is_current, found.differences) == (True, [])
    requested = [query for query in queries(world) if query.metric in (RATE, PACKAGES)]
    unproven = [part.unproven.rows for answer in answers(world, requested, rolled_up=True).values() for part in answer.by_part.values()]
    assert sum(map(bool, unproven)) > 15


def test_a_dashboard_of_rows_with_unknown_cells_reads_no_fact(world: World, seller: Account, sent: list[tuple[str, Any]]) -> None:
    sent.clear()
    answers(world, queries(world, few=True), rolled_up=True)
    assert len(sent) > 2
    names = {fact.__tablename__ for fact in (Order, Item, Package, Feedback, Message)}
    assert [text for text, _ in sent if any(f" {name} " in text for name in names)] == []


def test_an_account_without_unknown_cells_has_no_tallies(world: World, seller: Account, sent: list[tuple[str, Any]]) -> None:
    other = world.account(when=CLOCK - 9 * DAY)
    other.add(Item, order_id=other.order(status="SHIPPED", is_replacement=False), item_id="1", quantity=1)
    other.save()
    assert (kept(world, other), kept(world, seller) > 20) == (0, True)
    world.accounts.remove(seller)
    sent.clear()
    answers(world, [query for query in queries(world) if query.scope == Scope() and query.metric is RATE][:1], rolled_up=True)
    assert len(sent) == 2  # whether rollups are current, and the numbers


def test_tallies_go_with_the_last_unknown_cell(world: World) -> None:
    world.roll_up([RATE])
    seller = world.account(when=CLOCK - 9 * DAY)
    seller.order("open", channel=None, is_replacement=False)
    seller.add(Item, order_id="open", item_id="1", quantity=2)
    seller.save()
    assert kept(world, seller) == 1 + len(LENGTHS)  # of the day, and of its blocks
    seller.add(Order, order_id="open", channel="SELLER")
    seller.save()
    assert kept(world, seller) == 0
    assert differing(world, few=True) == []


@pytest.mark.dear
def test_windows_of_any_length_and_day_have_the_rows_of_their_days(world: World) -> None:
    random = Random(1)
    world.roll_up([RATE, PACKAGES])
    seller = world.account(when=CLOCK)
    for number in range(150):
        order = seller.order(f"{number}", placed_at=CLOCK - random.randrange(200) * DAY, channel=random.choice([None, "SELLER"]))
        seller.confirm(order, CLOCK, carrier=None, category=random.choice([None, "Books"]), units=random.randrange(1, 9))
    seller.save()
    requested = [
        MetricQuery(metric, Window(random.choice([1, 5, 12, 40, 100, 250])), CLOCK.date() - random.randrange(150) * DAY, scope)
        for metric in (RATE, PACKAGES)
        for scope in SCOPES[:2]
        for _ in range(15)
    ]
    from_facts, from_rollups = (answers(world, requested, rolled_up=each) for each in (False, True))
    assert {key: numbers(answer) for key, answer in from_rollups.items()} == {key: numbers(answer) for key, answer in from_facts.items()}
    found = [sum(part.unproven.rows for part in answer.by_part.values()) for answer in from_facts.values()]
    assert (0 in found, len({*found}) > 15) == (True, True)
    with world.database.reading() as connection:
        plan = compile_unproven(requested, AccountFilter(), CLOCK, sees_all=True, from_rollups=True)
        rows = connection.execute(plan.statement, plan.parameters | OWNER.parameters).all()
    assert min(row[NUMBERS + 2] for row in rows) > 0  # none of a kind whose rows were all subtracted


def test_metrics_that_count_alike_share_tallies() -> None:
    again = {tally.key for tally in measure_set([*OPEN, *OPEN]).tallies}
    assert again == {tally.key for tally in measure_set(OPEN).tallies}
    (rate,), (weighted,) = tallies_of(RATE), tallies_of(next(metric for metric in OPEN if metric.key == "open_weighted"))
    assert rate.key == weighted.key
    assert measure_names(OPEN)[rate.key] == "open_rate, open_weighted"


def test_a_number_that_differs_is_named(world: World, seller: Account) -> None:
    (tally,) = tallies_of(RATE)
    keys = [*all_keys([tally.key])]
    own = (UnprovenTally.account_id == seller.account_id, UnprovenTally.tally.in_(keys), UnprovenTally.channel == "UNKNOWN")
    with world.database.writing() as connection:
        connection.execute(sa.update(UnprovenTally).where(*own, UnprovenTally.marketplace == US).values(amount=UnprovenTally.amount + 7))
    found = verified(world, seller).differences
    named = {(each.table, each.column, each.marketplace, each.channel) for each in found}
    assert named == {("unproven_tallies", key, US, "UNKNOWN") for key in keys}
    assert {measure_names(OPEN)[key] for key in keys} == {"open_rate, open_weighted"}
    assert {each.stored - each.counted for each in found} == {7}
    assert differing(world, few=True)


# ---------------------------------------------------------------- faults in the code


def move_order(seller: Account) -> None:
    seller._world.clock += HOUR / 2
    seller.add(Order, order_id="promise", placed_at=CLOCK - 40 * DAY)
    seller.save()


def learn_day(seller: Account) -> None:
    seller.add(Order, order_id="promise", deliver_by=CLOCK - 8 * DAY)
    seller.save()


def learn_rating(seller: Account) -> None:
    seller.add(Feedback, order_id="rated", rating=1)
    seller.save()


def wait(seller: Account) -> None:
    seller._world.clock += 2 * HOUR


def nothing(seller: Account) -> None:
    pass


_matters = Tally.matters
FAULTS: Mapping[str, tuple[Any, str, Any, Callable[[Account], None], bool]] = {
    "orders of rows without a day are forgotten": (TouchedDays, "_days_of_orders", lambda *_: set(), move_order, True),
    "days of rows that lacked theirs are forgotten": (TouchedDays, "_days_of_orders", lambda *_: set(), learn_day, True),
    "a related row is forgotten": (MeasureSet, "tables_read", property(lambda each: dict.fromkeys(each.grains, frozenset())), learn_rating, True),
    "a deadline is not noticed": (upkeep, "first_due", lambda *_: None, wait, True),
    "no day is counted again": (upkeep, "keep_tally", lambda *_: None, learn_rating, True),
    "blocks are not added up again": (keep_tallies, "keep_blocks", lambda *_: None, learn_rating, True),
    "an unknown scope is taken for another one": (Tally, "matters", lambda each, kind, _: _matters(each, kind, ()), nothing, False),
    "unknown cells are not looked for": (keep_tallies, "_with_unknown_cells", lambda *_: [], nothing, True),
}  # fmt: skip


@pytest.mark.dear
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("is_made", [True, False])
def test_a_fault_is_found(world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, fault: str, is_made: bool) -> None:
    owner, name, replacement, happen, is_verified = FAULTS[fault]
    if is_made:
        monkeypatch.setattr(owner, name, replacement)
    seller: Account = request.getfixturevalue("seller")
    happen(seller)
    assert bool(verified(world, seller).differences) is (is_made and is_verified)
    assert bool(differing(world, few=True)) is is_made
