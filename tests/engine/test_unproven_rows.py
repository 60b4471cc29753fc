"""Unproven rows are found in the facts: what may count is what plain Python finds when it tries every value of the unknown cells."""

import datetime as dt
from fractions import Fraction
from itertools import product
from random import Random

import pytest
import sqlalchemy as sa

from sellerhealth import AtLeast, Bands, Below, Count, Metric, MetricStatus, Nothing, Score, Window, count, total
from sellerhealth.describe.explain import explain
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.queries import WHOLE, MetricQuery, Scope
from sellerhealth.engine.results import read_results
from sellerhealth.facts import Claim, Feedback, Item, Order, Package
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.result import MetricResult
from sellerhealth.metrics.unproven import UnknownCell
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, US, Account, World
from sellerhealth.testing.world import reading
from tests.support.random_facts import DE

CHANNEL = UnknownCell("orders", "channel")

orders = count(on=Order.placed_on, where=Order.seller_fulfilled, description="Orders.")
is_bad = Order.replacement | Order.feedback.any(Feedback.counts & (Feedback.rating <= 2)) | ~Order.items.any(Item.quantity > 1)
bad = orders.where(is_bad, "Bad orders.")
good = orders.without(is_bad, "Good orders.")
classes = orders.split({"replaced": (Order.replacement, "Replacements."), "disliked": (is_bad, "Bad orders.")}, rest=("fine", "Others."))


def metric_of(value: object, target: object = None, on: Measure = orders, half_life: int | None = None, **fields: object) -> Metric:
    return Metric(
        key="acme", title="", description="", section="acme", windows=(Window(30, half_life=half_life),),
        measures={"orders": on}, value=value, target=target, hidden={f"m{n}": m for n, m in enumerate(value.measures) if m is not on},
        **fields,
    )  # fmt: skip


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def measured(world: World, seller: Account, metric: Metric, scope: Scope = WHOLE, **query: object) -> MetricResult:
    return world.measure(seller, metric, scope=scope, **query)


# ---------------------------------------------------------------- against plain Python


def an_order(random: Random) -> dict[str, object]:
    """The cells of an order; None is unknown, and the absence of feedback is known."""
    sure = random.random() < 0.7
    return {
        "channel": random.choice(["SELLER", "SELLER", "AMAZON"] if sure else ["SELLER", None]),
        "marketplace": random.choice([US, US, DE] if sure else [US, None]),
        "is_replacement": random.choice([False] * 5 + ([True] if sure else [True, None])),
        "rating": random.choice(["none", 5, 5, 5, 1] if sure else ["none", 5, None]),
        "quantity": random.choice([2] * 9 + [1] if sure else [2, 2, None]),
    }


def outcomes(order: dict[str, object], marketplace: str | None) -> set[tuple[bool, bool, bool, bool]]:
    """What an order may be, for every value of its unknown cells: counted, replaced, disliked, fine."""
    values = {
        "channel": ["SELLER", "AMAZON"],
        "marketplace": [US, DE],
        "is_replacement": [True, False],
        "rating": [1, 5],
        "quantity": [1, 2],
    }
    found = set()
    for completed in product(*(values[name] if value is None else [value] for name, value in order.items())):
        cells = dict(zip(order, completed, strict=True))
        counted = cells["channel"] == "SELLER" and marketplace in (None, cells["marketplace"])
        replaced, is_low = cells["is_replacement"] is True, cells["rating"] in (1, 2) or cells["quantity"] <= 1
        found.add((counted, counted and replaced, counted and not replaced and is_low, counted and not replaced and not is_low))
    return found


JUDGED = [
    (bad / orders, Below("0.3"), lambda n, replaced, disliked, fine: (replaced + disliked, n)),
    (good / orders, AtLeast("0.6"), lambda n, replaced, disliked, fine: (fine, n)),
    ((classes["replaced"] + classes["disliked"]) / orders, Below("0.3"), lambda n, replaced, disliked, fine: (replaced + disliked, n)),
    (Count(bad), Below("4"), lambda n, replaced, disliked, fine: (replaced + disliked, 1)),
    (
        Score({classes["replaced"]: 0, classes["disliked"]: 50, classes["fine"]: 100}, perfect=classes["fine"]), AtLeast(80),
        lambda n, replaced, disliked, fine: (50 * disliked + 100 * fine, n),
    ),
]  # fmt: skip


