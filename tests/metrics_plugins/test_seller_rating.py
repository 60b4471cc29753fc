"""Seller rating: the points of the worst problem of each order."""

import datetime as dt
from fractions import Fraction

import pytest

from sellerhealth import MetricStatus, testing
from sellerhealth.facts import Chargeback, Claim, ClaimState, Feedback, Item, Message, Order, Party, Refund
from sellerhealth.testing import CLOCK, DAY, HOUR, Account, World, at
from sellerhealth_metrics.seller_rating import Points, Settings, seller_rating
from tests.support.vectors import Vectors

metric = seller_rating(Settings())
PLACED = at(3, 10)  # a Tuesday


def events(world: World, seller: Account, **settings: object) -> dict[str, int]:
    """How many orders have which worst problem, those that have any."""
    numbers = world.measure(seller, seller_rating(Settings(**settings))).numbers
    assert numbers["orders"] == sum(number for name, number in numbers.items() if name != "orders")
    return {name: number for name, number in numbers.items() if number and name != "orders"}


def late(seller: Account, order_id: str) -> None:
    seller.add(Order, order_id=order_id, ship_by=PLACED)
    seller.confirm(order_id, PLACED + DAY)


def cancelled(seller: Account, order_id: str, by: Party = Party.SELLER) -> None:
    seller.add(Order, order_id=order_id, status="CANCELLED", observed_at=CLOCK + HOUR)
    seller.add(Item, order_id=order_id, item_id=str(by), cancelled_by=by, cancelled_at=PLACED)


def answered_late(seller: Account, order_id: str) -> None:
    seller.add(Message, message_id=order_id, order_id=order_id, received_at=PLACED, reported_answered_at=PLACED + 25 * HOUR)


