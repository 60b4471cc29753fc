"""Writes other files of Amazon's with orders, as of the present: the Orders API v0, and flat files of what waits, is new or was shipped."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from typing import Any

from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.history import History, Item, Order, Package
from sellerhealth.facts import OrderStatus

WAITING = (OrderStatus.UNSHIPPED, OrderStatus.PARTIALLY_SHIPPED)


def tabs(lines: Iterable[dict[str, str]], columns: str) -> bytes:
    """Lines as text with tabs. The names of the columns are separated by bars."""
    names = columns.split("|")
    return "".join("\t".join(line.get(name, "") for name in names) + "\r\n" for line in ({each: each for each in names}, *lines)).encode()


def title(order: Order, now: dt.datetime) -> str:
    """The status of an order as most sources word it."""
    return {"CANCELLED": "Canceled"}.get(status := order.status(now), status.title().replace("_", ""))


def shipped(order: Order, item: Item, now: dt.datetime) -> int:
    """How many units of an item were confirmed as shipped."""
    return item.quantity if any(item in package.items and package.confirmed_at <= now for package in order.packages) else 0


def promises(order: Order, now: dt.datetime, names: tuple[str, str, str]) -> dict[str, str]:
    """The instants by which an order is to be shipped and delivered, and the earliest of delivery, by names. None until it is accepted."""
    if order.by_amazon or not order.is_accepted(now):
        return {}
    instants = (order.ship_by, order.deliver_by, order.deliver_by_earliest)
    return {name: instant.isoformat() for name, instant in zip(names, instants, strict=True)}


def packages(history: History) -> Iterator[tuple[Order, Package]]:
    """The packages that were confirmed, with their orders."""
    for order in history.orders:
        yield from ((order, package) for package in order.packages if package.confirmed_at <= CLOCK)


def v0_items(order: Order) -> list[dict[str, Any]]:
    """The items of an order in the Orders API v0."""
    return [
        {
            "OrderItemId": item.item_id,
            "SellerSKU": item.product.sku,
            "ASIN": item.product.asin,
            "QuantityOrdered": 0 if item.is_cancelled(CLOCK) else item.quantity,
            "QuantityShipped": shipped(order, item, CLOCK),
            "BuyerRequestedCancel": {"IsBuyerRequestedCancel": "true" if _requested(item) else "false"},
        }
        for item in order.items
    ]


def _requested(item: Item) -> bool:
    return item.cancellation is not None and item.is_cancelled(CLOCK) and item.cancellation.requested_by_buyer


def orders_v0(history: History) -> bytes:
    """A response of getOrders, with the items of each order inside it."""
    nodes = [
        {
            "AmazonOrderId": order.order_id,
            "PurchaseDate": order.placed_at.isoformat(),
            "LastUpdateDate": order.updated_at(CLOCK).isoformat(),
            "OrderStatus": title(order, CLOCK),
            "FulfillmentChannel": "AFN" if order.by_amazon else "MFN",
            "SalesChannel": order.market.amazon.name,
            "MarketplaceId": order.market.key,
            "ShipServiceLevel": "Std DE D2D Dom",
            "ShipmentServiceLevelCategory": "Standard",
            "IsReplacementOrder": str(order.is_replacement).lower(),
            "OrderItems": v0_items(order),
            **promises(order, CLOCK, ("LatestShipDate", "LatestDeliveryDate", "EarliestDeliveryDate")),
        }
        for order in history.orders
    ]
    return json.dumps({"payload": {"Orders": nodes}}).encode()


def unshipped(history: History) -> bytes:
    """GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING: the orders that wait for shipment."""
    waiting = (each for each in history.orders if not each.by_amazon and each.status(CLOCK) in WAITING)
    lines = [
        {
            "order-id": order.order_id,
            "order-item-id": item.item_id,
            "purchase-date": order.placed_at.isoformat(),
            "promise-date": order.ship_by.isoformat(),
            "sku": item.product.sku,
            "quantity-purchased": str(0 if item.is_cancelled(CLOCK) else item.quantity),
            "quantity-shipped": str(shipped(order, item, CLOCK)),
            "sales-channel": order.market.amazon.name,
        }
        for order in waiting
        for item in order.items
    ]
    return tabs(lines, "order-id|order-item-id|purchase-date|promise-date|sku|quantity-purchased|quantity-shipped|sales-channel")


def order_report(history: History) -> bytes:
    """GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING: the orders that the seller ships, with their promises."""
    lines = [
        {
            "order-id": order.order_id,
            "order-item-id": item.item_id,
            "purchase-date": order.placed_at.isoformat(),
            "quantity-purchased": str(0 if item.is_cancelled(CLOCK) else item.quantity),
            "sku": item.product.sku,
            "sales-channel": order.market.amazon.name,
            **promises(order, CLOCK, ("latest-ship-date", "latest-delivery-date", "earliest-delivery-date")),
        }
        for order in history.orders
        if not order.by_amazon and order.is_accepted(CLOCK)
        for item in order.items
    ]
    until = "latest-ship-date|latest-delivery-date|earliest-delivery-date"
    return tabs(lines, f"order-id|order-item-id|purchase-date|quantity-purchased|sku|sales-channel|{until}")


def fba_shipments(history: History) -> bytes:
    """GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL: what Amazon shipped, a line for each item of a package."""
    lines = [
        {
            "amazon-order-id": order.order_id,
            "amazon-order-item-id": item.item_id,
            "sku": item.product.sku,
            "ship-service-level": "Standard",
            "shipment-id": package.package_id,
            "purchase-date": order.placed_at.isoformat(),
            "shipment-date": package.confirmed_at.isoformat(),
            "sales-channel": order.market.amazon.name,
            "carrier": package.carrier,
            "tracking-number": package.tracking_number or "",
        }
        for order, package in packages(history)
        if order.by_amazon
        for item in package.items
    ]
    of_item = "amazon-order-item-id|sku|ship-service-level"
    return tabs(lines, f"amazon-order-id|{of_item}|shipment-id|purchase-date|shipment-date|sales-channel|carrier|tracking-number")