@pytest.mark.dear
@pytest.mark.parametrize("marketplace", [None, US])
def test_good_stays_good_if_every_value_of_the_unknown_cells_leaves_it_so(world: World, marketplace: str | None) -> None:
    random = Random(7)
    sellers = []
    for _ in range(40):
        seller, cells = world.account(), [an_order(random) for _ in range(random.choice([4, 8]))]
        for order in cells:
            order_id = seller.order(
                placed_at=CLOCK - DAY * random.randrange(20), **{k: order[k] for k in ("channel", "marketplace", "is_replacement")}
            )
            if order["rating"] != "none":
                seller.add(Feedback, order_id=order_id, left_at=CLOCK, rating=order["rating"])
            seller.add(Item, order_id=order_id, item_id="1", quantity=order["quantity"])
        seller.save()
        sellers.append((seller, cells))
    seen = {"GOOD": 0, "NOT_AVAILABLE": 0}
    for index, (value, target, read) in enumerate(JUDGED):
        metric = metric_of(value, target)
        query = MetricQuery(metric, metric.windows[0], TODAY, Scope(marketplace))
        with reading(world) as session:
            results = read_results(session, [query], AccountFilter())
        for seller, cells in sellers:
            result = results.result(seller.account_id, query).result
            if result.value is None or target.judge(result.value, {}) is not MetricStatus.GOOD:
                continue
            totals = {(0, 0, 0, 0)}
            for order in cells:
                totals = {
                    tuple(a + b for a, b in zip(sums, outcome, strict=True)) for sums in totals for outcome in outcomes(order, marketplace)
                }
            readings = [read(*sums) for sums in totals]
            all_good = all(whole and target.judge(Fraction(part, whole), {}) is MetricStatus.GOOD for part, whole in readings)
            assert (result.status is MetricStatus.GOOD) == all_good, (index, cells, result.numbers, result.unproven.by_kind, sorted(totals))
            seen[result.status.value] += 1
    assert min(seen.values()) > 20, seen


# ---------------------------------------------------------------- each kind of row


def test_a_store_without_unknown_cells_is_asked_once(world: World, sent: list[object]) -> None:
    seller = world.account()
    seller.order(is_replacement=False)
    seller.add(Item, order_id=seller.order(is_replacement=False), item_id="1", quantity=1)
    seller.save()
    sent.clear()
    assert measured(world, seller, metric_of(bad / orders)).unproven.rows == 0
    assert len(sent) == 1
    seller.order(channel=None)
    seller.save()
    sent.clear()
    assert measured(world, seller, metric_of(bad / orders)).unproven.rows == 1
    assert len(sent) == 2


def test_what_is_known_to_count_nowhere_is_not_unproven(world: World) -> None:
    seller = world.account()
    seller.order(channel="AMAZON", is_replacement=None)
    assert measured(world, seller, metric_of(bad / orders)).unproven.rows == 0


def test_the_missing_cells_are_named_and_counted(world: World) -> None:
    seller = world.account()
    seller.order(channel=None, is_replacement=False)
    order_id = seller.order(is_replacement=False)
    seller.add(Feedback, order_id=order_id, left_at=CLOCK)
    seller.add(Item, order_id=order_id, item_id="1", quantity=2)
    result = measured(world, seller, metric_of(bad / orders))
    assert result.unproven.rows == 2
    assert result.unproven.cells == {CHANNEL: 1, UnknownCell("feedback", "rating"): 1}


def test_of_a_derived_cell_the_one_that_a_source_can_tell_is_named(world: World) -> None:
    seller = world.account()
    for _ in range(9):
        seller.confirm(seller.order(status="SHIPPED", ship_by=CLOCK), CLOCK - HOUR)
    seller.order(status=None, ship_by=CLOCK)  # whether it was accepted, and when it was confirmed
    seller.order(status="SHIPPED", ship_by=CLOCK)
    seller.confirm(seller.order(status="SHIPPED"), CLOCK)
    placed = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
    result = measured(world, seller, metric_of(placed.where(Order.late_by > 0, "Late.") / placed, on=placed))
    assert result.unproven.rows == 3
    assert {str(cell): rows for cell, rows in result.unproven.cells.items()} == {
        "orders.ship_by": 1,
        "orders.status": 1,
        "packages.confirmed_at": 1,
    }


