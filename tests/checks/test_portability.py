"""Conditions that would give wrong numbers without an error are refused."""

import datetime as dt

import pytest

from sellerhealth import Count, Metric, Score, Window, count, passed, testing, total
from sellerhealth.engine.queries import MetricQuery, Scope
from sellerhealth.facts import Claim, Feedback, Message, Order, OrderStatus, Package, Violation
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.model.tables import FactKind
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, TODAY, US, World, at
from tests.support.world import measure_all

UK = "A1F83G8C2ARO7P"
orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")


def counting(**measures: Measure) -> Metric:
    first = next(iter(measures.values()))
    return Metric(key="counting", title="", description="", section="test", windows=(Window(30),), measures=measures, value=Count(first))


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_an_order_with_many_children_counts_once(world: World) -> None:
    seller = world.account()
    order = seller.order()
    for day in range(1, 5):
        seller.add(Claim, order_id=order, opened_at=at(3, 20 + day), state="GRANTED_SELLER")
        seller.add(Package, order_id=order, package_id=str(day), confirmed_at=at(3, 11))
    claimed = orders.where(Order.claims.any(Claim.counts), "Orders with a claim.")
    shipped = orders.where(Order.packages.any(), "Orders with a package.")
    assert world.measure(seller, counting(orders=orders, claimed=claimed, shipped=shipped)).numbers == {
        "orders": 1,
        "claimed": 1,
        "shipped": 1,
    }


def test_another_orders_children_do_not_count(world: World) -> None:
    seller = world.account()
    first, _ = testing.orders(seller, 2)
    seller.add(Claim, order_id=first, opened_at=at(3, 20), state="GRANTED_SELLER")
    claimed = orders.where(Order.claims.any(Claim.counts), "Orders with a claim.")
    assert world.measure(seller, counting(claimed=claimed)).value == 1


def test_another_accounts_rows_do_not_count_even_with_the_same_numbers(world: World) -> None:
    mine, other = world.account(), world.account()
    order = mine.order()
    other.order()
    other.add(Claim, order_id=order, opened_at=at(3, 20), state="GRANTED_SELLER")
    other.add(Order, order_id=order, placed_at=at(3, 10), status=OrderStatus.SHIPPED, marketplace=US, channel="SELLER")
    other.save()
    claimed = orders.where(Order.claims.any(Claim.counts), "Orders with a claim.")
    assert world.measure(mine, counting(orders=orders, claimed=claimed)).numbers == {"orders": 1, "claimed": 0}


def test_without_keeps_the_rows_whose_condition_is_null(world: World) -> None:
    seller = world.account()
    testing.orders(seller, 3)
    late = testing.orders(seller, 2, ship_by=at(3, 12))
    for order in late:
        seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 13))
    is_late = Order.late_by > 0
    metric = counting(late=orders.where(is_late, "Late."), others=orders.without(is_late, "Not late, or unknown."))
    assert world.measure(seller, metric).numbers == {"late": 2, "others": 3}


def test_the_first_and_the_last_day_of_a_window_are_in_it_and_their_neighbours_are_not(world: World) -> None:
    seller = world.account()
    for days in (9, 10, 39, 40):
        seller.order(placed_at=dt.datetime.combine(TODAY - DAY * days, dt.time(0), dt.UTC))
        seller.order(placed_at=dt.datetime.combine(TODAY - DAY * days, dt.time(23, 59, 59), dt.UTC))
    metric = counting(orders=orders)
    assert [world.measure(seller, metric, window=Window(length, lag=10)).value for length in (29, 30, 31)] == [2, 4, 6]
    assert world.measure(seller, metric, window=Window(0, lag=10)).value == 6


def test_days_are_those_of_the_marketplace_and_fixed_when_it_is_first_imported(world: World) -> None:
    tokyo = world.account(time_zones={"JP": "Asia/Tokyo"})
    tokyo.order(placed_at=at(3, 30, 15), marketplace="JP")  # 31 March there
    tokyo.order(placed_at=at(3, 30, 14, 59), marketplace="JP")
    tokyo.order(placed_at=at(3, 30, 15), marketplace=US)
    assert world.measure(tokyo, counting(orders=orders), window=Window(1)).value == 1


def test_the_clock_is_that_of_the_request_and_passed_is_strict(database: Database) -> None:
    overdue = orders.where(passed(Order.ship_by), "Past the ship-by instant.")
    silent = count(on=Message.received_on, where=passed(Message.received_at, hours=24), description="Older than a day.")
    numbers = []
    seller = None
    for clock in (CLOCK, CLOCK + dt.timedelta(microseconds=1)):
        world = World(database, clock)
        if seller is None:
            seller = world.account()
            seller.order(ship_by=CLOCK)
            seller.add(Message, message_id="1", received_at=CLOCK - DAY)
        numbers.append([world.measure(seller, counting(overdue=overdue)).value, world.measure(seller, counting(silent=silent)).value])
    assert numbers == [[0, 0], [1, 1]]


