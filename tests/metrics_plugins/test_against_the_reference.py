"""Every metric, with default and other settings, on random facts: the engine computes the same as the plain loops of the reference."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

import pytest

from sellerhealth import Metric, MetricResult, Window
from sellerhealth.engine.queries import MetricQuery, Part, Scope
from sellerhealth.testing import TODAY, US, Account, World
from tests.fuzz import EXAMPLES
from tests.support import reference
from tests.support.account_facts import AccountFacts
from tests.support.forgetting import forget_statements
from tests.support.random_facts import DE, observations, random_facts
from tests.support.reference_metrics import DEFINITIONS, judge_rating
from tests.support.world import built_in, measure_all


class Variant(NamedTuple):
    """A metric with some settings, and the same settings as arguments of the reference."""

    key: str
    metric: Metric
    settings: Mapping[str, Any]

    def entries(self, facts: AccountFacts) -> list[reference.Entry]:
        """The entries of the reference."""
        return list(DEFINITIONS[self.key].entries(facts, **self.settings))


def variant(key: str, **settings: Any) -> Variant:
    return Variant(key, built_in(key, **settings), settings)


MILD = {
    "claims": -20, "chargebacks": -10, "negative_feedback": -30, "expirations": 0, "cancellations": -40, "late_shipments": 50,
    "late_responses": 50, "perfect": 90, "bonus": 95,
}  # fmt: skip
DEFAULTS = [variant(key) for key in DEFINITIONS]
OTHERS = [
    variant("order_defect_rate", claims_policy="all", replacements=False),
    variant("cancellation_rate", replacements=False),
    variant("late_shipment_rate", late_grace_days=1, cancelled_in_denominator=True, replacements=False),
    variant("on_time_delivery_rate", unit="packages", drop_late_protected=False),
    variant("contact_response_time", limit_hours=48),
    variant("seller_rating", points=MILD),
    variant("seller_rating", buyer_cancelled="perfect", replacements=False),
    Variant("seller_rating", built_in("seller_rating", bonus_enabled=False), {"with_bonus": False}),
]
SCOPES = [Scope(marketplace, channel) for marketplace in (None, US, DE) for channel in (None, "SELLER", "AMAZON")]
DAYS = [TODAY, TODAY - dt.timedelta(1), TODAY - dt.timedelta(40)]


def store(seller: Account, facts: AccountFacts, random: Random) -> None:
    """Stores the facts in random order and in pieces, so that some come before their orders."""
    rows = list(observations(facts))
    random.shuffle(rows)
    for start in range(0, len(rows), 100):
        for fact, observed_at, values in rows[start : start + 100]:
            seller.add(fact, observed_at=observed_at, **values)
        seller.save()


def expected(
    entries: list[reference.Entry], metric: Metric, window: Window, as_of: dt.date, scope: Scope, by: str | None
) -> dict[str, dict[str, int]]:
    """The numbers of the reference by part, with every measure."""
    last = as_of - dt.timedelta(window.lag)
    first = last - dt.timedelta(window.days - 1) if window.days else dt.date.min
    counted = reference.add_up(entries, first, last, scope.marketplace, scope.channel, by)
    numbers = {part: dict.fromkeys(metric.all_measures, 0) | named for part, named in counted.items()}
    if by is None:
        return {"": dict.fromkeys(metric.all_measures, 0)} | numbers
    return {part: named for part, named in numbers.items() if any(named.values())}


def dimensions(entries: list[reference.Entry], metric: Metric) -> list[str | None]:
    has_channel = all(entry.channel is not None for entry in entries)
    return list(dict.fromkeys([None, "marketplace", *(["channel"] if has_channel else []), *metric.parts]))


@pytest.mark.parametrize(("seed", "time_zone"), [(seed, ("UTC", "America/Los_Angeles")[seed % 2]) for seed in range(6 if EXAMPLES else 2)])
def test_the_engine_computes_what_plain_loops_compute(world: World, seed: int, time_zone: str) -> None:
    random = Random(seed)
    sellers = {}
    for number in range(2):
        facts = random_facts(1000 * seed + number, time_zone)
        seller = world.account(time_zone=time_zone, time_zones={DE: "Europe/Berlin"})
        store(seller, facts, random)
        sellers[seller.account_id] = facts
    compared: defaultdict[str, int] = defaultdict(int)
    for as_of, scope in [(TODAY, Scope()), *((random.choice(DAYS), scope) for scope in random.sample(SCOPES, 3))]:
        expectations = {}
        for account_id, facts in sellers.items():
            for one in [*DEFAULTS, *OTHERS]:
                entries = one.entries(facts)
                if scope.channel is not None and any(entry.channel is None for entry in entries):
                    continue  # such facts have no channel: see test_facts_without_a_channel_have_no_result_for_one
                for window, by in itertools.product(one.metric.windows, dimensions(entries, one.metric)):
                    query = MetricQuery(one.metric, window, as_of, scope, None if by is None else Part(by))
                    expectations[account_id, query] = one, expected(entries, one.metric, window, as_of, scope, by)
        for ((_, query), (one, numbers)), measured in zip(expectations.items(), measure_all(world, *expectations), strict=True):
            assert {part: dict(result.numbers) for part, result in measured.by_part.items()} == numbers, (one.key, one.settings, query)
            if one in DEFAULTS:
                for result in measured.by_part.values():
                    value, status = DEFINITIONS[one.key].judge(result.numbers)
                    if (
                        status == "GOOD" and result.unproven.rows
                    ):  # whether it stays good: see test_unproven_rows.py and test_worst_reading.py
                        assert result.status.value in ("GOOD", "NOT_AVAILABLE")
                        status = result.status.value
                    assert (result.value, result.status.value) == (value, status), (one.key, query)
            if one.settings.get("points") is MILD:
                assert all(result.value == judge_rating(result.numbers, MILD)[0] for result in measured.by_part.values())
            compared[one.key] += sum(any(named.values()) for named in numbers.values())
        forget_statements([world.database])  # those of so many metrics take 50 MB, and each part of a scope has others
    assert all(compared[key] > 10 for key in DEFINITIONS), dict(compared)


def test_the_windows_are_those_of_the_reference() -> None:
    for one in DEFAULTS:
        windows = [(window.days, window.lag) for window in one.metric.windows]
        assert windows == DEFINITIONS[one.key].windows, one.key


@pytest.mark.parametrize("key", ["policy_violations", "contact_response_time", "customer_feedback"])
def test_facts_without_a_channel_have_no_result_for_one(world: World, key: str) -> None:
    (one,) = (one for one in DEFAULTS if one.key == key)
    result = world.measure(world.account(), one.metric, scope=Scope(channel="SELLER"))
    assert (result.value, result.reason) == (None, "WITHOUT_CHANNEL")


def figure(result: MetricResult, name: str) -> Fraction | None:
    return result.figures[name].value


@pytest.mark.parametrize("seed", range(3 if EXAMPLES else 1))
def test_the_figures_are_those_of_plain_loops(world: World, seed: int) -> None:
    facts, seller = random_facts(seed, "UTC"), world.account(time_zones={DE: "Europe/Berlin"})
    store(seller, facts, Random(seed))
    measured = {one.key: world.measure(seller, one.metric, window=Window(400)) for one in DEFAULTS}

    late = measured["late_shipment_rate"]
    assert figure(late, "projected_rate") == Fraction(late.numbers["late"] + late.numbers["overdue"], late.numbers["orders"])

    replies = [reference.first_answer(facts, m) for m in facts.messages if m.get("received_at") and m.get("needs_answer") is not False]
    assert sum(first_answer is not None for first_answer in replies) > 5
    contact = measured["contact_response_time"].numbers
    hours = Fraction(contact["answered_after"], 3600 * (contact["in_time"] + contact["late"]))
    assert figure(measured["contact_response_time"], "average_hours") == hours

    stars = [f["rating"] for f in facts.feedback if f.get("left_at") and reference.counts(f)]
    feedback = measured["customer_feedback"]
    for name, chosen in (("positive", (4, 5)), ("neutral", (3,)), ("negative", (1, 2))):
        percent = 100 * sum(star in chosen for star in stars) / len(stars)
        assert figure(feedback, f"{name}_percent") == int(percent + 0.5)
    assert figure(feedback, "stars") == Fraction(int(Fraction(10 * sum(stars), len(stars)) + Fraction(1, 2)), 10)


@pytest.mark.parametrize("seed", range(3 if EXAMPLES else 1))
def test_with_a_half_life_every_order_weighs_by_its_age(world: World, seed: int) -> None:
    facts, seller = random_facts(seed, "UTC"), world.account(time_zones={DE: "Europe/Berlin"})
    store(seller, facts, Random(seed))
    one = variant("seller_rating", points=MILD)
    weighted = built_in("seller_rating", points=MILD, half_life_days=60, maturity_days=3)
    points = weights = 0.0
    for entry in one.entries(facts):
        age = (TODAY - entry.day).days - 3
        if 0 <= age < 365:
            (event,) = (name for name in entry.numbers if name != "orders")
            weight = 0.5 ** (age / 60)
            points, weights = points + weight * MILD[event], weights + weight
    result, unweighted = world.measure(seller, weighted), world.measure(seller, one.metric, window=Window(365, lag=3))
    assert 0 < result.value < 100
    assert result.value != unweighted.value
    assert float(result.value) == pytest.approx(points / weights, abs=0.0051)