def test_an_order_of_an_unknown_marketplace_may_be_in_any_scope(world: World) -> None:
    seller = world.account()
    for _ in range(9):
        seller.order(marketplace=US, is_replacement=False)
    seller.order(marketplace=None, is_replacement=True)
    metric = metric_of(orders.where(Order.replacement) / orders, Below("0.1", warn="0.05"))
    assert measured(world, seller, metric).status is MetricStatus.CRITICAL
    for marketplace in (US, DE):
        result = measured(world, seller, metric, Scope(marketplace))
        assert result.status is MetricStatus.NOT_AVAILABLE
        assert (result.unproven.rows, result.unproven.cells) == (1, {UnknownCell("orders", "marketplace"): 1})
    parts = world.parts(seller, metric, "marketplace")
    assert {name: (part.status.value, part.unproven.rows) for name, part in parts.items()} == {
        US: ("NOT_AVAILABLE", 1),
        "UNKNOWN": ("CRITICAL", 0),
    }


def test_a_good_row_of_an_unknown_part_makes_no_part_worse(world: World) -> None:
    seller = world.account()
    for channel in ("SELLER", None):
        seller.order(channel=channel, is_replacement=False)
    every = count(on=Order.placed_on, where=sa.true(), description="Rows.")
    metric = metric_of(every.without(Order.replacement) / every, AtLeast("1"), on=every, parts={"channel": Order.channel})
    assert {part: result.status.value for part, result in world.parts(seller, metric, "channel").items()} == {
        "SELLER": "GOOD",
        "UNKNOWN": "GOOD",
    }


def test_a_row_without_its_day_counts_on_the_day_of_its_order(world: World) -> None:
    seller = world.account()
    packages = count(on=Package.promised_on, where=Package.seller_fulfilled, description="Rows.")
    metric = metric_of(packages.without(Package.tracked) / packages, Below("0.15"), on=packages)
    for _ in range(9):
        seller.confirm(seller.order(deliver_by=CLOCK), CLOCK, tracking_number="1Z", scanned=True)
    early = seller.order(placed_at=CLOCK - 60 * DAY, deliver_by=None)
    seller.confirm(early, CLOCK)
    assert measured(world, seller, metric).status is MetricStatus.GOOD
    seller.confirm(seller.order(placed_at=CLOCK - DAY, deliver_by=None), CLOCK)
    seller.confirm(seller.order(placed_at=CLOCK - DAY, deliver_by=None, channel="AMAZON"), CLOCK)
    assert measured(world, seller, metric).unproven.rows == 1
    assert measured(world, seller, metric).status is MetricStatus.GOOD
    seller.confirm(seller.order(placed_at=CLOCK - DAY, deliver_by=None), CLOCK)
    result = measured(world, seller, metric)
    assert (result.status, result.unproven.rows) == (MetricStatus.NOT_AVAILABLE, 2)
    assert result.unproven.cells[UnknownCell("orders", "deliver_by")] == 2
    assert measured(world, seller, metric, as_of=TODAY - dt.timedelta(days=50)).unproven.rows == 1


def test_an_order_without_its_day_counts_on_none(world: World) -> None:
    seller = world.account()
    seller.order(placed_at=None, channel=None)
    assert measured(world, seller, metric_of(bad / orders)).unproven.rows == 0


def test_sums_are_read_at_their_worst(world: World) -> None:
    seller = world.account()
    packages = count(on=Package.promised_on, where=Package.seller_fulfilled, description="Rows.")
    units = packages.total(Package.unit_count, "Units.")
    metric = metric_of(units.where(Package.carrier == "SLOW") / units, Below("0.5"), on=units)
    for carrier, number in (("DHL", 10), (None, 9)):
        seller.confirm(seller.order(deliver_by=CLOCK), CLOCK, carrier=carrier, units=number)
    assert measured(world, seller, metric).status is MetricStatus.GOOD
    seller.confirm(seller.order(deliver_by=CLOCK), CLOCK, units=2)
    assert measured(world, seller, metric).status is MetricStatus.NOT_AVAILABLE


