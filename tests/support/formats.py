"""Writes what happened to a small seller in every format that has it, as of the clock of the demo."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from sellerhealth.demo import amazon_files, own_files
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.history import History, Item, Order, Package
from sellerhealth.demo.sellers import GERMANY
from sellerhealth.facts import OrderStatus
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
    SETTLEMENT,
    SHIPMENT_FEED,
    UNSHIPPED,
)

_MANAGER = "Date|Rating|Comments|Arrived on Time|Item as Described|Customer Service|Order ID|Rater Email|Rater Role"


_WAITING = (OrderStatus.UNSHIPPED, OrderStatus.PARTIALLY_SHIPPED)


class File(NamedTuple):
    """A file: its content, and as of when it is."""

    content: bytes
    observed_at: dt.datetime = CLOCK


def small_seller(history: History, chance: Random, number: int) -> History:
    """Some orders of a seller in Germany with all that belongs to them: so many of each kind of event, and so many others."""
    orders = [order for order in history.orders if order.market == GERMANY]
    waiting = [each for each in orders if not each.by_amazon and each.status(CLOCK) in _WAITING]
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


def _tabs(lines: Iterable[dict[str, str]], columns: str) -> bytes:
    names = columns.split("|")
    return "".join("\t".join(line.get(name, "") for name in names) + "\r\n" for line in ({each: each for each in names}, *lines)).encode()


def _title(order: Order, now: dt.datetime) -> str:
    return {"CANCELLED": "Canceled"}.get(status := order.status(now), status.title().replace("_", ""))


def _shipped(order: Order, item: Item, now: dt.datetime) -> int:
    return item.quantity if any(item in package.items and package.confirmed_at <= now for package in order.packages) else 0


def _promises(order: Order, now: dt.datetime, names: tuple[str, str, str]) -> dict[str, str]:
    if order.by_amazon or not order.is_accepted(now):
        return {}
    instants = (order.ship_by, order.deliver_by, order.deliver_by_earliest)
    return {name: instant.isoformat() for name, instant in zip(names, instants, strict=True)}


# ---------------------------------------------------------------- the Orders API v0 and notifications


def _v0_items(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "OrderItemId": item.item_id,
            "SellerSKU": item.product.sku,
            "ASIN": item.product.asin,
            "QuantityOrdered": 0 if item.is_cancelled(CLOCK) else item.quantity,
            "QuantityShipped": _shipped(order, item, CLOCK),
            "BuyerRequestedCancel": {"IsBuyerRequestedCancel": "true" if _requested(item) else "false"},
        }
        for item in order.items
    ]


def _requested(item: Item) -> bool:
    return item.cancellation is not None and item.is_cancelled(CLOCK) and item.cancellation.requested_by_buyer


def orders_v0(history: History) -> Iterator[File]:
    nodes = [
        {
            "AmazonOrderId": order.order_id,
            "PurchaseDate": order.placed_at.isoformat(),
            "LastUpdateDate": order.updated_at(CLOCK).isoformat(),
            "OrderStatus": _title(order, CLOCK),
            "FulfillmentChannel": "AFN" if order.by_amazon else "MFN",
            "SalesChannel": order.market.amazon.name,
            "MarketplaceId": order.market.key,
            "ShipServiceLevel": "STANDARD",
            "IsReplacementOrder": str(order.is_replacement).lower(),
            "OrderItems": _v0_items(order),
            **_promises(order, CLOCK, ("LatestShipDate", "LatestDeliveryDate", "EarliestDeliveryDate")),
        }
        for order in history.orders
    ]
    yield File(json.dumps({"payload": {"Orders": nodes}}).encode())


def items_v0(history: History) -> Iterator[File]:
    answers = ({"payload": {"AmazonOrderId": order.order_id, "OrderItems": _v0_items(order)}} for order in history.orders)
    yield File("\n".join(map(json.dumps, answers)).encode())


def notifications(history: History) -> Iterator[File]:
    yield File("\n".join(json.dumps(_notification(order, at)) for order in history.orders for at in sorted(_changes(order))).encode())


def _changes(order: Order) -> set[dt.datetime]:
    return {at for at in (order.placed_at, order.accepted_at) if at is not None and at <= CLOCK} | {order.updated_at(CLOCK)}


def _notification(order: Order, at: dt.datetime) -> dict[str, Any]:
    items = (
        {"OrderItemId": item.item_id, "SellerSKU": item.product.sku, "QuantityShipped": _shipped(order, item, at)} for item in order.items
    )
    summary = {
        "MarketplaceId": order.market.key,
        "OrderStatus": _title(order, at),
        "PurchaseDate": order.placed_at.isoformat(),
        "FulfillmentType": "AFN" if order.by_amazon else "MFN",
        "OrderItems": list(items),
        **_promises(order, at, ("LatestShipDate", "LatestDeliveryDate", "EarliestDeliveryDate")),
    }
    change = {
        "AmazonOrderId": order.order_id,
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": at.isoformat()},
        "Summary": summary,
    }
    return {"NotificationType": "ORDER_CHANGE", "EventTime": at.isoformat(), "Payload": {"OrderChangeNotification": change}}


# ---------------------------------------------------------------- flat files of orders


def unshipped(history: History) -> Iterator[File]:
    waiting = (each for each in history.orders if not each.by_amazon and each.status(CLOCK) in _WAITING)
    lines = [
        {
            "order-id": order.order_id,
            "order-item-id": item.item_id,
            "purchase-date": order.placed_at.isoformat(),
            "promise-date": order.ship_by.isoformat(),
            "sku": item.product.sku,
            "quantity-purchased": str(0 if item.is_cancelled(CLOCK) else item.quantity),
            "quantity-shipped": str(_shipped(order, item, CLOCK)),
            "sales-channel": order.market.amazon.name,
        }
        for order in waiting
        for item in order.items
    ]
    yield File(_tabs(lines, "order-id|order-item-id|purchase-date|promise-date|sku|quantity-purchased|quantity-shipped|sales-channel"))


def order_report(history: History) -> Iterator[File]:
    lines = [
        {
            "order-id": order.order_id,
            "order-item-id": item.item_id,
            "purchase-date": order.placed_at.isoformat(),
            "quantity-purchased": str(0 if item.is_cancelled(CLOCK) else item.quantity),
            "sku": item.product.sku,
            "sales-channel": order.market.amazon.name,
            **_promises(order, CLOCK, ("latest-ship-date", "latest-delivery-date", "earliest-delivery-date")),
        }
        for order in history.orders
        if not order.by_amazon and order.is_accepted(CLOCK)
        for item in order.items
    ]
    promises = "latest-ship-date|latest-delivery-date|earliest-delivery-date"
    yield File(_tabs(lines, f"order-id|order-item-id|purchase-date|quantity-purchased|sku|sales-channel|{promises}"))


def fba_shipments(history: History) -> Iterator[File]:
    lines = [
        {
            "amazon-order-id": order.order_id,
            "shipment-id": package.package_id,
            "purchase-date": order.placed_at.isoformat(),
            "shipment-date": package.confirmed_at.isoformat(),
            "sales-channel": order.market.amazon.name,
            "carrier": package.carrier,
            "tracking-number": package.tracking_number or "",
        }
        for order, package in _packages(history)
        if order.by_amazon
    ]
    yield File(_tabs(lines, "amazon-order-id|shipment-id|purchase-date|shipment-date|sales-channel|carrier|tracking-number"))


# ---------------------------------------------------------------- shipments, each in a feed as of the instant at which it was sent


def _packages(history: History) -> Iterator[tuple[Order, Package]]:
    for order in history.orders:
        yield from ((order, package) for package in order.packages if package.confirmed_at <= CLOCK)


def _sent(history: History) -> Iterator[tuple[Order, Package]]:
    """A few packages that the seller sent: each is a file."""
    return islice(((order, package) for order, package in _packages(history) if not order.by_amazon), 4)


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
        yield File(_tabs(lines, "order-id|order-item-id|quantity|ship-date|carrier-code|tracking-number"), package.confirmed_at)


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
    yield File(_tabs(lines, "settlement-id|transaction-type|order-id|marketplace-name|posted-date|posted-date-time"))


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
    yield File(_tabs(lines, _MANAGER))


def _own(name: str) -> Callable[[History], Iterator[File]]:
    return lambda history: iter([File(own_files.own_file(name, history))])


WRITERS: dict[str, Callable[[History], Iterator[File]]] = {
    BY_ORDER_DATE: lambda history: iter([File(amazon_files.all_orders(history.orders, CLOCK))]),
    BY_LAST_UPDATE: lambda history: iter([File(amazon_files.all_orders(history.orders, CLOCK, by_last_update=True))]),
    ORDERS_API: lambda history: iter([File(amazon_files.orders_api(history.orders, CLOCK))]),
    ORDERS_API_V0: orders_v0,
    ORDER_ITEMS_API_V0: items_v0,
    ORDER_CHANGE: notifications,
    UNSHIPPED: unshipped,
    ORDER_REPORT: order_report,
    FBA_SHIPMENTS: fba_shipments,
    SHIPMENT_FEED: feeds,
    FLAT_SHIPMENT_FEED: flat_feeds,
    FINANCES_API: finances,
    SETTLEMENT: settlement,
    FEEDBACK_REPORT: lambda history: iter([File(amazon_files.feedback(history, GERMANY, CLOCK))]),
    FEEDBACK_MANAGER: feedback_table,
    **{name: _own(name) for name in ("packages", "cancellations", "claims", "chargebacks", "feedback", "refunds")},
}