PROBLEMS = {
    "claims": lambda s, o: s.add(Claim, order_id=o, opened_at=PLACED, state=ClaimState.GRANTED_SELLER),
    "chargebacks": lambda s, o: s.add(Chargeback, order_id=o, filed_at=PLACED, kind="SERVICE"),
    "negative_feedback": lambda s, o: s.add(Feedback, order_id=o, left_at=PLACED, rating=2),
    "expirations": lambda s, o: cancelled(s, o, Party.AMAZON),
    "cancellations": cancelled,
    "late_shipments": late,
    "late_responses": answered_late,
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_problem_counts_for_its_order(world: World, problem):
    seller = world.account()
    seller.order()
    PROBLEMS[problem](seller, seller.order())
    assert events(world, seller) == {"perfect": 1, problem: 1}


@pytest.mark.parametrize(("first", "second"), list(zip(list(PROBLEMS)[:-1], list(PROBLEMS)[1:], strict=True)))
def test_of_several_problems_the_worst_one_counts(world: World, first, second):
    seller = world.account()
    order_id = seller.order()
    PROBLEMS[first](seller, order_id)
    PROBLEMS[second](seller, order_id)
    assert events(world, seller) == {first: 1}


def test_the_points_decide_which_problem_is_worst(world: World):
    seller = world.account()
    order_id = seller.order()
    PROBLEMS["claims"](seller, order_id)
    late(seller, order_id)
    assert events(world, seller, points=Points(claims=50)) == {"late_shipments": 1}


def test_points_are_absolute():
    result = metric.result({"orders": 100, "perfect": 98, "late_shipments": 1, "cancellations": 1})
    assert (result.display, result.band, result.status) == ("97.00", "VERY_GOOD", MetricStatus.WITHOUT_TARGET)


@pytest.mark.parametrize(("perfect", "late_ones", "band", "needed"), [(845, 155, "GOOD", 3423), (98, 2, "VERY_GOOD", 33)])
def test_the_way_to_the_next_band_is_counted_in_perfect_orders(perfect, late_ones, band, needed):
    result = metric.result({"perfect": perfect, "late_shipments": late_ones})
    assert (result.band, result.headroom.needed, result.headroom.allowed) == (band, needed, 0)
    assert metric.result({"perfect": perfect + needed - 1, "late_shipments": late_ones}).band == band
    assert metric.result({"perfect": perfect + needed, "late_shipments": late_ones}).band != band


@pytest.mark.parametrize("problem", [name for name in PROBLEMS if name != "negative_feedback"])
def test_what_amazon_fulfils_is_scored_on_its_feedback_alone(world: World, problem):
    seller = world.account()
    PROBLEMS[problem](seller, seller.order(channel="AMAZON"))
    PROBLEMS["negative_feedback"](seller, seller.order(channel="AMAZON"))
    struck = seller.order(channel="AMAZON")
    seller.add(Feedback, order_id=struck, left_at=PLACED, rating=1, struck_through=True)
    counted = events(world, seller)
    cancelled = problem in ("cancellations", "expirations")
    assert counted == {"negative_feedback": 1, "perfect": 1 if cancelled else 2}


@pytest.mark.parametrize("by", [Party.BUYER, None])
def test_what_others_cancelled_is_left_out_or_perfect(world: World, by):
    seller = world.account()
    cancelled(seller, seller.order(), by)
    assert world.measure(seller, metric).value is None
    assert events(world, seller, buyer_cancelled="perfect") == {"perfect": 1}


def test_a_cancellation_that_the_buyer_requested_is_not_a_problem(world: World):
    seller = world.account()
    order_id = seller.order(buyer_asked=True)
    cancelled(seller, order_id)
    assert world.measure(seller, metric).value is None


def test_an_order_that_the_buyer_cancelled_in_part_is_scored(world: World):
    seller = world.account()
    order_id = seller.order(status="SHIPPED")
    seller.confirm(order_id, PLACED)
    seller.add(Item, order_id=order_id, item_id="1", cancelled_by=Party.BUYER)
    assert events(world, seller) == {"perfect": 1}


def test_an_unanswered_message_is_a_problem_after_a_day(world: World):
    seller = world.account()
    for received_at in (CLOCK - 24 * HOUR, CLOCK - 25 * HOUR):
        seller.add(Message, message_id=received_at.isoformat(), order_id=seller.order(), received_at=received_at)
    assert events(world, seller) == {"perfect": 1, "late_responses": 1}


# ---------------------------------------------------------------- the bonus


def fast(seller: Account, **columns: object) -> str:
    """An order that earns the bonus, unless other columns are set."""
    values = {"delivered_at": PLACED + 2 * DAY, "deliver_by_earliest": PLACED + 3 * DAY, "first_scan_at": PLACED, **columns}
    order_id = seller.order(placed_at=PLACED, deliver_by_earliest=values.pop("deliver_by_earliest"))
    seller.confirm(order_id, PLACED, tracking_number="1Z", **values)
    return order_id


@pytest.mark.parametrize(
    ("columns", "event"),
    [
        ({}, "bonus"),
        ({"deliver_by_earliest": PLACED + 2 * DAY}, "bonus"),
        ({"deliver_by_earliest": PLACED + DAY}, "perfect"),
        ({"deliver_by_earliest": None}, "perfect"),
        ({"delivered_at": None}, "perfect"),
        ({"first_scan_at": None}, "perfect"),
        ({"delivered_at": PLACED + 3 * DAY}, "bonus"),  # Friday
        ({"delivered_at": PLACED + 6 * DAY, "deliver_by_earliest": PLACED + 9 * DAY}, "perfect"),  # Monday, the fourth working day
        ({"delivered_at": PLACED + 5 * DAY, "deliver_by_earliest": PLACED + 9 * DAY}, "bonus"),  # Sunday
    ],
)
def test_what_earns_the_bonus(world: World, columns, event):
    seller = world.account()
    fast(seller, **columns)
    assert events(world, seller) == {event: 1}


def test_a_refund_or_a_second_package_costs_the_bonus(world: World):
    seller = world.account()
    seller.add(Refund, order_id=fast(seller), refunded_at=PLACED + 20 * DAY)
    seller.confirm(fast(seller), PLACED, "2", tracking_number="1Z", first_scan_at=PLACED)  # not delivered yet
    assert events(world, seller) == {"perfect": 2}
    assert events(world, seller, bonus_needs=frozenset()) == {"perfect": 1, "bonus": 1}


def test_the_bonus_can_be_switched_off_or_made_harder(world: World):
    seller = world.account()
    fast(seller)
    assert events(world, seller, bonus_enabled=False) == {"perfect": 1}
    assert events(world, seller, bonus_working_days=1) == {"perfect": 1}
    assert events(world, seller, bonus_working_days=2) == {"bonus": 1}


def test_what_amazon_delivers_earns_no_bonus(world: World):
    seller = world.account()
    seller.add(Order, order_id=fast(seller), channel="AMAZON", observed_at=CLOCK + HOUR)
    assert events(world, seller) == {"perfect": 1}


# ---------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("maturity", "age", "counts"), [(0, 0, 1), (0, 364, 1), (0, 365, 0), (14, 13, 0), (14, 14, 1), (14, 378, 1), (14, 379, 0)]
)
def test_orders_of_a_year_are_scored_once_they_are_mature(world: World, maturity, age, counts):
    seller = world.account()
    seller.order(placed_at=CLOCK - age * DAY)
    assert world.measure(seller, seller_rating(Settings(maturity_days=maturity))).numbers["orders"] == counts


