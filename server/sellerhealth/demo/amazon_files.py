"""Writes Amazon's own files as they would be at an instant: the order reports, the Orders API, the feedback report."""

import datetime as dt
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

import orjson

from sellerhealth.demo.history import History, Item, Order, Package
from sellerhealth.demo.sellers import Market
from sellerhealth.facts import OrderStatus

PAGE = 100  # orders in one response of the Orders API
DAYS = {"DMY": "{0.day}/{0.month}/{0:%y}", "MDY": "{0.month}/{0.day}/{0:%y}", "YMD": "{0:%Y/%m/%d}"}
FLAT_FILE = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel order-channel "
    "ship-service-level product-name sku asin item-status quantity currency item-price item-tax shipping-price shipping-tax "
    "gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city ship-state ship-postal-code ship-country "
    "promotion-ids cpf is-business-order purchase-order-number price-designation is-replacement-order"
).split()


def all_orders(orders: Iterable[Order], now: dt.datetime, *, by_last_update: bool = False) -> bytes:
    """GET_FLAT_FILE_ALL_ORDERS_DATA_BY_…_GENERAL: a line for each item, tab-separated without quoting."""
    columns = [column for column in FLAT_FILE if column != "cpf" or not by_last_update]
    lines, in_order, empty = ["\t".join(columns)], itemgetter(*columns), dict.fromkeys(columns, "")
    for order in orders:
        if order.placed_at <= now:
            of_order = empty | _flat_order(order, now)
            lines += ["\t".join(in_order(of_order | _flat_item(order, item, of_order["order-status"], now))) for item in order.items]
    return "\r\n".join([*lines, ""]).encode()


def _flat_order(order: Order, now: dt.datetime) -> dict[str, str]:
    return {
        "amazon-order-id": order.order_id,
        "purchase-date": order.placed_at.isoformat(),
        "last-updated-date": order.updated_at(now).isoformat(),
        "order-status": _flat_status(order.status(now)),
        "fulfillment-channel": "Amazon" if order.by_amazon else "Merchant",
        "sales-channel": order.market.amazon.name,
        "ship-service-level": "Standard",
        "ship-city": "Springfield",  # made up; an address must not reach the database
        "ship-country": order.market.amazon.country_code,
        "is-business-order": "false",
        "is-replacement-order": "true" if order.is_replacement else "false",
    }


def _flat_item(order: Order, item: Item, status: str, now: dt.datetime) -> dict[str, str]:
    cancelled = item.is_cancelled(now)
    return {
        "product-name": item.product.title,
        "sku": item.product.sku,
        "asin": item.product.asin,
        "item-status": "Cancelled" if cancelled else status,
        "quantity": "0" if cancelled else str(item.quantity),
        "currency": order.market.currency,
        "item-price": "" if cancelled else f"{item.product.cents * item.quantity / 100:.2f}",
    }


def _flat_status(status: OrderStatus) -> str:
    return status.title().replace("_", "")


def orders_api(orders: Sequence[Order], now: dt.datetime) -> bytes:
    """Responses of searchOrders with orders, items, packages and cancellations, one to a line."""
    pages = []
    for start in range(0, len(orders), PAGE):
        response: dict[str, Any] = {"orders": [_api_order(order, now) for order in orders[start : start + PAGE]]}
        if start + PAGE < len(orders):
            response["pagination"] = {"nextToken": f"{start + PAGE:08}"}
        pages.append(orjson.dumps(response | {"createdBefore": now}, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS))
    return b"".join(b"%b\n" % page for page in pages)


def _api_order(order: Order, now: dt.datetime) -> dict[str, Any]:
    status = order.status(now)
    node: dict[str, Any] = {
        "orderId": order.order_id,
        "createdTime": order.placed_at,
        "lastUpdatedTime": order.updated_at(now),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": order.market.key, "marketplaceName": order.market.amazon.name},
        "fulfillment": {
            "fulfillmentStatus": status,
            "fulfilledBy": "AMAZON" if order.by_amazon else "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
        },
        "orderItems": [_api_item(order, item, now) for item in order.items],
    }
    if order.is_replacement:
        node["associatedOrders"] = [
            {"orderId": f"{order.market.order_prefix}-0000000-0000000", "associationType": "REPLACEMENT_ORIGINAL_ID"}
        ]
    if not order.by_amazon and order.is_accepted(now):
        node["fulfillment"]["shipByWindow"] = {"latestDateTime": order.ship_by}
        node["fulfillment"]["deliverByWindow"] = {
            "earliestDateTime": order.deliver_by_earliest,
            "latestDateTime": order.deliver_by,
        }
        node["packages"] = [_api_package(package, now) for package in order.packages if package.confirmed_at <= now]
    return node


def _api_item(order: Order, item: Item, now: dt.datetime) -> dict[str, Any]:
    shipped = any(item in package.items and package.confirmed_at <= now for package in order.packages)
    node: dict[str, Any] = {
        "orderItemId": item.item_id,
        "quantityOrdered": item.quantity,
        "product": {"asin": item.product.asin, "title": item.product.title, "sellerSku": item.product.sku},
        "fulfillment": {"quantityFulfilled": item.quantity if shipped else 0, "quantityUnfulfilled": 0 if shipped else item.quantity},
    }
    if item.cancellation is not None and item.is_cancelled(now):
        by = "MERCHANT" if item.cancellation.by == "SELLER" else item.cancellation.by
        node["cancellation"] = {"cancellationExecution": {"cancelledBy": by, "cancelReason": item.cancellation.reason}}
        if item.cancellation.requested_by_buyer:
            node["cancellation"]["cancellationRequest"] = {"requester": "BUYER", "cancelReason": item.cancellation.reason}
    return node


def _api_package(package: Package, now: dt.datetime) -> dict[str, Any]:
    if package.delivered_at is not None and package.delivered_at <= now:
        status = "DELIVERED"
    else:
        status = "IN_TRANSIT" if package.scanned_at is not None and package.scanned_at <= now else "SHIPPED"
    node = {
        "packageReferenceId": package.package_id,
        "createdTime": package.confirmed_at,
        "packageStatus": {"status": status},
        "carrier": package.carrier,
        "packageItems": [{"orderItemId": item.item_id, "quantity": item.quantity} for item in package.items],
    }
    return node if package.tracking_number is None else node | {"trackingNumber": package.tracking_number}


def feedback(history: History, market: Market, now: dt.datetime) -> bytes:
    """GET_SELLER_FEEDBACK_DATA: feedback of one to three stars that is not removed, in the encoding that Amazon uses in Europe."""
    lines = ["Date\tRating\tComments\tYour Response\tOrder ID\tRater Email"]
    for number, each in enumerate(history.feedback):
        is_visible = each.left_at <= now and not each.struck_through and (each.removed_at is None or each.removed_at > now)
        if each.order.market == market and each.stars <= 3 and is_visible:
            day = DAYS[market.amazon.day_order].format(each.left_at.astimezone(market.zone))
            comment = each.comment.replace("\n", " ")
            lines.append(f"{day}\t{each.stars}\t{comment}\t\t{each.order.order_id}\tbuyer{number}@marketplace.example")
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")