def test_of_weighted_values_one_row_is_too_many(world: World) -> None:
    seller = world.account()
    metric = metric_of(bad / orders, Below("0.5"), half_life=7)
    order_ids = [seller.order(is_replacement=False) for _ in range(50)]
    for order_id in order_ids:
        seller.add(Item, order_id=order_id, item_id="1", quantity=2)
    assert measured(world, seller, metric).status is MetricStatus.GOOD
    seller.order(channel=None)
    assert measured(world, seller, metric).status is MetricStatus.NOT_AVAILABLE


def test_what_may_count_unsettles_that_nothing_does(world: World) -> None:
    seller = world.account()
    claims = count(on=Claim.opened_on, where=Claim.marketplace == US, description="Rows.")
    metric = metric_of(Count(claims), Nothing(grave=claims), on=claims)
    seller.add(Claim, order_id="702-1", opened_at=CLOCK)
    result = measured(world, seller, metric)
    assert (result.value, result.status) == (0, MetricStatus.NOT_AVAILABLE)


def test_a_series_knows_the_unproven_rows_of_each_window(world: World) -> None:
    seller = world.account()
    metric = metric_of(orders.where(Order.replacement) / orders, Below("0.5"))
    seller.order(placed_at=CLOCK - 40 * DAY, is_replacement=False)
    seller.order(placed_at=CLOCK - 35 * DAY, channel=None, is_replacement=True)
    seller.order(placed_at=CLOCK - 20 * DAY, is_replacement=False)
    seller.save()
    days = [TODAY - dt.timedelta(days) for days in range(40, -1, -1)]
    query = MetricQuery(metric, metric.windows[0], TODAY, since=days[0])
    with reading(world) as session:
        series = read_results(session, [query], AccountFilter()).series(seller.account_id, query)
    assert series.days == days
    unproven = []
    for day, verdict in zip(days, series.verdicts, strict=True):
        alone = measured(world, seller, metric, as_of=day)
        assert (verdict.value, verdict.status, verdict.reason) == (alone.value, alone.status, alone.reason)
        unproven.append(alone.unproven.rows)
    assert {*unproven} == {0, 1}


def test_explain_says_how_many_rows_lack_which_cell(world: World) -> None:
    seller = world.account()
    seller.order(is_replacement=False)
    for _ in range(2):
        seller.order(channel=None, is_replacement=True)
    seller.save()
    metric = metric_of(orders.where(Order.replacement) / orders, Below("0.5"))
    with reading(world) as session:
        explanation = explain(session, seller.account_id, MetricQuery(metric, metric.windows[0], TODAY))
    assert explanation.why == (
        "The value meets the target, but that is not proven: of some rows it is not known whether they are misses. "
        "2 rows may count otherwise, because orders.channel is unknown: import a file that has it."
    )
    with world.database.reading() as connection:
        for statement in explanation.sql.split(";\n\n"):
            assert connection.exec_driver_sql(statement).all()


def test_bands_without_a_target_only_say_how_many_rows_are_unproven(world: World) -> None:
    seller = world.account()
    seller.order(is_replacement=None)
    score = Score({classes["replaced"]: 0, classes["disliked"]: 50, classes["fine"]: 100}, perfect=classes["fine"])
    result = measured(world, seller, metric_of(score, bands=Bands(LOW=0, HIGH=50)))
    assert (result.status, result.unproven.rows) == (MetricStatus.WITHOUT_TARGET, 1)


def test_an_alias_of_a_related_table_is_looked_through_too(world: World) -> None:
    seller = world.account()
    seller.add(Item, order_id=seller.order(), item_id="1")
    item = sa.orm.aliased(Item)
    many = sa.exists().where(item.account_id == Order.account_id, item.order_id == Order.order_id, item.quantity > 1)
    result = measured(world, seller, metric_of(orders.where(many) / orders))
    assert (result.unproven.rows, result.unproven.cells) == (1, {UnknownCell("items", "quantity"): 1})


def test_a_total_of_an_unknown_column_is_not_known(world: World) -> None:
    seller = world.account()
    stars = total(Feedback.rating, on=Feedback.left_on, where=Feedback.rating <= 5, description="Rows.")
    seller.add(Feedback, order_id=seller.order(), left_at=CLOCK)
    assert measured(world, seller, metric_of(Count(stars), Below("100"), on=stars)).status is MetricStatus.NOT_AVAILABLE
