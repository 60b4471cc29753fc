"""The built-in importers pass the conformance checks."""

import json
from typing import ClassVar

import pytest

from sellerhealth.facts import Chargeback, Claim, Feedback, Item, Order, Package, Refund
from sellerhealth.sources import Reported
from sellerhealth.testing import ImporterConformance
from tests.importers import (
    test_fba_shipments,
    test_order_report,
    test_returns,
    test_seller_feedback,
    test_settlement,
    test_shipment_feed,
)
from tests.importers.test_finances_api import EVENT, events
from tests.importers.test_flat_orders import flat
from tests.importers.test_order_changes import change
from tests.support.importers import (
    BY_LAST_UPDATE,
    BY_ORDER_DATE,
    FBA_SHIPMENTS,
    FEEDBACK_MANAGER,
    FEEDBACK_REPORT,
    FINANCES_API,
    FLAT_SHIPMENT_FEED,
    IMPORTERS,
    ORDER_CHANGE,
    ORDER_ITEMS_API_V0,
    ORDER_REPORT,
    ORDERS_API,
    ORDERS_API_V0,
    OWN_CSVS,
    PERFORMANCE_V1,
    PERFORMANCE_V2,
    RETURNS,
    SETTLEMENT,
    SHIPMENT_FEED,
    UNSHIPPED,
    US,
)
from tests.support.performance import DEFECTS_V1, LATE, METRICS, report, report_v1

ORDERS = (
    "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tsales-channel\tlatest-ship-date{more}\r\n"
    "123-4567890-0000001\t2026-03-20T10:00:00+00:00\tShipped\tMerchant\tAmazon.com\t2026-03-24T06:59:59+00:00\t\r\n"
    "123-4567890-0000002\t{second}\tPending\tAmazon\tAmazon.de\t\t\r\n"
)


class BuiltIn(ImporterConformance):
    distribution = "sellerhealth"
    name: ClassVar[str]

    @property
    def importer(self):
        return IMPORTERS[self.name]


class TestOrdersByOrderDate(BuiltIn):
    name = BY_ORDER_DATE
    module = "sellerhealth.importers.flat_orders"
    sample = ORDERS.format(more="\tcpf", second="2026-03-21T10:00:00+00:00").encode()
    bad = ORDERS.format(more="\tcpf", second="yesterday").encode()
    expected = {Order: 2}


class TestOrdersByLastUpdate(BuiltIn):
    name = BY_LAST_UPDATE
    module = "sellerhealth.importers.flat_orders"
    sample = ORDERS.format(more="\tsku", second="2026-03-21T10:00:00+00:00").encode()
    bad = ORDERS.format(more="\tsku", second="yesterday").encode()
    expected = {Order: 2}


class TestUnshippedOrders(BuiltIn):
    name = UNSHIPPED
    module = "sellerhealth.importers.unshipped_orders"
    sample = (
        b"order-id\torder-item-id\tpurchase-date\tpromise-date\tquantity-purchased\tquantity-shipped\r\n"
        b"123-4567890-0000001\t70001\t2026-03-20T10:00:00+00:00\t2026-03-24T06:59:59+00:00\t1\t0\r\n"
        b"123-4567890-0000001\t70002\t2026-03-20T10:00:00+00:00\t2026-03-24T06:59:59+00:00\t3\t1\r\n"
    )
    bad = sample.replace(b"\t3\t1", b"\tthree\t1")
    expected = {Order: 2}


class TestOrderReport(BuiltIn):
    name = ORDER_REPORT
    module = "sellerhealth.importers.order_report"
    sample = flat(test_order_report.LINE, test_order_report.LINE | {"order-item-id": "7"}, columns=test_order_report.COLUMNS).encode()
    bad = sample.replace(b"\t7\t", b"\t\t")
    expected = {Order: 2}


class TestFbaShipments(BuiltIn):
    name = FBA_SHIPMENTS
    module = "sellerhealth.importers.fba_shipments"
    sample = flat(test_fba_shipments.LINE, test_fba_shipments.LINE | {"shipment-id": "7"}, columns=test_fba_shipments.COLUMNS).encode()
    bad = sample.replace(b"\t7\t", b"\t\t")
    expected = {Order: 2}


