"""Our own CSVs: one for each fact."""

import pytest

from sellerhealth.facts import Chargeback, Claim, Feedback, Item, Message, Package, Refund, Reply, Violation
from sellerhealth.model.tables import FactKind
from tests.support.importers import DE, OWN_CSVS, US, at, entries, errors, known_values, rows

ORDER_ID = "123-4567890-1234567"


def test_there_is_one_for_everything_that_amazon_does_not_report():
    covers = {importer.name: importer.covers for importer in OWN_CSVS}
    assert covers == {
        "cancellations": frozenset(),
        "chargebacks": {FactKind.CHARGEBACK},
        "claims": {FactKind.CLAIM},
        "feedback": {FactKind.FEEDBACK},
        "messages": {FactKind.MESSAGE},
        "packages": {FactKind.PACKAGE},
        "refunds": {FactKind.REFUND},
        "violations": {FactKind.VIOLATION},
    }


@pytest.mark.parametrize(
    ("name", "fact", "says"),
    [
        (
            "claims",
            Claim,
            {
                "order_id": ORDER_ID,
                "opened_at": at("2026-03-01T00:00:00Z"),
                "state": "GRANTED_SELLER",
                "decided_at": at("2026-03-09T00:00:00Z"),
            },
        ),
        ("chargebacks", Chargeback, {"order_id": ORDER_ID, "filed_at": at("2026-03-01T00:00:00Z"), "kind": "SERVICE"}),
        ("refunds", Refund, {"order_id": ORDER_ID, "refunded_at": at("2026-03-01T00:00:00Z"), "reason": "CUSTOMER_RETURN"}),
        (
            "violations",
            Violation,
            {
                "violation_id": "PV-2026-0001",
                "detected_at": at("2026-03-01T00:00:00Z"),
                "category": "listingPolicyViolations",
                "severity": "HIGH",
                "asin": "B000000000",
                "resolved_at": at("2026-03-09T00:00:00Z"),
            },
        ),
        (
            "feedback",
            Feedback,
            {
                "order_id": ORDER_ID,
                "left_at": at("2026-03-01T00:00:00Z"),
                "rating": 5,
                "comment": "Exactly as described.",
                "struck_through": False,
            },
        ),
        (
            "messages",
            Message,
            {
                "message_id": "M-5001",
                "thread_id": "T-1001",
                "order_id": ORDER_ID,
                "received_at": at("2026-03-01T09:30:00Z"),
                "needs_answer": True,
            },
        ),
        (
            "packages",
            Package,
            {
                "order_id": ORDER_ID,
                "package_id": "1",
                "confirmed_at": at("2026-03-01T09:30:00Z"),
                "carrier": "UPS",
                "tracking_number": "1Z0000000000000000",
                "category": "Kitchen",
                "units": 1,
                "scanned": True,
                "first_scan_at": at("2026-03-01T18:05:00Z"),
                "delivered_at": at("2026-03-03T14:20:00Z"),
                "is_protected": False,
            },
        ),
    ],
)
def test_the_example_of_a_template_is_read_as_expected(name, fact, says):
    (importer,) = (importer for importer in OWN_CSVS if importer.name == name)
    (row,) = rows(name, importer.template or "")
    assert row.fact is fact
    assert known_values(row) == says | {"reported_marketplace": US}


def test_a_cancellation_is_of_an_item_or_of_the_whole_order():
    content = f"order_id,item_id,cancelled_by,cancelled_at,reason,buyer_asked\n{ORDER_ID},,seller,,,\n{ORDER_ID},70001,BUYER,2026-03-01T09:30:00Z,LATE,yes\n"
    whole, part = rows("cancellations", content)
    assert (whole.fact, known_values(whole)) == (Item, {"order_id": ORDER_ID, "item_id": "*", "cancelled_by": "SELLER"})
    assert known_values(part) == {
        "order_id": ORDER_ID,
        "item_id": "70001",
        "cancelled_by": "BUYER",
        "cancelled_at": at("2026-03-01T09:30:00Z"),
        "cancel_reason": "LATE",
        "buyer_asked": True,
    }
    assert known_values(rows("cancellations", f"order_id,cancelled_by\n{ORDER_ID},AMAZON\n")[0])["item_id"] == "*"


