"""Contradictions are noted under their codes, and nothing else is."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sellerhealth.facts import Chargeback, ChargebackKind, Claim, Feedback, Message, Order, Package, Refund, Violation
from sellerhealth.model.tables import Fact
from sellerhealth.store.derive import NOTES, note_order, note_refund
from sellerhealth.store.listings import CODES
from tests.store.deriving import NOON, SECOND, Values, child, item, order_of, package
from tests.store.observations import blank_fact

IMPORTED = blank_fact(Order, placed_at=NOON, placed_on=NOON.date())


def of_order(*parts: Values, **values: Any) -> Sequence[str]:
    items, packages = ([part for part in parts if name in part] for name in ("item_id", "package_id"))
    known = {"channel": "SELLER", "status": "UNSHIPPED", "placed_at": NOON}
    return list(note_order(order_of(*parts, **(known | values)), items, packages))


def of_child(fact: type[Fact], order: Values | None = IMPORTED, **values: Any) -> Sequence[str]:
    _, codes = child(fact, order, **values)
    return codes


MIDNIGHT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def of_refund(*instants: dt.datetime) -> Sequence[str]:
    """The notes of the first of the refunds of an order."""
    refunds = [blank_fact(Refund, order_id="A-1", refunded_at=instant) for instant in instants]
    return list(note_refund(refunds[0], refunds, lambda marketplace: ZoneInfo("UTC")))


NOTED: dict[str, Callable[[], tuple[Sequence[str], Sequence[str]]]] = {
    "answered_before_received": lambda: (
        of_child(Message, received_at=NOON, reported_answered_at=NOON - SECOND),
        of_child(Message, received_at=NOON, reported_answered_at=NOON),
    ),
    "canceller_unknown": lambda: (of_order(status="CANCELLED"), of_order(item(buyer_asked=True), status="CANCELLED")),
    "channel_unknown": lambda: (of_order(channel="UNKNOWN"), of_order(channel="SELLER")),
    "chargeback_kind_unknown": lambda: (
        of_child(Chargeback, filed_at=NOON, kind=ChargebackKind.UNKNOWN),
        of_child(Chargeback, filed_at=NOON, kind=ChargebackKind.FRAUD),
    ),
    "confirmed_before_placed": lambda: (
        of_order(package(confirmed_at=NOON - SECOND), placed_at=NOON),
        of_order(package(confirmed_at=NOON), placed_at=NOON),
    ),
    "day_unknown": lambda: (of_order(placed_at=None), of_order()),
    "decided_before_opened": lambda: (
        of_child(Claim, opened_at=NOON, decided_at=NOON - SECOND),
        of_child(Claim, opened_at=NOON, decided_at=NOON),
    ),
    "delivered_before_shipped": lambda: (
        of_child(Package, confirmed_at=NOON, first_scan_at=NOON, delivered_at=NOON - SECOND),
        of_child(Package, confirmed_at=NOON, first_scan_at=NOON, delivered_at=NOON),
    ),
    "feedback_doubled": lambda: (of_child(Feedback, doubled=True), of_child(Feedback, doubled=False)),
    "order_not_imported": lambda: (of_child(Refund, None, refunded_at=NOON), of_child(Violation, None, order_id=None, detected_at=NOON)),
    "package_doubled": lambda: (
        of_order(package(tracking_number="1Z1"), package(tracking_number="1Z1")),
        of_order(package(tracking_number="1Z1"), package(), package()),
    ),
    "refund_doubled": lambda: (of_refund(MIDNIGHT, NOON), of_refund(NOON, MIDNIGHT)),
    "removed_before_left": lambda: (
        of_child(Feedback, left_at=NOON, removed_at=NOON - SECOND),
        of_child(Feedback, left_at=NOON, removed_at=NOON),
    ),
    "request_of_order": lambda: (
        of_order(buyer_asked=True),
        of_order(item(item_id="sku:CUP:1", buyer_asked=True), buyer_asked=True),
    ),
    "resolved_before_detected": lambda: (
        of_child(Violation, detected_at=NOON, resolved_at=NOON - SECOND),
        of_child(Violation, detected_at=NOON, resolved_at=NOON),
    ),
    "shipped_and_cancelled": lambda: (
        of_order(package(confirmed_at=NOON), item(buyer_asked=True), status="CANCELLED"),
        of_order(package(), item(buyer_asked=True), status="CANCELLED"),
    ),
    "status_unknown": lambda: (of_order(status=None), of_order(status="PENDING")),
}


@pytest.mark.parametrize("code", sorted(NOTES.keys() - CODES))  # those of CODES are no matter of the fact alone: see test_listings
def test_a_contradiction_is_noted_and_its_absence_is_not(code: str) -> None:
    wrong, right = NOTED[code]()
    assert (wrong, right) == ([code], [])


def test_a_chargeback_of_unknown_kind_is_noted() -> None:
    assert of_child(Chargeback, filed_at=NOON) == ["chargeback_kind_unknown"]


@pytest.mark.parametrize("values", [{"first_scan_at": NOON}, {"confirmed_at": NOON}])
@pytest.mark.parametrize("arrival", ["first_attempt_at", "delivered_at"])
def test_an_arrival_before_a_scan_or_a_confirmation_is_noted(values: Values, arrival: str) -> None:
    assert of_child(Package, **values, **{arrival: NOON - SECOND}) == ["delivered_before_shipped"]


def test_an_attempt_before_the_confirmation_is_noted_even_if_the_delivery_came_after_it() -> None:
    assert of_child(Package, confirmed_at=NOON, first_attempt_at=NOON - SECOND, delivered_at=NOON + SECOND) == ["delivered_before_shipped"]


def test_an_unknown_canceller_of_an_order_that_amazon_fulfils_is_not_noted() -> None:
    assert [of_order(status="CANCELLED", channel=channel) for channel in ("SELLER", "UNKNOWN", "AMAZON")] == [
        ["canceller_unknown"],
        ["channel_unknown", "canceller_unknown"],
        [],
    ]


@pytest.mark.parametrize(("fact", "day"), [(Package, None), (Feedback, "left_at"), (Message, "received_at"), (Violation, "detected_at")])
def test_a_fact_without_a_day_is_noted_unless_its_order_has_one(fact: type[Fact], day: str | None) -> None:
    undated = blank_fact(Order)
    assert (of_child(fact, undated), of_child(fact)) == (["day_unknown"], [])
    if day is None:
        assert of_child(fact, undated | {"deliver_by": NOON}) == []
        assert of_child(fact, None) == ["order_not_imported"]  # which says that its day is unknown
    else:
        assert of_child(fact, undated, **{day: NOON}) == []
        assert of_child(fact, None) == ["order_not_imported", "day_unknown"]
