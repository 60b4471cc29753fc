"""Derived columns of the facts of an order, by examples of docs/spec/facts.md."""

import datetime as dt
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sellerhealth.facts import Chargeback, Claim, Feedback, FeedbackClass, Message, Order, Package, Refund, Violation
from sellerhealth.model.tables import UNKNOWN, Fact
from sellerhealth.store.derive import CHILDREN, derive_child
from tests.store.deriving import HOUR, LOS_ANGELES, NOON, UTC, Values, at, child
from tests.store.observations import GERMANY, US, blank_fact

INSTANTS = {"opened_at", "filed_at", "refunded_at"}  # that name a fact, so that none is without


def derived(fact: type[Fact], order: Values | None = None, zone: ZoneInfo = UTC, **values: Any) -> Values:
    row, _ = child(fact, order, zone, **values)
    return row


@pytest.mark.parametrize(
    ("of_order", "reported", "marketplace"),
    [
        (US, GERMANY, US),
        (US, None, US),
        (UNKNOWN, GERMANY, GERMANY),
        (None, GERMANY, GERMANY),
        (None, None, UNKNOWN),
        (UNKNOWN, None, UNKNOWN),
    ],
)
@pytest.mark.parametrize("fact", CHILDREN)
def test_the_marketplace_of_the_order_takes_precedence(
    fact: type[Fact], of_order: str | None, reported: str | None, marketplace: str
) -> None:
    zones: dict[str, ZoneInfo] = defaultdict(lambda: UTC)
    row = blank_fact(fact, order_id="702-1", reported_marketplace=reported) | dict.fromkeys(INSTANTS & fact.model_fields.keys(), NOON)
    order = None if of_order is None else blank_fact(Order, marketplace=of_order)
    list(derive_child(fact, row, order, zones.__getitem__, lambda rating, comment: FeedbackClass.NEUTRAL))
    assert (row["marketplace"], list(zones)) == (marketplace, [marketplace])


@pytest.mark.parametrize(
    ("fact", "instant", "day"),
    [
        (Package, "confirmed_at", "confirmed_on"),
        (Package, "delivered_at", "delivered_on"),
        (Claim, "opened_at", "opened_on"),
        (Chargeback, "filed_at", "filed_on"),
        (Feedback, "left_at", "left_on"),
        (Message, "received_at", "received_on"),
        (Refund, "refunded_at", "refunded_on"),
        (Violation, "detected_at", "detected_on"),
    ],
)
def test_the_day_of_a_fact_is_that_of_the_zone_of_its_marketplace(fact: type[Fact], instant: str, day: str) -> None:
    assert derived(fact, zone=LOS_ANGELES, **{instant: at("03-31T06:59:59")})[day] == dt.date(2026, 3, 30)


def test_a_package_has_the_channel_and_promise_of_its_order() -> None:
    order = blank_fact(Order, channel="SELLER", deliver_by=at("03-31T06:59:59"))
    known, unknown = derived(Package, order, LOS_ANGELES), derived(Package)
    assert (known["channel"], known["deliver_by"], known["promised_on"]) == ("SELLER", at("03-31T06:59:59"), dt.date(2026, 3, 30))
    assert (unknown["channel"], unknown["deliver_by"], unknown["promised_on"]) == (UNKNOWN, None, None)


@pytest.mark.parametrize(
    ("tracked", "values"),
    [
        (True, {"tracking_number": "1Z", "first_scan_at": NOON}),
        (True, {"tracking_number": "1Z", "scanned": True}),
        (False, {"tracking_number": "1Z"}),
        (False, {"tracking_number": "1Z", "scanned": False}),
        (False, {"tracking_number": "1Z", "delivered_at": NOON}),  # a delivery alone proves no scan
        (False, {"tracking_number": "", "scanned": True}),
        (False, {"first_scan_at": NOON}),
    ],
)
def test_tracking_is_a_number_that_a_carrier_scanned(tracked: bool, values: Values) -> None:
    assert derived(Package, **values)["tracked"] is tracked


@pytest.mark.parametrize(
    ("values", "attempted_at"),
    [
        ({}, None),
        ({"delivered_at": NOON}, NOON),
        ({"first_attempt_at": NOON, "delivered_at": NOON + 24 * HOUR}, NOON),
        ({"first_attempt_at": NOON}, NOON),
    ],
)
def test_the_first_attempt_counts_before_the_delivery(values: Values, attempted_at: dt.datetime | None) -> None:
    assert derived(Package, **values)["attempted_at"] == attempted_at


@pytest.mark.parametrize(("units", "count"), [(None, 1), (0, 1), (1, 1), (500, 500)])
def test_a_package_counts_for_its_units_and_at_least_for_one(units: int | None, count: int) -> None:
    assert derived(Package, units=units)["unit_count"] == count


def test_feedback_is_classed_by_its_rating_and_comment() -> None:
    def classify(rating: int, comment: str | None) -> FeedbackClass:
        return FeedbackClass.POSITIVE if (rating, comment) == (2, "fine") else FeedbackClass.NEGATIVE

    classes = []
    for rating, comment in ((2, "fine"), (2, None), (None, "fine")):
        row = blank_fact(Feedback, order_id="702-1", rating=rating, comment=comment)
        assert list(derive_child(Feedback, row, blank_fact(Order, placed_on=dt.date(2026, 3, 1)), lambda marketplace: UTC, classify)) == []
        classes.append(row["classification"])
    assert classes == ["POSITIVE", "NEGATIVE", None]
