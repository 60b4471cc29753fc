"""Drivers: for every metric and column the same as from plain loops over the rows that each measure counts."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from sellerhealth import AtLeast, Count, Mean, Metric, Score, Window, count
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.driver_columns import driver_names
from sellerhealth.engine.drivers import Drivers, checked, read_drivers
from sellerhealth.engine.evidence import EvidenceQuery, page_of_evidence
from sellerhealth.engine.queries import MetricQuery, Part, Scope
from sellerhealth.engine.results import read_results
from sellerhealth.errors import BadInput
from sellerhealth.facts import Item, Order, Package, Reply
from sellerhealth.store.database import Database
from sellerhealth.store.keyset import PageRequest
from sellerhealth.testing import TODAY, US, Account, World, at
from sellerhealth.testing.world import reading
from tests.support.imports import stored
from tests.support.random_facts import observations, random_facts
from tests.support.reference_metrics import DEFINITIONS
from tests.support.world import built_in

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
METRICS = {key: built_in(key) for key in DEFINITIONS}
NAMES = ("asin", "carrier", "category", "channel", "hour", "marketplace", "ship_service", "sku", "weekday")
Row = Mapping[str, Any]


@pytest.fixture
def world(database: Database) -> World:
    """A seller with random facts, items with products, and packages with carriers, of which some cells are empty."""
    world = World(database)
    seller, chance = world.account(time_zone="America/Los_Angeles"), Random(5)
    of_column = {
        Item: {"sku": ("CUP", "PLATE", "é", "Z", None), "asin": ("B01", "B02", None)},
        Package: {"carrier": ("UPS", "ups", "Blue Van", None)},
        Order: {"ship_service": ("Standard", "Expedited", None)},
    }
    facts = random_facts(11, "America/Los_Angeles")
    for order in facts.orders:
        for number in range(chance.choice((0, 1, 1, 2))):
            facts.items.append({"order_id": order["order_id"], "item_id": f"sku:X:{number}"})
    for fact, observed_at, values in observations(facts):
        named = {name: chance.choice(choices) for name, choices in of_column.get(fact, {}).items()}
        seller.add(fact, observed_at=observed_at, **(values if fact is Reply else {**named, **values}))
    seller.save()
    return world


class Reference:
    """The drivers by the evidence of each measure and plain loops."""

    def __init__(self, world: World, query: MetricQuery) -> None:
        self._query, self._rows = query, dict[str, Sequence[Row]]()
        with reading(world) as session:
            for key in query.metric.all_measures:
                evidence = EvidenceQuery(world.accounts[0].account_id, query, key)
                self._rows[key] = page_of_evidence(session, evidence, PageRequest(10_000)).rows
        self._order_of = {row["order_id"]: row for row in stored(world.database, Order)}
        self._items, self._packages = (self._by_order(stored(world.database, fact)) for fact in (Item, Package))

    @staticmethod
    def _by_order(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            found[row["order_id"]].append(row)
        return found

    def values(self, row: Row, by: str) -> set[str | None]:
        """The values of a row: its own column, else those of its order, its items or its packages. None alone if there are none."""
        order = row if "placed_at" in row else self._order_of.get(row["order_id"], {})
        if by in ("hour", "weekday"):
            of_instant = row if "received_at" in row else order
            instant = of_instant.get("received_at", of_instant.get("placed_at"))
            day = of_instant.get("received_on", of_instant.get("placed_on"))
            found = [None if instant is None else f"{instant.hour:02}" if by == "hour" else WEEKDAYS[day.weekday()]]
        elif by in row:
            found = [row[by]]
        elif by in ("sku", "asin"):
            found = [item[by] for item in self._items.get(row["order_id"], ())]
        elif by in ("carrier", "category"):
            found = [package[by] for package in self._packages.get(row["order_id"], ())]
        else:
            found = [order.get(by)]
        return {value for value in found if value not in (None, "UNKNOWN")} or {None}

    def numbers(self, by: str) -> tuple[Counter[str], Mapping[str | None, Counter[str]], Mapping[Any, Counter[str]]]:
        """The numbers by measure: in all, by value, and by value and day."""
        whole, by_value, by_day = Counter[str](), defaultdict[str | None, Counter[str]](Counter), defaultdict[Any, Counter[str]](Counter)
        for key, measure in self._query.metric.all_measures.items():
            for row in self._rows[key]:
                number = 1 if measure.summed is None else row[measure.summed.key] or 0  # type: ignore[attr-defined]  # a column
                whole[key] += number
                by_day[..., row[measure.on.key]][key] += number
                for value in self.values(row, by):
                    by_value[value][key] += number
                    by_day[value, row[measure.on.key]][key] += number
        return whole, by_value, by_day


def drivers_of(
    world: World, query: MetricQuery, by: str, measure: str | None = None, limit: int = 1000, seller: Account | None = None
) -> Drivers:
    account_id = (seller or world.accounts[0]).account_id
    with reading(world) as session:
        found = read_results(session, [query], AccountFilter(account_ids=(account_id,))).result(account_id, query)
        return read_drivers(session, checked(account_id, query, by, measure), found.result, found, limit)


def summary(drivers: Drivers) -> list[tuple[Any, ...]]:
    return [(each.value, each.misses, each.rows, each.without.value, each.without.status) for each in drivers.drivers]


def of_ratio(*, at_least: bool, part: str, whole: str) -> Callable[[Mapping[str, int]], tuple[int, int | None]]:
    return lambda numbers: (numbers[whole] - numbers[part] if at_least else numbers[part], numbers[whole])


# What the misses and the rows of each metric are, in words of its measures.
MISSES: Mapping[str, Callable[[Mapping[str, int]], tuple[int, int | None]]] = {
    "order_defect_rate": of_ratio(at_least=False, part="defects", whole="orders"),
    "cancellation_rate": of_ratio(at_least=False, part="cancelled", whole="orders"),
    "late_shipment_rate": of_ratio(at_least=False, part="late", whole="orders"),
    "on_time_delivery_rate": of_ratio(at_least=True, part="on_time", whole="units"),
    "valid_tracking_rate": of_ratio(at_least=True, part="valid", whole="packages"),
    "contact_response_time": of_ratio(at_least=True, part="in_time", whole="messages"),
    "policy_violations": lambda numbers: (numbers["open"], None),
    "seller_rating": lambda numbers: (numbers["orders"] - numbers["perfect"] - numbers["bonus"], numbers["orders"]),
    "customer_feedback": of_ratio(at_least=False, part="negative", whole="total"),
}


def check(world: World, query: MetricQuery, *columns: str) -> None:
    reference = Reference(world, query)
    for by in columns:
        check_column(world, query, by, reference)


def check_column(world: World, query: MetricQuery, by: str, reference: Reference) -> None:
    metric, window = query.metric, query.window
    drivers = drivers_of(world, query, by, "negative" if metric.key == "customer_feedback" else None)
    whole, by_value, by_day = reference.numbers(by)
    misses_of = MISSES[metric.key]
    assert (drivers.misses, drivers.rows) == misses_of(whole)

    def weighted(value: Any) -> dict[Any, Any]:
        numbers = dict.fromkeys(metric.all_measures.values(), 0)
        for (of_value, day), of_day in by_day.items():
            if of_value == value:
                for key, number in of_day.items():
                    numbers[metric.all_measures[key]] += window.weight(day, TODAY) * number
        return numbers

    expected = []
    for value, numbers in by_value.items():
        misses, rows = misses_of(numbers)
        if misses or rows:
            left = {key: whole[key] - numbers[key] for key in metric.all_measures}
            weights = {m: number - weighted(value)[m] for m, number in weighted(...).items()} if window.half_life else None
            without = metric.result(left, weighted=weights)
            expected.append((value, misses, rows, without.value))
    code = {name: f"{WEEKDAYS.index(name) + 1 if name != 'SUNDAY' else 0}" for name in WEEKDAYS} if by == "weekday" else {}
    expected.sort(key=lambda row: (-row[1], row[2] or 0, row[0] is not None, code.get(row[0], row[0]) or ""))
    assert [row[:4] for row in summary(drivers)] == expected
    assert drivers.number_of_values == len(expected)


@pytest.mark.dear
@pytest.mark.parametrize("key", METRICS)
def test_drivers_are_those_of_plain_loops_over_the_evidence(world: World, key: str) -> None:
    metric = METRICS[key]
    assert set(driver_names(metric)) >= set(NAMES)
    check(world, MetricQuery(metric, metric.windows[0], TODAY), *driver_names(metric))
    check(world, MetricQuery(metric, Window(0), TODAY, Scope(marketplace=US)), "sku")


def test_drivers_of_one_part(world: World) -> None:
    check(world, MetricQuery(METRICS["valid_tracking_rate"], Window(60), TODAY, part=Part("category", "Books")), "carrier", "sku")


def test_without_rows_of_a_value_older_days_weigh_less_as_before(world: World) -> None:
    metric = METRICS["seller_rating"]
    check(world, MetricQuery(metric, replace(metric.windows[0], half_life=30), TODAY), "sku", "channel", "hour")


def test_the_rest_is_counted_in_the_totals(world: World) -> None:
    query = MetricQuery(METRICS["late_shipment_rate"], Window(0), TODAY)
    everything, two = drivers_of(world, query, "sku"), drivers_of(world, query, "sku", limit=2)
    assert summary(two) == summary(everything)[:2]
    assert (two.misses, two.rows, two.number_of_values) == (everything.misses, everything.rows, len(everything.drivers))


# ---------------------------------------------------------------- by example


@pytest.fixture
def seller(world: World) -> Account:
    """A seller with three orders, two late: one with both products, and one without any."""
    seller = world.account()
    for order_id, skus, confirmed_at in (("1", ["CUP", "PLATE", "CUP"], at(3, 20)), ("2", [], at(3, 20)), ("3", ["CUP"], at(3, 11))):
        seller.order(order_id, ship_by=at(3, 12))
        seller.confirm(order_id, confirmed_at)
        for number, sku in enumerate(skus):
            seller.add(Item, order_id=order_id, item_id=str(number), sku=sku)
    seller.save()
    return seller


def test_an_order_with_several_products_counts_for_each_once(world: World, seller: Account) -> None:
    drivers = drivers_of(world, MetricQuery(METRICS["late_shipment_rate"], Window(30), TODAY), "sku", seller=seller)
    assert [(each.value, each.misses, each.rows) for each in drivers.drivers] == [(None, 1, 1), ("PLATE", 1, 1), ("CUP", 1, 2)]
    assert (drivers.misses, drivers.rows) == (2, 3)
    assert [each.without.display for each in drivers.drivers] == ["50.00 %", "50.00 %", "100.00 %"]


def test_without_all_rows_there_is_nothing_to_measure(world: World, seller: Account) -> None:
    (driver,) = drivers_of(world, MetricQuery(METRICS["late_shipment_rate"], Window(30), TODAY), "carrier", seller=seller).drivers
    assert (driver.value, driver.misses, driver.without.value, driver.without.status) == (None, 2, None, "NOT_AVAILABLE")


def test_a_measure_is_a_share_of_what_includes_it(world: World, seller: Account) -> None:
    query = MetricQuery(METRICS["seller_rating"], Window(0), TODAY)
    drivers = drivers_of(world, query, "sku", "late_shipments", seller=seller)
    assert (drivers.misses, drivers.rows) == (2, 3)
    pending = drivers_of(world, MetricQuery(METRICS["contact_response_time"], Window(0), TODAY), "sku", "pending", seller=seller)
    assert (pending.misses, pending.rows, pending.drivers) == (0, None, ())


def test_a_channel_of_facts_without_one_has_no_drivers(world: World) -> None:
    query = MetricQuery(METRICS["contact_response_time"], Window(30), TODAY, Scope(channel="SELLER"))
    drivers = drivers_of(world, query, "weekday")
    assert (drivers.drivers, drivers.misses, drivers.rows) == ((), 0, 0)


orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
late = orders.where(Order.late_by > 0, "Late.")
PLAIN: dict[str, Any] = {"title": "", "description": "", "section": "test", "windows": (Window(30),)}


@pytest.mark.parametrize(
    ("by", "measure", "message"),
    [
        ("skus", None, "late_shipment_rate has no drivers by 'skus', only by asin, carrier, .*Did you mean sku"),
        ("ship_by", None, "has no drivers by 'ship_by'"),
        ("sku", "lates", "There is no measure of late_shipment_rate called 'lates'. Did you mean late"),
    ],
)
def test_what_a_metric_does_not_have_is_refused(by: str, measure: str | None, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        checked(1, MetricQuery(METRICS["late_shipment_rate"], Window(30), TODAY), by, measure)


@pytest.mark.parametrize(
    "declared",
    [
        {"value": late / orders},
        {"value": Count(late), "target": AtLeast(3)},
        {"value": Mean(late, orders)},
    ],
)
def test_without_a_target_that_says_what_a_miss_is_a_measure_has_to_be_named(declared: Mapping[str, Any]) -> None:
    metric = Metric(key="plain", measures={"orders": orders, "late": late}, **PLAIN, **declared)
    query = MetricQuery(metric, Window(30), TODAY)
    with pytest.raises(BadInput, match=r"What is a miss of plain is not declared\. Name a measure: orders, late"):
        checked(1, query, "sku", None)
    assert checked(1, query, "sku", "late").misses.of == (orders,)


def test_of_a_score_each_class_below_the_perfect_one_is_a_miss() -> None:
    classes: Mapping[str, Any] = orders.split({"late": (Order.late_by > 0, "Late.")}, rest=("fine", "Fine."))
    value = Score({classes["late"]: 0, classes["fine"]: 100}, perfect=classes["fine"])
    misses = checked(1, MetricQuery(Metric(key="score", measures=classes, value=value, **PLAIN), Window(30), TODAY), "sku", None).misses
    assert (misses.counted, misses.but_not, set(misses.of)) == ((classes["late"],), (), set(classes.values()))