class TestReturns(BuiltIn):
    name = RETURNS
    module = "sellerhealth.importers.returns"
    sample = flat(test_returns.LINE, test_returns.LINE | {"Order ID": "7"}, columns=test_returns.COLUMNS).encode()
    bad = sample.replace(b"7\t", b"\t")
    expected = {Refund: 2}


class TestSettlement(BuiltIn):
    name = SETTLEMENT
    module = "sellerhealth.importers.settlement"
    kinds = ("Refund", "Chargeback Refund", "A-to-z Guarantee Refund")
    sample = flat(*({**test_settlement.LINE, "transaction-type": kind} for kind in kinds), columns=test_settlement.COLUMNS).encode()
    bad = sample.replace(b"2026-03-09 10:00:00 UTC", b"yesterday", 1)
    expected = {Refund: 1, Chargeback: 1, Claim: 1}


class TestFlatShipmentFeed(BuiltIn):
    name = FLAT_SHIPMENT_FEED
    module = "sellerhealth.importers.shipment_feed"
    sample = flat(test_shipment_feed.LINE, test_shipment_feed.LINE | {"order-id": "7"}, columns=test_shipment_feed.COLUMNS).encode()
    bad = sample.replace(b"\n7\t", b"\n\t")
    expected = {Package: 2}


class TestShipmentFeed(BuiltIn):
    name = SHIPMENT_FEED
    module = "sellerhealth.importers.shipment_feed"
    file = "feed.xml"
    sample = test_shipment_feed.feed(test_shipment_feed.FULFILLMENT, test_shipment_feed.FULFILLMENT).encode()
    bad = sample.replace(b"<AmazonOrderID>111-0000001-0000001<", b"<AmazonOrderID><", 1)
    expected = {Package: 2}

    def long(self) -> bytes:
        return test_shipment_feed.feed(*[test_shipment_feed.FULFILLMENT] * 5_000).encode()


class TestFeedbackManager(BuiltIn):
    name = FEEDBACK_MANAGER
    module = "sellerhealth.importers.seller_feedback"
    marketplace = US
    sample = test_seller_feedback.manager_table("3/4/26", "3/5/26").encode()
    bad = sample.replace(b"3/4/26", b"3/44/26")
    expected = {Feedback: 2}


class TestSellerFeedback(BuiltIn):
    name = FEEDBACK_REPORT
    module = "sellerhealth.importers.seller_feedback"
    marketplace = US
    sample = b"Date\tRating\tComments\tOrder ID\n3/4/26\t1\tBroken\t111-0000001-0000001\n3/5/26\t3\t\t111-0000002-0000002\n"
    bad = sample.replace(b"\t3\t", b"\t9\t")
    expected = {Feedback: 2}


class TestOrdersApi(BuiltIn):
    name = ORDERS_API
    module = "sellerhealth.importers.orders_api"
    order = {
        "orderId": "111-0000001-0000001",
        "createdTime": "2026-03-01T10:00:00Z",
        "salesChannel": {"marketplaceId": US},
        "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
        "orderItems": [{"orderItemId": "70001", "quantityOrdered": 2}],
        "packages": [{"packageReferenceId": "P1", "createdTime": "2026-03-02T15:00:00Z", "packageItems": []}],
    }
    file = "orders.json"
    sample = json.dumps({"orders": [order]}, indent=1).encode()
    bad = json.dumps({"orders": [order | {"createdTime": "yesterday"}, order]}, indent=1).encode()
    expected = {Order: 1, Item: 1, Package: 1}

    def long(self) -> bytes:
        return json.dumps({"orders": [self.order] * 5_000}).encode()


class TestOrdersApiV0(BuiltIn):
    name = ORDERS_API_V0
    module = "sellerhealth.importers.orders_api_v0"
    order = {
        "AmazonOrderId": "111-0000001-0000001",
        "PurchaseDate": "2026-03-01T10:00:00Z",
        "OrderStatus": "Shipped",
        "FulfillmentChannel": "MFN",
        "MarketplaceId": US,
        "OrderItems": [{"OrderItemId": "70001", "QuantityOrdered": 2, "QuantityShipped": 2}],
    }
    file = "orders.json"
    sample = json.dumps({"Orders": [order]}, indent=1).encode()
    bad = json.dumps({"Orders": [order | {"PurchaseDate": "yesterday"}, order]}, indent=1).encode()
    expected = {Order: 1, Item: 1}

    def long(self) -> bytes:
        return json.dumps({"Orders": [self.order] * 5_000}).encode()