def test_with_a_half_life_the_numbers_stay_whole(world: World):
    seller = world.account()
    seller.order(placed_at=CLOCK)
    late(seller, seller.order(placed_at=CLOCK - 90 * DAY))
    result = world.measure(seller, seller_rating(Settings(half_life_days=90)))
    assert (result.value, result.numbers["orders"], result.headroom) == (Fraction("66.67"), 2, None)
    assert metric.windows[0].weight(dt.date(2020, 1, 1), dt.date(2026, 1, 1)) == 1


# ---------------------------------------------------------------- the examples of vectors.json

vectors = Vectors("RATING")


def score(result):
    return [None if result.value is None else result.display, result.band]


def rated(seller: Account, perfect: int, late_ones: int = 0, bonus: int = 0, placed_at: dt.datetime = PLACED) -> None:
    """Orders that were shipped in time, late, or so fast that they earn the bonus."""
    testing.orders(seller, perfect, placed_at=placed_at)
    for order_id in testing.orders(seller, late_ones, placed_at=placed_at, ship_by=placed_at):
        seller.confirm(order_id, placed_at + DAY)
    for order_id in testing.orders(seller, bonus, placed_at=placed_at, deliver_by_earliest=placed_at + 3 * DAY):
        scan, arrival = placed_at + HOUR, placed_at + 2 * DAY
        seller.confirm(order_id, None, tracking_number="1Z", first_scan_at=scan, delivered_at=arrival)


@vectors.case("10 bonus orders (clamped)", perfect=0, bonus=10)
@vectors.case("1581 perfect, 320 late, 99 bonus = 84.495 -> half-up", perfect=1581, late_ones=320, bonus=99)
@vectors.case("197 perfect + 3 late = 98.50", perfect=197, late_ones=3)
@vectors.case("193 perfect + 7 late = 96.50", perfect=193, late_ones=7)
def perfect_late_and_bonus(world: World, **orders: int) -> object:
    seller = world.account()
    rated(seller, **orders)
    return score(world.measure(seller, metric))


@vectors.case("98 perfect, 1 late, 1 seller-cancel")
def late_and_cancelled(world: World) -> object:
    seller = world.account()
    rated(seller, perfect=98, late_ones=1)
    cancelled(seller, seller.order())
    return score(world.measure(seller, metric))


@vectors.case("99 perfect, 1 a-to-z", perfect=99, late=0)
@vectors.case("one order late AND a-to-z: worst only", perfect=0, late=1)
def with_a_claim(world: World, perfect: int, late: int) -> object:
    seller = world.account()
    rated(seller, perfect)
    ship_by = at(3, 12)
    order_id = seller.order(ship_by=ship_by)
    seller.confirm(order_id, ship_by + late * HOUR)
    seller.add(Claim, order_id=order_id, opened_at=at(3, 20), state=ClaimState.GRANTED_SELLER)
    return score(world.measure(seller, metric))


@vectors.case("half-life 90d: today 100, 90 days ago 0", half_life=90)
@vectors.case("same unweighted", half_life=None)
def with_a_half_life(world: World, half_life: int | None) -> object:
    seller = world.account()
    rated(seller, perfect=1, placed_at=CLOCK - HOUR)
    rated(seller, perfect=0, late_ones=1, placed_at=CLOCK - HOUR - 90 * DAY)
    return score(world.measure(seller, seller_rating(Settings(half_life_days=half_life))))


@vectors.case("no orders in 365 days")
def no_orders_to_score(world: World) -> object:
    seller = world.account()
    rated(seller, perfect=1, placed_at=CLOCK - 365 * DAY)
    cancelled(seller, seller.order(), Party.BUYER)
    return score(world.measure(seller, metric))


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]
