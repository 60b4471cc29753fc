"""Late shipment rate: the instant of confirmation against the promised instant, by the day of the order."""

import pytest

from sellerhealth import MetricStatus, testing
from sellerhealth.facts import OrderStatus
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import CLOCK, DAY, HOUR, Account, World, at
from sellerhealth_metrics.late_shipment_rate import Settings, late_shipment_rate
from tests.support.vectors import Vectors, rate

metric = late_shipment_rate(Settings())
PLACED, SHIP_BY = at(3, 25), at(3, 28)
SECOND = HOUR / 3600


def shipped(seller: Account, late: object = 0 * DAY, number: int = 1, **columns: object) -> None:
    values = {"placed_at": PLACED, "ship_by": SHIP_BY, "status": OrderStatus.SHIPPED} | columns
    for order_id in testing.orders(seller, number, **values):
        seller.confirm(order_id, SHIP_BY + late)


@pytest.mark.parametrize(
    ("late", "orders", "status"), [(31, 1000, "GOOD"), (32, 1000, "AT_RISK"), (39, 1000, "AT_RISK"), (40, 1000, "CRITICAL")]
)
def test_it_must_stay_under_four_percent(late, orders, status):
    assert metric.result({"orders": orders, "late": late}).status == status


def test_both_windows_are_judged(world: World):
    seller = world.account()
    shipped(seller, number=44)
    shipped(seller, late=HOUR, number=6)
    shipped(seller, number=122, placed_at=at(3, 5))
    assert world.measure(seller, metric).status is MetricStatus.AT_RISK
    assert world.overall(seller, metric) is MetricStatus.CRITICAL


def test_an_order_is_late_when_any_unit_is(world: World):
    seller = world.account()
    order_id = seller.order(placed_at=PLACED, ship_by=SHIP_BY, status=OrderStatus.SHIPPED)
    seller.confirm(order_id, SHIP_BY - DAY, "1")
    seller.confirm(order_id, SHIP_BY + SECOND, "2")
    assert world.measure(seller, metric).fraction == (1, 1)


def test_a_repeated_confirmation_does_not_make_it_late(world: World):
    seller = world.account()
    order_id = seller.order(placed_at=PLACED, ship_by=SHIP_BY, status=OrderStatus.SHIPPED)
    seller.confirm(order_id, SHIP_BY)
    seller.confirm(order_id, SHIP_BY + DAY)
    assert world.measure(seller, metric).fraction == (0, 1)


@pytest.mark.parametrize(("ship_by", "overdue"), [(CLOCK - SECOND, 1), (CLOCK, 0), (CLOCK + SECOND, 0)])
def test_an_order_is_overdue_once_the_promised_instant_has_passed(world: World, ship_by, overdue):
    seller = world.account()
    seller.order(placed_at=PLACED, ship_by=ship_by)
    result = world.measure(seller, metric)
    assert result.numbers == {"orders": 1, "late": 0, "overdue": overdue, "unproven": 0}
    assert (result.value, result.figures["projected_rate"].value) == (0, overdue)


def test_the_rest_of_an_order_can_be_overdue_and_counts_once(world: World):
    seller = world.account()
    for confirmed_at in (SHIP_BY, SHIP_BY + HOUR):  # the first one is overdue, the second one is late already
        order_id = seller.order(placed_at=PLACED, ship_by=SHIP_BY, status=OrderStatus.PARTIALLY_SHIPPED)
        seller.confirm(order_id, confirmed_at)
    assert world.measure(seller, metric).numbers == {"orders": 2, "late": 1, "overdue": 1, "unproven": 0}


def test_an_order_cancelled_before_shipping_is_in_neither_number(world: World):
    seller = world.account()
    shipped(seller)
    order_id = seller.order(placed_at=PLACED, ship_by=SHIP_BY, observed_at=PLACED)
    seller.order(order_id, placed_at=PLACED, status=OrderStatus.CANCELLED)
    assert world.measure(seller, metric).numbers == {"orders": 1, "late": 0, "overdue": 0, "unproven": 0}
    kept = late_shipment_rate(Settings(cancelled_in_denominator=True))
    assert world.measure(seller, kept).numbers == {"orders": 2, "late": 0, "overdue": 0, "unproven": 0}


