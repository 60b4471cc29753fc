"""Files of every format with a person's name in every place where Amazon or a user may put one."""

import json
from collections.abc import Iterator

from tests.support.importers import (
    BY_ORDER_DATE,
    FBA_SHIPMENTS,
    FEEDBACK_MANAGER,
    FEEDBACK_REPORT,
    FINANCES_API,
    FLAT_SHIPMENT_FEED,
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
)

PERSON = "Zzyzx"
PERSONAL = (
    "buyer-email buyer-name buyer-phone-number recipient-name ship-address-1 ship-address-2 ship-city ship-state ship-postal-code "
    "ship-phone-number bill-address-1 cpf purchase-order-number gift-message-text"
).split()


def personal_files() -> Iterator[tuple[str, str]]:
    """A file of each format, with a name in every column that the format ignores."""
    names = "\t".join([PERSON] * len(PERSONAL))
    head = "\t".join(PERSONAL)
    flat = "111-0000001-0000001\t2026-03-01T10:00:00Z\tShipped\tMerchant"
    yield BY_ORDER_DATE, f"amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\t{head}\n{flat}\t{names}\n"
    yield (
        UNSHIPPED,
        f"order-id\torder-item-id\tpurchase-date\tpromise-date\tquantity-shipped\t{head}\n"
        f"111-0000001-0000001\t7\t2026-03-01T10:00:00Z\t2026-03-03T10:00:00Z\t0\t{names}\n",
    )
    order = "111-0000001-0000001\t2026-03-01T10:00:00Z"
    yield ORDER_REPORT, f"order-id\tpurchase-date\torder-item-id\tquantity-purchased\t{head}\n{order}\t7\t1\t{names}\n"
    yield FBA_SHIPMENTS, f"amazon-order-id\tpurchase-date\tshipment-date\tshipment-id\t{head}\n{order}\t\t7\t{names}\n"
    feed = "order-id\tship-date\torder-item-id\tcarrier-code"  # no day of it is read, so its number of the order is replaced
    yield FLAT_SHIPMENT_FEED, f"{feed}\t{head}\n3/1/26\t{PERSON}\t7\tUPS\t{names}\n"
    returned = "Order ID\tReturn request date\tRefunded Amount\tA-to-Z Claim\tItem Name"
    yield RETURNS, f"{returned}\t{head}\n111-0000001-0000001\t2026-03-01\t9.99\tN\t{PERSON}\t{names}\n"
    paid = "order-id\tposted-date\tsettlement-id\ttransaction-type\tamount-description"
    yield SETTLEMENT, f"{paid}\t{head}\n111-0000001-0000001\t2026-03-01\t1\tRefund\t{PERSON}\t{names}\n"
    yield (
        SHIPMENT_FEED,
        f"<AmazonEnvelope><Header><Merchant>{PERSON}</Merchant></Header><Message><OrderFulfillment><AmazonOrderID>3/1/26</AmazonOrderID>"
        f"<FulfillmentDate>{PERSON}</FulfillmentDate><Recipient><Name>{PERSON}</Name></Recipient></OrderFulfillment></Message>"
        "</AmazonEnvelope>",
    )
    manager = "Date\tRating\tComments\tArrived on Time\tItem as Described\tCustomer Service\tOrder ID\tRater Email\tRater Role"
    yield FEEDBACK_MANAGER, f"{manager}\n3/1/26\t5\tFine\tYes\tYes\t{PERSON}\t111-0000001-0000001\t{PERSON}@example.com\t{PERSON}\n"
    feedback = "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email"
    yield FEEDBACK_REPORT, f"{feedback}\n3/1/26\t1\tBroken\t{PERSON}\t111-0000001-0000001\t{PERSON}@example.com\n"
    person = {"name": PERSON, "buyerName": PERSON, "addressLine1": PERSON, "nested": [{"order": {"orderId": PERSON}}]}
    order = {
        "orderId": "111-0000001-0000001",
        "createdTime": "2026-03-01T10:00:00Z",
        "buyer": person,
        "recipient": {"deliveryAddress": person},
        "orderItems": [{"orderItemId": "1", "fulfillment": {"packing": {"giftOption": {"giftMessage": PERSON}}}}],
        "packages": [{"packageReferenceId": "1", "shipFromAddress": person}],
    }
    yield ORDERS_API, json.dumps({"orders": [order]})
    yield (
        ORDERS_API_V0,
        json.dumps(
            {
                "AmazonOrderId": "111-0000001-0000001",
                "PurchaseDate": "2026-03-01T10:00:00Z",
                "BuyerInfo": person,
                "ShippingAddress": person,
                "OrderItems": [{"OrderItemId": "1", "BuyerInfo": person}],
            }
        ),
    )
    items = {"AmazonOrderId": "1", "LastUpdateDate": "2026-03-01T10:00:00Z", "OrderItems": [{"OrderItemId": "1", "BuyerInfo": person}]}
    yield ORDER_ITEMS_API_V0, json.dumps(items)
    event = {"AmazonOrderId": "111-0000001-0000001", "PostedDate": "2026-03-01T10:00:00Z", "SellerOrderId": PERSON, "Buyer": person}
    yield FINANCES_API, json.dumps({"FinancialEvents": {"RefundEventList": [event]}, "person": person})
    summary = {
        "PurchaseDate": "2026-03-01T10:00:00Z",
        "DestinationPostalCode": PERSON,
        "OrderItems": [{"OrderItemId": "1", "Buyer": person}],
    }
    change = {"SellerId": PERSON, "AmazonOrderId": "111-0000001-0000001", "Summary": summary, "Buyer": person}
    notification = {"NotificationType": "ORDER_CHANGE", "Payload": {"OrderChangeNotification": change, "Other": person}}
    yield ORDER_CHANGE, json.dumps(notification)
    window = {"reportingDateFrom": "2026-03-01", "reportingDateTo": "2026-03-30"}
    rate = {"rate": 0.01, "reportingDateRange": window, "contact": person, "comment": PERSON}
    yield PERFORMANCE_V2, json.dumps({"performanceMetrics": [{"marketplaceId": "1", "seller": PERSON, "lateShipmentRate": rate}]})
    frame = "<timeFrame><start>2026-03-01</start><end>2026-03-30</end></timeFrame>"
    named = f"<sellerName>{PERSON}</sellerName><metrics>{frame}<late><rate>1%</rate></late><contact>{PERSON}</contact></metrics>"
    yield PERFORMANCE_V1, f"<sellerPerformanceReport>{named}</sellerPerformanceReport>"
    for importer in OWN_CSVS:
        columns, example = (importer.template or "").splitlines()
        yield importer.name, f"{columns},buyer_name,buyer_email\n{example},{PERSON},{PERSON}@example.com\n"
