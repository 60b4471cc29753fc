"""A metric that is GOOD stays GOOD, or at least AT_RISK, when what was left out is imported: every built-in metric, and others.

What is left out: cells of facts, and whole kinds of fact. Facts that nobody had reported are another matter. The cells that may
make a GOOD worse are listed in docs/metrics.md#when-a-good-value-may-still-turn-bad.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sellerhealth import AtLeast, Below, Count, Mean, Metric, MetricUnit, Nothing, Percent, Score, Window, count, passed
from sellerhealth.engine.queries import MetricQuery, Part, QueryResult
from sellerhealth.engine.results import dimensions
from sellerhealth.facts import FACTS, Claim, Feedback, Item, Message, Order, Package, Violation
from sellerhealth.metrics.targets import Target
from sellerhealth.metrics.values import Value
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import TODAY, US, World, new_world
from tests.fuzz import EXAMPLES, fuzzing
from tests.support.left_out import AGES, Cell, Story, stories, tell
from tests.support.reference_metrics import DEFINITIONS
from tests.support.world import built_in, measure_all

EXCEPTIONS = {  # cells that may be reported later and make a GOOD worse, each with an example
    "Order.placed_at": ["claim"],
    "Order.ship_by": ["cancelled, with a claim"],
    "Order.seen_accepted": ["seen as accepted"],
    "Order.buyer_asked": ["requested"],
    "Order.item_cancelled": ["cancelled in part nobody knows by whom"],
    "Item.cancelled_by": ["cancelled in part"],
    "Item.buyer_asked": ["requested for an item"],
    "Item.quantity": ["handed over, less one"],
    "Item.quantity_shipped": ["handed over, less one"],
    "Item.cancelled_at": ["cancelled before the rest was shipped"],
    "Package.confirmed_at": ["untracked"],
    "Package.tracking_number": ["many late units"],
    "Package.first_attempt_at": ["many units attempted late"],
    "Package.delivered_at": ["many late units"],
    "Package.units": ["many late units"],
    "Package.exempt_reason": [*["exempt"] * 12, *["untracked"] * 6],
    "Claim.state": ["claim"],
    "Chargeback.kind": ["chargeback"],
    "Feedback.removed_at": ["removed praise"],
    "Feedback.struck_through": ["praise struck through"],
    "Message.reported_answered_at": ["slow answer"],
    "Message.thread_id": ["slow answer in the thread"],
    "Message.order_id": ["slow answer"] * 6,
    "Message.needs_answer": ["nothing to answer"],
    "Reply.automatic": ["automatic answer"],
    "Violation.severity": ["violation"],
}
CELLS: dict[str, Cell] = {
    f"{fact.__name__}.{column.name}": (fact, column.name) for fact in FACTS for column in fact.__table__.c if "merge" in column.info
}
LEFT_OUT = [cell for name, cell in CELLS.items() if name not in EXCEPTIONS or name == "Order.ship_by"]

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
unhappy = Order.feedback.any(Feedback.counts & (Feedback.rating <= 2)) | Order.claims.any(Claim.counts)
unhappy_orders = orders.where(unhappy, "Unhappy.")
packages = count(on=Package.promised_on, where=Package.confirmed_at.is_not(None), description="Packages.")
messages = count(on=Message.received_on, where=Message.counts, description="Messages.")
feedback = count(on=Feedback.left_on, where=Feedback.counts, description="Feedback.")
praised = feedback.where(Feedback.positive, "Praise.")
slow = Message.counts & Message.answered_after.is_distinct_from(3600) & passed(Message.received_at, hours=24)
severe = count(on=Violation.detected_on, where=Violation.severe, description="Severe violations.")
split = orders.split(
    {"late": (Order.late_by > 0, "Late."), "cancelled": (Order.items.any(Item.cancelled_by_seller), "Cancelled.")}, rest=("fine", "Fine.")
)


def other(key: str, value: Value, target: Target, *more_windows: Window, **fields: object) -> Metric:
    measures = {f"m{number}": measure for number, measure in enumerate(dict.fromkeys(value.measures))}
    return Metric(
        key=key, title="", description="", section="acme", windows=(Window(30), *more_windows), measures=measures, value=value,
        target=target, **fields,
    )  # fmt: skip


OTHERS = [
    other("unhappy_share", orders.where(unhappy & ~Order.amazon_fulfilled, "Unhappy.") / orders, Below("0.4"), Window(29, half_life=7)),
    other("happy_share", orders.without(unhappy, "Happy.") / orders, AtLeast("0.6")),
    other("own_share", orders.where(Order.seller_fulfilled & ~(Order.late_by > 0).is_(True), "In time.") / orders, AtLeast("0.5")),
    other("late_share", (split["late"] + split["cancelled"]) / orders, Below("0.3")),
    other("late_percent", Percent(split["late"], orders), Below("30")),
    other("points", Score({split["fine"]: 100, split["late"]: 0, split["cancelled"]: -100}, perfect=split["fine"]), AtLeast("60")),
    other("unhappy_orders", Count(unhappy_orders), Nothing(grave=unhappy_orders)),
    other("few_unhappy_orders", Count(unhappy_orders), Below("3")),
    other("by_ups", packages.where(Package.carrier == "UPS", "By UPS.") / packages, AtLeast("0.5"), parts={"category": Package.category}),
    other("praise", praised / feedback, AtLeast("0.5")),
    other("severe", Count(severe), Nothing(grave=severe)),
    other("slow_orders", orders.where(Order.messages.any(slow), "With a slow answer.") / orders, Below("0.3")),
    other("mean_answer", Mean(messages.total(Message.answered_after, "Seconds."), messages, unit=MetricUnit.HOURS, per=3600), Below("30")),
]
BUILT_IN = [built_in(key) for key in DEFINITIONS]
LENIENT = [  # so that a few misses leave the value GOOD
    built_in("order_defect_rate", target="0.4", warn="0.3"),
    built_in("cancellation_rate", target="0.4", warn="0.3", replacements=False),
    built_in("late_shipment_rate", target="0.4", warn="0.3", cancelled_in_denominator=True),
    built_in("on_time_delivery_rate", target="0.6", warn="0.7", min_units=2),
    built_in("valid_tracking_rate", target="0.6", warn="0.7"),
    built_in("contact_response_time", target="0.6", warn="0.7"),
]
QUERIES = [
    *(MetricQuery(metric, window, TODAY) for metric in (*BUILT_IN, *OTHERS) for window in metric.windows[:2]),
    *(MetricQuery(metric, metric.windows[0], TODAY, part=Part(by)) for metric in BUILT_IN if metric.target for by in dimensions(metric)),
    *(MetricQuery(metric, metric.windows[0], TODAY) for metric in LENIENT),
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all sellers, because its database compiles a statement once."""
    with new_world() as world:
        yield world


