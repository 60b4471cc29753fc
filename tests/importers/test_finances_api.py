"""Responses of the Finances API v0: refunds, claims and chargebacks."""

import json
from typing import Any

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.facts import Chargeback, Claim, Refund
from sellerhealth.sources import Skipped
from tests.support.importers import DE, FINANCES_API, ORDERS_API_V0, US, at, entries, errors, known_values, rows

EVENT: dict[str, Any] = {
    "AmazonOrderId": "111-0000001-0000001",
    "SellerOrderId": "S-1",
    "MarketplaceName": "Amazon.com",
    "PostedDate": "2026-03-09T10:00:00Z",
    "ShipmentItemAdjustmentList": [{"OrderAdjustmentItemId": "7", "SellerSKU": "CUP-1", "AmazonOrderId": "not an event"}],
}
POSTED = at("2026-03-09T10:00:00Z")
OF_ORDER = {"order_id": "111-0000001-0000001", "reported_marketplace": US}


def events(**lists: list[dict[str, Any]]) -> str:
    """A response with lists of events, after shipments, which are not read."""
    shipment = EVENT | {"ShipmentItemList": [{"OrderItemId": "70001"}]}
    return json.dumps({"payload": {"FinancialEvents": {"ShipmentEventList": [shipment], **lists}, "NextToken": "x"}}, indent=1)


@pytest.mark.parametrize(
    ("name", "fact", "values"),
    [
        ("RefundEventList", Refund, {"refunded_at": POSTED}),
        ("ChargebackEventList", Chargeback, {"filed_at": POSTED}),
        ("GuaranteeClaimEventList", Claim, {"opened_at": POSTED, "decided_at": POSTED, "state": "GRANTED_SELLER"}),
    ],
)
def test_the_list_of_an_event_says_which_fact_it_is(name, fact, values):
    (row,) = rows(FINANCES_API, events(**{name: [EVENT]}))
    assert (row.fact, known_values(row)) == (fact, OF_ORDER | values)


def test_several_pages_are_read_and_a_page_without_an_event_is_one():
    page = events(RefundEventList=[EVENT])
    assert len(rows(FINANCES_API, page + "\n" + events(RefundEventList=[]) + page)) == 2


def test_an_event_of_another_shop_or_of_an_unknown_marketplace_is_skipped_with_the_reason():
    elsewhere, unknown = EVENT | {"MarketplaceName": "Non-Amazon US"}, EVENT | {"MarketplaceName": "Amazon.cl"}
    found = entries(FINANCES_API, events(RefundEventList=[elsewhere, unknown]))
    assert [(type(each), each.reason) for each in found] == [(Skipped, None), (Skipped, "its marketplace Amazon.cl is not known")]


def test_an_event_without_a_marketplace_has_that_of_the_import():
    (row,) = rows(FINANCES_API, events(RefundEventList=[EVENT | {"MarketplaceName": None}]), DE)
    assert row.values["reported_marketplace"] == DE


@pytest.mark.parametrize("field", ["AmazonOrderId", "PostedDate"])
def test_a_bad_event_is_rejected_with_a_text_that_can_be_imported_again(field):
    bad = EVENT | {field: ""}
    found = entries(FINANCES_API, events(ChargebackEventList=[bad, EVENT]))
    (error,) = errors(found)
    assert f"column '{field}': found '', expected a value" in error
    (again,) = entries(FINANCES_API, found[0].text.replace('""', '"2026-03-09T10:00:00Z"'))
    assert again.fact is Chargeback
    assert len(found) == 2


def test_what_is_no_event_is_rejected():
    found = entries(FINANCES_API, events(RefundEventList=[EVENT, "EVENT"]))
    assert errors(found) == ["line 38, column 'RefundEventList': expected an object"]


def test_a_response_without_a_list_of_refunds_covers_nothing():
    with pytest.raises(BadFile, match="holds no refund and no empty list of refunds"):
        entries(FINANCES_API, events())


def test_another_importer_says_that_it_is_of_this_format():
    with pytest.raises(BadFile, match="a response of the Finances API: import it as FINANCES_API_V0"):
        entries(ORDERS_API_V0, events(RefundEventList=[EVENT]))
