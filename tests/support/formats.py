"""Writes what happened to a small seller in every format that has it, as of the clock of the demo."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from sellerhealth.demo import amazon_files, own_files
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.history import History, Order, Package
from sellerhealth.demo.order_files import (
    WAITING,
    fba_shipments,
    order_report,
    orders_v0,
    packages,
    promises,
    shipped,
    tabs,
    title,
    unshipped,
    v0_items,
)
from sellerhealth.demo.sellers import GERMANY
from tests.support.importers import (
    BY_LAST_UPDATE,
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
    RETURNS,
    SETTLEMENT,
    SHIPMENT_FEED,
    UNSHIPPED,
)

_MANAGER = "Date|Rating|Comments|Arrived on Time|Item as Described|Customer Service|Order ID|Rater Email|Rater Role"


class File(NamedTuple):
    """A file: its content, and as of when it is."""

    content: bytes
    observed_at: dt.datetime = CLOCK


def small_seller(history: History, chance: Random, number: int) -> History:
    """Some orders of a seller in Germany with all that belongs to them: so many of each kind of event, and so many others."""
    orders = [order for order in history.orders if order.market == GERMANY]
    waiting = [each for each in orders if not each.by_amazon and each.status(CLOCK) in WAITING]
    by_event = [
        waiting,
        [order for order in orders if any(item.is_cancelled(CLOCK) for item in order.items)],
        [order for order in orders if len(order.packages) > 1],
        [order for order in orders if order.by_amazon and order.packages],
        [each.order for each in history.claims if each.outcome == "GRANTED_SELLER" and each.decided_at <= CLOCK],
        [each.order for each in history.feedback if each.stars < 4 and each.left_at <= CLOCK and each.removed_at is None],
        *([each.order for each in kind] for kind in (history.chargebacks, history.refunds)),
        orders,
    ]
    ids = {order.order_id for each in by_event for order in chance.sample([one for one in each if one.market == GERMANY], number)}
    return History(
        history.seller,
        [order for order in orders if order.order_id in ids],
        *([each for each in kind if each.order.order_id in ids] for kind in (history.feedback, history.claims, history.chargebacks)),
        [],
        [each for each in history.refunds if each.order.order_id in ids],
    )


# ---------------------------------------------------------------- items of the Orders API v0, and notifications


def items_v0(history: History) -> Iterator[File]:
    answers = ({"payload": {"AmazonOrderId": order.order_id, "OrderItems": v0_items(order)}} for order in history.orders)
    yield File("\n".join(map(json.dumps, answers)).encode())


def notifications(history: History) -> Iterator[File]:
    yield File("\n".join(json.dumps(_notification(order, at)) for order in history.orders for at in sorted(_changes(order))).encode())


def _changes(order: Order) -> set[dt.datetime]:
    return {at for at in (order.placed_at, order.accepted_at) if at is not None and at <= CLOCK} | {order.updated_at(CLOCK)}


def _notification(order: Order, at: dt.datetime) -> dict[str, Any]:
    items = (
        {"OrderItemId": item.item_id, "SellerSKU": item.product.sku, "QuantityShipped": shipped(order, item, at)} for item in order.items
    )
    summary = {
        "MarketplaceId": order.market.key,
        "OrderStatus": title(order, at),
        "PurchaseDate": order.placed_at.isoformat(),
        "FulfillmentType": "AFN" if order.by_amazon else "MFN",
        "OrderItems": list(items),
        **promises(order, at, ("LatestShipDate", "LatestDeliveryDate", "EarliestDeliveryDate")),
    }
    change = {
        "AmazonOrderId": order.order_id,
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": at.isoformat()},
        "Summary": summary,
    }
    return {"NotificationType": "ORDER_CHANGE", "EventTime": at.isoformat(), "Payload": {"OrderChangeNotification": change}}


# ---------------------------------------------------------------- shipments, each in a feed as of the instant at which it was sent


def _sent(history: History) -> Iterator[tuple[Order, Package]]:
    """A few packages that the seller sent: each is a file."""
    return islice(((order, package) for order, package in packages(history) if not order.by_amazon), 4)


def feeds(history: History) -> Iterator[File]:
    for order, package in _sent(history):
        items = "".join(
            f"<Item><AmazonOrderItemCode>{item.item_id}</AmazonOrderItemCode><Quantity>{item.quantity}</Quantity></Item>"
            for item in package.items
        )
        tracking = f"<ShipperTrackingNumber>{package.tracking_number}</ShipperTrackingNumber>" if package.tracking_number else ""
        data = f"<FulfillmentData><CarrierCode>{package.carrier}</CarrierCode>{tracking}</FulfillmentData>"
        message = f"<OrderFulfillment><AmazonOrderID>{order.order_id}</AmazonOrderID>{data}{items}</OrderFulfillment>"
        yield File(f"<AmazonEnvelope><Message>{message}</Message></AmazonEnvelope>".encode(), package.confirmed_at)


def flat_feeds(history: History) -> Iterator[File]:
    for order, package in _sent(history):
        lines = (
            {
                "order-id": order.order_id,
                "order-item-id": item.item_id,
                "quantity": str(item.quantity),
                "carrier-code": package.carrier,
                "tracking-number": package.tracking_number or "",
            }
            for item in package.items
        )
        yield File(tabs(lines, "order-id|order-item-id|quantity|ship-date|carrier-code|tracking-number"), package.confirmed_at)


# ---------------------------------------------------------------- money and feedback


def finances(history: History) -> Iterator[File]:
    lists = {"RefundEventList": "Refund", "GuaranteeClaimEventList": "A-to-z Guarantee Refund", "ChargebackEventList": "Chargeback Refund"}
    names = {kind: name for name, kind in lists.items()}
    events: dict[str, list[dict[str, str]]] = {name: [] for name in lists}
    for kind, order, at in _moved(history):
        events[names[kind]].append(
            {"AmazonOrderId": order.order_id, "PostedDate": at.isoformat(), "MarketplaceName": order.market.amazon.name}
        )
    yield File(json.dumps({"payload": {"FinancialEvents": events}}).encode())


def settlement(history: History) -> Iterator[File]:
    lines = (
        {
            "settlement-id": "1",
            "transaction-type": kind,
            "order-id": order.order_id,
            "marketplace-name": order.market.amazon.name,
            "posted-date-time": at.strftime("%d.%m.%Y %H:%M:%S UTC"),
        }
        for kind, order, at in _moved(history)
    )
    yield File(tabs(lines, "settlement-id|transaction-type|order-id|marketplace-name|posted-date|posted-date-time"))


def returns(history: History) -> Iterator[File]:
    lines = (
        {
            "Order ID": each.order.order_id,
            "Return request date": f"{each.refunded_at.astimezone(each.order.market.zone):%d-%b-%Y}",
            "Return Reason": each.reason,
            "Refunded Amount": "9.99",
            "A-to-Z Claim": "N",
        }
        for each in history.refunds
        if each.refunded_at <= CLOCK
    )
    yield File(tabs(lines, "Order ID|Return request date|A-to-Z Claim|Return Reason|Refunded Amount"))


def _moved(history: History) -> Iterator[tuple[str, Order, dt.datetime]]:
    """The money that was moved: the type of the transaction, the order and the instant."""
    moved = [("Refund", each.order, each.refunded_at) for each in history.refunds]
    moved += [("Chargeback Refund", each.order, each.filed_at) for each in history.chargebacks]
    moved += [("A-to-z Guarantee Refund", each.order, each.decided_at) for each in history.claims if each.outcome == "GRANTED_SELLER"]
    return ((kind, order, at.replace(microsecond=0)) for kind, order, at in moved if at <= CLOCK)


def feedback_table(history: History) -> Iterator[File]:
    lines = [
        {
            "Date": f"{each.left_at.astimezone(each.order.market.zone):%d.%m.%y}",
            "Rating": str(each.stars),
            "Order ID": each.order.order_id,
        }
        for each in history.feedback
        if each.left_at <= CLOCK
    ]
    yield File(tabs(lines, _MANAGER))


def _own(name: str) -> Callable[[History], Iterator[File]]:
    return lambda history: iter([File(own_files.own_file(name, history))])


WRITERS: dict[str, Callable[[History], Iterator[File]]] = {
    BY_ORDER_DATE: lambda history: iter([File(amazon_files.all_orders(history.orders, CLOCK))]),
    BY_LAST_UPDATE: lambda history: iter([File(amazon_files.all_orders(history.orders, CLOCK, by_last_update=True))]),
    ORDERS_API: lambda history: iter([File(amazon_files.orders_api(history.orders, CLOCK))]),
    ORDERS_API_V0: lambda history: iter([File(orders_v0(history))]),
    ORDER_ITEMS_API_V0: items_v0,
    ORDER_CHANGE: notifications,
    UNSHIPPED: lambda history: iter([File(unshipped(history))]),
    ORDER_REPORT: lambda history: iter([File(order_report(history))]),
    FBA_SHIPMENTS: lambda history: iter([File(fba_shipments(history))]),
    SHIPMENT_FEED: feeds,
    FLAT_SHIPMENT_FEED: flat_feeds,
    FINANCES_API: finances,
    SETTLEMENT: settlement,
    RETURNS: returns,
    FEEDBACK_REPORT: lambda history: iter([File(amazon_files.feedback(history, GERMANY, CLOCK))]),
    FEEDBACK_MANAGER: feedback_table,
    **{name: _own(name) for name in ("packages", "cancellations", "claims", "chargebacks", "feedback", "refunds", "violations")},
}