def test_a_fact_without_a_channel_is_not_counted_unfiltered(world: World) -> None:
    seller = world.account()
    seller.add(Violation, violation_id="1", detected_at=at(3, 20))
    metric = counting(open=count(on=Violation.detected_on, where=Violation.unresolved, description="Open."))
    result = world.measure(seller, metric, scope=Scope(channel="SELLER"))
    assert (result.value, result.reason) == (None, UnavailableReason.WITHOUT_CHANNEL)


def test_scopes_and_parts_add_up_to_the_whole(world: World) -> None:
    seller = world.account()
    testing.orders(seller, 3)
    testing.orders(seller, 2, channel="AMAZON")
    testing.orders(seller, 4, marketplace=UK)
    metric = counting(orders=orders)
    assert {part: result.value for part, result in world.parts(seller, metric, "marketplace").items()} == {US: 5, UK: 4}
    assert {part: result.value for part, result in world.parts(seller, metric, "channel", scope=Scope(marketplace=US)).items()} == {
        "SELLER": 3,
        "AMAZON": 2,
    }
    assert world.measure(seller, metric, scope=Scope(US, "AMAZON")).value == 2


def test_two_scopes_in_one_statement_keep_their_numbers_apart(world: World) -> None:
    seller = world.account()
    testing.orders(seller, 3)
    testing.orders(seller, 4, marketplace=UK)
    seller.save()
    metric = counting(orders=orders)
    queries = [
        (seller.account_id, MetricQuery(metric, window, TODAY, Scope(marketplace=key)))
        for key in (US, UK, None)
        for window in (Window(30), Window(10))
    ]
    assert [each.result.value for each in measure_all(world, *queries)] == [3, 0, 4, 0, 7, 0]


def test_classes_of_a_split_add_up_and_the_first_condition_wins(world: World) -> None:
    seller = world.account()
    testing.orders(seller, 5)
    claimed = testing.orders(seller, 2)
    both = seller.order()
    for order in (*claimed, both):
        seller.add(Claim, order_id=order, opened_at=at(3, 20), state="GRANTED_SELLER")
    seller.add(Feedback, order_id=both, left_at=at(3, 21), rating=1)
    classes = orders.split(
        {"rated": (Order.feedback.any(Feedback.negative), "Rated."), "claimed": (Order.claims.any(Claim.counts), "Claimed.")},
        rest=("fine", "Fine."),
    )
    metric = Metric(
        key="split", title="", description="", section="test", windows=(Window(30), Window(31, half_life=5)), measures={"orders": orders, **classes},
        value=Score({classes["rated"]: 0, classes["claimed"]: 50, classes["fine"]: 100}, perfect=classes["fine"]),
    )  # fmt: skip
    expected = {"orders": 8, "rated": 1, "claimed": 2, "fine": 5}
    assert [world.measure(seller, metric, window=window).numbers for window in metric.windows] == [expected, expected]


def test_a_total_of_no_rows_is_zero_and_of_many_passes_32_bits(world: World) -> None:
    seller, empty = world.account(), world.account()
    order = seller.order(deliver_by=at(3, 20))
    for number in range(3):
        seller.add(Package, order_id=order, package_id=str(number), confirmed_at=at(3, 11), units=2**31 - 1)
    units = total(Package.unit_count, on=Package.promised_on, where=Package.seller_fulfilled, description="Units.")
    assert [world.measure(each, counting(units=units)).value for each in (seller, empty)] == [3 * (2**31 - 1), 0]


def test_facts_never_imported_are_missing_and_not_zero(world: World) -> None:
    seller = world.account(covers=[FactKind.ORDER])
    testing.orders(seller, 3)
    claims = count(on=Claim.opened_on, where=Claim.counts, description="Claims.")
    claimed = orders.where(Order.claims.any(Claim.counts), "Orders with a claim.")
    assert world.measure(seller, counting(claims=claims)).reason == UnavailableReason.SOURCE_MISSING
    assert world.measure(seller, counting(orders=orders, claimed=claimed)).value == 3


def test_the_values_of_a_scope_and_those_of_a_condition_keep_apart(world: World) -> None:
    seller = world.account()
    testing.orders(seller, 3)
    testing.orders(seller, 2, channel="AMAZON")
    seller.save()
    own = orders.where((Order.channel == "SELLER") & (Order.marketplace == US), "The seller's own.")
    scopes = [Scope(), Scope(channel="SELLER"), Scope(channel="AMAZON"), Scope(marketplace=US), Scope(marketplace=UK)]
    queries = [MetricQuery(counting(own=own), window, TODAY, scope) for scope in scopes for window in (Window(30), Window(0))]
    results = measure_all(world, *((seller.account_id, query) for query in queries))
    assert [each.result.value for each in results] == [3, 3, 3, 3, 0, 0, 3, 3, 0, 0]
