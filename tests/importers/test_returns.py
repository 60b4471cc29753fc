"""The flat file of returns: refunds, and which orders have a claim."""

import pytest

from sellerhealth.facts import Refund
from sellerhealth.sources import Remark, Row, Skipped
from tests.importers.test_flat_orders import flat
from tests.support.importers import RETURNS, US, at, entries, errors, known_values, rows

COLUMNS = [
    *("Order ID", "Order date", "Return request date", "Return request status", "Amazon RMA ID", "Label cost", "Return carrier"),
    *("A-to-Z Claim", "Is prime", "Merchant SKU", "Item Name", "Return quantity", "Return Reason", "Resolution", "Refunded Amount"),
]
LINE = {
    "Order ID": "111-0000001-0000001",
    "Order date": "28-Feb-2026",
    "Return request date": "05-Mar-2026",
    "Return request status": "Approved",
    "A-to-Z Claim": "N",
    "Return Reason": "CR-DEFECTIVE",
    "Resolution": "StandardRefund",
    "Refunded Amount": "21.38",
}


def test_a_return_with_a_refunded_amount_is_a_refund_on_the_day_of_its_request():
    (row,) = rows(RETURNS, flat(LINE, columns=COLUMNS), US, "America/Los_Angeles")
    assert (row.fact, known_values(row)) == (
        Refund,
        {
            "order_id": "111-0000001-0000001",
            "refunded_at": at("2026-03-05T08:00:00Z"),
            "reason": "CR-DEFECTIVE",
            "reported_marketplace": US,
        },
    )


@pytest.mark.parametrize("amount", ["", "0", "0.00", " "])
def test_a_return_without_a_refund_is_skipped(amount):
    (entry,) = entries(RETURNS, flat(LINE | {"Refunded Amount": amount}, columns=COLUMNS))
    assert isinstance(entry, Skipped)


@pytest.mark.parametrize(("amount", "kind"), [("", Skipped), ("21,38", Row)])
def test_a_claim_is_reported_and_is_no_fact(amount, kind):
    remark, entry = entries(RETURNS, flat(LINE | {"A-to-Z Claim": "Y", "Refunded Amount": amount}, columns=COLUMNS))
    assert isinstance(remark, Remark)
    assert (remark.field, "import the claims" in remark.text) == ("A-to-Z Claim", True)
    assert isinstance(entry, kind)


@pytest.mark.parametrize("day", ["5-mar-2026", "2026-03-05", "2026-03-05T00:00:00Z"])
def test_a_day_may_be_written_otherwise(day):
    (row,) = rows(RETURNS, flat(LINE | {"Return request date": day}, columns=COLUMNS))
    assert row.values["refunded_at"] == at("2026-03-05T00:00:00Z")


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("Return request date", "31-Feb-2026", "a day such as 01-Mar-2026"),
        ("Return request date", "05-Xyz-2026", "a day such as 01-Mar-2026"),
        ("Refunded Amount", "all", "an amount such as 21.38"),
        ("Order ID", "", "a value"),
        ("A-to-Z Claim", "perhaps", "one of"),
    ],
)
def test_a_bad_line_is_rejected_alone(column, cell, why):
    found = entries(RETURNS, flat(LINE | {column: cell}, LINE, columns=COLUMNS))
    (error,) = errors(found)
    assert f"column '{column}': found '{cell}', expected {why}" in error
    assert len(found) == 2