def turned(world: World, sellers: Sequence[tuple[Sequence[Story], Collection[FactKind]]]) -> list[dict[object, str]]:
    """What is GOOD without what is left out and worse with it, of the stories and the missing kinds of each seller."""
    accounts = [(world.account(covers=set(FactKind) - {*without}), world.account()) for _, without in sellers]
    for (before, after), (seen, without) in zip(accounts, sellers, strict=True):
        tell(before, seen, cells=False, without=without)
        tell(after, seen, cells=True)
    measured: dict[tuple[int, MetricQuery], QueryResult] = {}
    for _, queries in groupby(QUERIES, lambda query: query.metric):  # each metric by itself, so that few statements are compiled
        asked = [(seller.account_id, query) for query in queries for pair in accounts for seller in pair]
        measured |= zip(asked, measure_all(world, *asked), strict=True)
    found = []
    for before, after in accounts:
        now, then = (dict(statuses(measured[seller.account_id, query] for query in QUERIES)) for seller in (before, after))
        later = {label: then.get(label, "GOOD") for label, status in now.items() if status == "GOOD"}
        found.append({label: status for label, status in later.items() if status not in ("GOOD", "AT_RISK")})
    return found


def statuses(results: Iterable[QueryResult]) -> Iterator[tuple[object, str]]:
    """The status of everything that is judged: of each query, its part, and each of its figures."""
    for number, (query, result) in enumerate(zip(QUERIES, results, strict=True)):
        for part, of_part in result.by_part.items():
            label = number, query.metric.key, query.window, query.part, part
            yield label, of_part.status
            yield from (((*label, name), figure.status) for name, figure in of_part.figures.items())


def fine(number: int) -> list[Story]:
    """Orders of two ages of which nothing is left out."""
    return [Story(age, "fine", "SELLER", US) for age in AGES for _ in range(number)]


STORIES = stories(LEFT_OUT).filter(lambda story: not (story.is_cancelled and CELLS["Order.ship_by"] in story.left_out))
SELLERS = st.tuples(
    st.builds(lambda seen, others: [*seen, *fine(others)], st.lists(STORIES, max_size=4), st.integers(0, 8)),
    st.frozensets(st.sampled_from(FactKind), max_size=2),
)


@settings(fuzzing(short=3), max_examples=EXAMPLES // 50 or 3)
@given(sellers=st.lists(SELLERS, min_size=1, max_size=10))
def test_what_is_good_stays_good_when_what_was_left_out_is_imported(
    world: World, sellers: list[tuple[list[Story], frozenset[FactKind]]]
) -> None:
    assert turned(world, sellers) == [{}] * len(sellers)


def test_each_exception_is_one(world: World) -> None:
    """It also shows that the test above would notice."""
    sellers = [
        ([*(Story(age, story, "SELLER", US, frozenset([CELLS[name]])) for story in seen for age in AGES), *fine(6)], ())
        for name, seen in EXCEPTIONS.items()
    ]
    unharmed = [name for name, found in zip(EXCEPTIONS, turned(world, sellers), strict=True) if not found]
    assert unharmed == []


def test_the_exceptions_are_the_documented_ones() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "metrics.md").read_text()
    section = page.partition("## When a good value may still turn bad")[2].partition("\n## ")[0]
    named = set()
    for cells in re.findall(r"^\| (`.*?`)[^|`]* \|", section, re.MULTILINE):
        fact, *columns = re.findall(r"\w+", cells)
        named |= {f"{fact}.{column}" for column in columns}
    assert named == EXCEPTIONS.keys()