def test_a_conversation_is_made_of_messages_and_replies():
    content = (
        "thread_id,message_id,from,sent_at,order_id,needs_answer,answered_at,automatic,marketplace\n"
        f"T-1,M-1,BUYER,2026-03-01T09:00:00Z,{ORDER_ID},no,2026-03-01T10:00:00Z,,DE\n"
        f"T-1,M-2,seller,2026-03-01T09:01:00Z,{ORDER_ID},,,yes,DE\n"
    )
    message, reply = rows("messages", content)
    assert known_values(message) == {
        "message_id": "M-1",
        "thread_id": "T-1",
        "order_id": ORDER_ID,
        "received_at": at("2026-03-01T09:00:00Z"),
        "needs_answer": False,
        "reported_answered_at": at("2026-03-01T10:00:00Z"),
        "reported_marketplace": DE,
    }
    assert (reply.fact, reply.values) == (Reply, {"thread_id": "T-1", "sent_at": at("2026-03-01T09:01:00Z"), "automatic": True})


def test_an_empty_cell_is_an_unknown_value():
    (row,) = rows("packages", "order_id,package_id,confirmed_at,units,scanned\nA-1,1,,,\n")
    assert known_values(row) == {"order_id": "A-1", "package_id": "1"}


def test_the_marketplace_is_that_of_the_line_else_the_one_named_at_import():
    found = rows("claims", "order_id,opened_at,marketplace\nA-1,2026-03-01,de\nA-2,2026-03-01,\n", US)
    assert [row.values["reported_marketplace"] for row in found] == [DE, US]


def test_a_day_begins_in_the_zone_of_the_marketplace():
    (row,) = rows("claims", "order_id,opened_at\nA-1,2026-03-01\n", zone="Europe/Berlin")
    assert row.values["opened_at"] == at("2026-02-28T23:00:00Z")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "claims",
            "order_id,opened_at,state\nA-1,2026-03-01,LOST\n",
            "column 'state': found 'LOST', expected one of OPEN, GRANTED_SELLER,",
        ),
        ("claims", "order_id,opened_at,state\nA-1,,OPEN\n", "column 'opened_at': found '', expected a value"),
        ("claims", "order_id,opened_at\n,2026-03-01\n", "column 'order_id': found '', expected a value"),
        (
            "chargebacks",
            "order_id,filed_at,kind\nA-1,2026-03-01,FRUAD\n",
            "column 'kind': found 'FRUAD', expected one of SERVICE, FRAUD, UNKNOWN. Did you mean fraud?",
        ),
        (
            "packages",
            "order_id,package_id,confirmed_at\nA-1,1,2026-03-01\n",
            "column 'confirmed_at': found '2026-03-01', expected an instant with its offset from UTC",
        ),
        ("packages", "order_id,package_id,units\nA-1,1,two\n", "column 'units': found 'two', expected a whole number from 0 to 1000000"),
        (
            "messages",
            "thread_id,message_id,from,sent_at\nT,M,Jane,2026-03-01T09:00:00Z\n",
            "column 'from': found 'Jane', expected one of BUYER, SELLER.",
        ),
        (
            "messages",
            "thread_id,message_id,from,sent_at\nx@y.example,M,BUYER,2026-03-01T09:00:00Z\n",
            "column 'thread_id': found '(an e-mail address)', expected a key",
        ),
        (
            "feedback",
            "order_id,left_at,rating,struck_through\nA-1,2026-03-01,5,maybe\n",
            "column 'struck_through': found 'maybe', expected one of yes, no,",
        ),
        (
            "violations",
            "violation_id,detected_at,severity,marketplace\nV-1,2026-03-01,HIGH,Mars\n",
            "column 'marketplace': found 'Mars', expected the id, country code or domain",
        ),
    ],
)
def test_a_bad_cell_is_reported_with_what_was_expected(name, content, message):
    (error,) = errors(entries(name, content))
    assert error.startswith(f"line 2, {message}")