def test_overdue_orders_can_be_counted_as_late(world: World):
    seller = world.account()
    shipped(seller)
    seller.order(placed_at=PLACED, ship_by=SHIP_BY)
    result = world.measure(seller, late_shipment_rate(Settings(count_overdue_unshipped=True)))
    assert (result.fraction, result.status) == ((1, 2), MetricStatus.CRITICAL)


def test_days_of_grace_delay_late_and_overdue(world: World):
    seller = world.account()
    for late in (DAY, DAY + SECOND):
        shipped(seller, late=late)
    for ship_by in (CLOCK - DAY, CLOCK - DAY - SECOND):
        seller.order(placed_at=PLACED, ship_by=ship_by)
    assert world.measure(seller, metric).numbers == {"orders": 4, "late": 2, "overdue": 2, "unproven": 0}
    lenient = late_shipment_rate(Settings(late_grace_days=1))
    assert world.measure(seller, lenient).numbers == {"orders": 4, "late": 1, "overdue": 1, "unproven": 0}


@pytest.mark.parametrize("unknown", [{"ship_by": None}, {"confirmed_at": None}])
def test_what_may_be_late_is_not_good(world: World, unknown):
    seller = world.account()
    columns = {"ship_by": SHIP_BY, "confirmed_at": SHIP_BY} | unknown
    order_id = seller.order(placed_at=PLACED, ship_by=columns["ship_by"], status=OrderStatus.SHIPPED)
    seller.confirm(order_id, columns["confirmed_at"])
    result = world.measure(seller, metric)
    assert (result.fraction, result.status, result.reason) == ((0, 1), MetricStatus.NOT_AVAILABLE, "UNPROVEN")
    assert result.numbers["overdue"] == 0


def test_without_any_confirmations_good_is_unproven(world: World):
    seller = world.account(covers={FactKind.ORDER})
    seller.order(placed_at=PLACED, ship_by=CLOCK + DAY)
    assert world.measure(seller, metric).reason == "UNPROVEN"


def test_amazons_own_shipments_are_left_out(world: World):
    seller = world.account()
    shipped(seller, late=DAY, channel="AMAZON")
    assert world.measure(seller, metric).value is None


# ---------------------------------------------------------------- the examples of vectors.json

vectors = Vectors("LSR")


@vectors.case("3 of 100", orders=100, bad=3)
@vectors.case("4 of 100", orders=100, bad=4)
@vectors.case("none", orders=0, bad=0)
def so_many_late(world: World, orders: int, bad: int) -> object:
    seller = world.account()
    shipped(seller, number=orders - bad)
    shipped(seller, late=HOUR, number=bad)
    return rate(world.measure(seller, metric))


@vectors.case("30-day 6 of 172", window=metric.windows[0])
@vectors.case("10-day 6 of 50", window=metric.windows[1])
def two_windows(world: World, window) -> object:
    seller = world.account()
    shipped(seller, number=44)
    shipped(seller, late=HOUR, number=6)
    shipped(seller, number=122, placed_at=at(3, 5))
    return rate(world.measure(seller, metric, window=window))


@vectors.case("Amazon schema 27896/870669")
def amazons_late_shipments(world: World) -> object:
    return rate(metric.result({"orders": 870_669, "late": 27_896}))


def projected(result):
    figure, numbers = result.figures["projected_rate"], result.numbers
    return [numbers["late"] + numbers["overdue"], numbers["orders"], figure.display.removesuffix(" %"), figure.status.value]


@vectors.case("1 overdue unconfirmed of 20, reported", read=rate)
@vectors.case("1 overdue unconfirmed of 20, projected", read=projected)
def one_overdue(world: World, read) -> object:
    seller = world.account()
    shipped(seller, number=19)
    seller.order(placed_at=PLACED, ship_by=SHIP_BY)
    return read(world.measure(seller, metric))


@vectors.case("confirmed at the very instant of LatestShipDate -> late?", late=0 * DAY)
@vectors.case("confirmed one second later -> late?", late=SECOND)
def at_the_very_instant(world: World, late) -> object:
    seller = world.account()
    shipped(seller, late=late)
    return world.measure(seller, metric).numbers["late"] == 1


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]