class TestOrderItemsApiV0(BuiltIn):
    name = ORDER_ITEMS_API_V0
    module = "sellerhealth.importers.orders_api_v0"
    items = {"AmazonOrderId": "111-0000001-0000001", "OrderItems": [{"OrderItemId": "70001", "QuantityOrdered": 2}]}
    file = "items.json"
    sample = json.dumps({"payload": items}, indent=1).encode()
    bad = json.dumps([items | {"OrderItems": [{"OrderItemId": "70001", "QuantityOrdered": "two"}]}, items], indent=1).encode()
    expected = {Item: 1}

    def long(self) -> bytes:
        return json.dumps([{"payload": self.items}] * 5_000).encode()


class TestOrderChanges(BuiltIn):
    name = ORDER_CHANGE
    module = "sellerhealth.importers.order_changes"
    file = "notifications.json"
    sample = json.dumps([change(), change(AmazonOrderId="111-0000002-0000002")], indent=1).encode()
    bad = json.dumps([change(AmazonOrderId=""), change()], indent=1).encode()
    expected = {Order: 2, Item: 2}

    def long(self) -> bytes:
        return "\n".join([json.dumps(change())] * 5_000).encode()


class TestFinancesApi(BuiltIn):
    name = FINANCES_API
    module = "sellerhealth.importers.finances_api"
    file = "events.json"
    sample = events(RefundEventList=[EVENT], GuaranteeClaimEventList=[EVENT], ChargebackEventList=[EVENT]).encode()
    bad = events(RefundEventList=[EVENT | {"PostedDate": "yesterday"}, EVENT]).encode()
    expected = {Refund: 1, Claim: 1, Chargeback: 1}

    def long(self) -> bytes:
        return events(RefundEventList=[EVENT] * 20_000).encode()


class TestSellerPerformance(BuiltIn):
    name = PERFORMANCE_V2
    module = "sellerhealth.importers.seller_performance"
    file = "performance.json"
    sample = report().encode()
    bad = report(lateShipmentRate=LATE | {"rate": "much"}).encode()
    expected = {Reported: 7}

    def long(self) -> bytes:
        return report(*([METRICS] * 1_000)).encode()


class TestSellerPerformanceV1(BuiltIn):
    name = PERFORMANCE_V1
    module = "sellerhealth.importers.seller_performance_v1"
    file = "performance.xml"
    sample = report_v1().encode()
    bad = report_v1(DEFECTS_V1.replace("0.5%", "much"), DEFECTS_V1).encode()
    expected = {Reported: 6}

    def long(self) -> bytes:
        head, middle = (self.sample.partition(b"  <sellerPerformanceReport>")[each] for each in (0, 2))
        one = b"  <sellerPerformanceReport>" + middle.partition(b"</sellerPerformanceReports>")[0]
        return head + one * 300 + b"</sellerPerformanceReports>"


def test_every_format_of_amazons_has_a_class():
    assert {each.name for each in BuiltIn.__subclasses__()} | {each.name for each in OWN_CSVS} == {*IMPORTERS}


@pytest.mark.parametrize("importer", OWN_CSVS, ids=lambda importer: importer.name)
class TestOwnCsvs:
    """For our own formats the template is a sample; without a key it is a bad one."""

    @pytest.mark.parametrize("check", [name for name in vars(ImporterConformance) if name.startswith("test_")])
    def test_a_check_passes(self, importer, check):
        head, line, _ = importer.template.split("\n")
        attributes = {
            "importer": importer,
            "sample": importer.template.encode(),
            "bad": f"{head}\n{line}\n{',' * head.count(',')}x\n".encode(),
            "distribution": "sellerhealth",
            "module": f"sellerhealth.importers.{importer.name}",
            "__module__": __name__,
        }
        getattr(type("TestIt", (ImporterConformance,), attributes)(), check)()
