"""The flat file of a settlement: refunds, chargebacks and claims that the seller paid."""

import pytest

from sellerhealth.facts import Chargeback, Claim, Refund
from sellerhealth.sources import Skipped
from tests.importers.test_finances_api import EVENT, events
from tests.importers.test_flat_orders import flat
from tests.support.importers import DE, FINANCES_API, SETTLEMENT, US, at, entries, errors, known_values, rows

COLUMNS = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-type order-id merchant-order-id "
    "adjustment-id shipment-id marketplace-name amount-type amount-description amount fulfillment-id posted-date posted-date-time "
    "order-item-code sku quantity-purchased promotion-id"
).split()
LINE = {
    "settlement-id": "18000000001",
    "transaction-type": "Refund",
    "order-id": "111-0000001-0000001",
    "marketplace-name": "Amazon.com",
    "amount-type": "ItemPrice",
    "amount-description": "Principal",
    "amount": "-21.38",
    "posted-date": "2026-03-09",
    "posted-date-time": "2026-03-09 10:00:00 UTC",
}
HEAD = {"settlement-id": "18000000001", "settlement-start-date": "2026-03-01 00:00:00 UTC", "total-amount": "1847.32"}
POSTED = at("2026-03-09T10:00:00Z")


@pytest.mark.parametrize(
    ("kind", "fact", "values"),
    [
        ("Refund", Refund, {"refunded_at": POSTED}),
        ("Chargeback Refund", Chargeback, {"filed_at": POSTED}),
        ("A-to-z Guarantee Refund", Claim, {"opened_at": POSTED, "decided_at": POSTED, "state": "GRANTED_SELLER"}),
        ("A-to-Z Guarantee Claim", Claim, {"opened_at": POSTED, "decided_at": POSTED, "state": "GRANTED_SELLER"}),
    ],
)
def test_the_type_of_a_transaction_says_which_fact_it_is(kind, fact, values):
    (row,) = rows(SETTLEMENT, flat(LINE | {"transaction-type": kind}, columns=COLUMNS))
    assert (row.fact, known_values(row)) == (fact, {"order_id": "111-0000001-0000001", "reported_marketplace": US} | values)


def test_other_transactions_are_skipped():
    others = [LINE | {"transaction-type": kind} for kind in ("Order", "ServiceFee", "Order_Retrocharge", "other-transaction")]
    found = entries(SETTLEMENT, flat(HEAD, *others, LINE | {"marketplace-name": "Non-Amazon US"}, columns=COLUMNS))
    assert [type(entry) for entry in found] == [Skipped] * 6


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ({"posted-date-time": "09.03.2026 10:00:00 UTC", "posted-date": "09.03.2026"}, "2026-03-09T10:00:00Z"),
        ({"posted-date-time": "2026-03-09T11:00:00+01:00", "posted-date": "09/03/26"}, "2026-03-09T10:00:00Z"),
        ({"posted-date-time": "", "posted-date": "09.03.2026"}, "2026-03-08T23:00:00Z"),
        ({"posted-date-time": "", "posted-date": "2026-03-09"}, "2026-03-08T23:00:00Z"),
    ],
)
def test_an_instant_and_a_day_are_read_as_marketplaces_write_them(written, instant):
    (row,) = rows(SETTLEMENT, flat(LINE | {"marketplace-name": ""} | written, columns=COLUMNS), DE, "Europe/Berlin")
    assert (row.values["refunded_at"], row.values["reported_marketplace"]) == (at(instant), DE)


def test_a_refund_is_the_same_fact_as_in_the_finances_api():
    (of_settlement,) = rows(SETTLEMENT, flat(LINE, columns=COLUMNS))
    (of_finances,) = rows(FINANCES_API, events(RefundEventList=[EVENT]))
    assert of_settlement.values == of_finances.values


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"order-id": ""}, "expected a value in the column 'order-id'"),
        ({"posted-date-time": "", "posted-date": "09/03/26"}, "expected an instant in the column 'posted-date-time', or a day"),
        ({"posted-date-time": "yesterday"}, "column 'posted-date-time': found 'yesterday'"),
    ],
)
def test_a_bad_line_is_rejected_alone(changed, why):
    found = entries(SETTLEMENT, flat(LINE | changed, LINE, columns=COLUMNS))
    (error,) = errors(found)
    assert why in error
    assert len(found) == 2
