"""Amazon's own files, as it would have delivered them at an instant: all orders, the Orders API, feedback."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sellerhealth.demo.history import History, Line, Parcel, Sale
from sellerhealth.demo.sellers import Market
from sellerhealth.facts import OrderStatus

PAGE = 100  # orders in one answer of the Orders API
DAYS = {"DMY": "{0.day}/{0.month}/{0:%y}", "MDY": "{0.month}/{0.day}/{0:%y}", "YMD": "{0:%Y/%m/%d}"}
FLAT_FILE = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel order-channel "
    "ship-service-level product-name sku asin item-status quantity currency item-price item-tax shipping-price shipping-tax "
    "gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city ship-state ship-postal-code ship-country "
    "promotion-ids cpf is-business-order purchase-order-number price-designation is-replacement-order"
).split()


def all_orders(sales: Iterable[Sale], now: dt.datetime, *, by_last_update: bool = False) -> bytes:
    """GET_FLAT_FILE_ALL_ORDERS_DATA_BY_…_GENERAL: a line for every item, delimited by tabs without quoting."""
    columns = [column for column in FLAT_FILE if column != "cpf" or not by_last_update]
    lines = ["\t".join(columns)]
    for sale in sales:
        if sale.placed_at <= now:
            order = _flat_order(sale, now)
            for line in sale.lines:
                cells = order | _flat_line(sale, line, now)
                lines.append("\t".join(cells.get(column, "") for column in columns))
    return "".join(f"{line}\r\n" for line in lines).encode()


def _flat_order(sale: Sale, now: dt.datetime) -> dict[str, str]:
    return {
        "amazon-order-id": sale.order_id,
        "purchase-date": sale.placed_at.isoformat(),
        "last-updated-date": sale.updated_at(now).isoformat(),
        "order-status": _flat_word(sale.status(now)),
        "fulfillment-channel": "Amazon" if sale.by_amazon else "Merchant",
        "sales-channel": sale.market.amazon.name,
        "ship-service-level": "Standard",
        "ship-city": "Springfield",  # made up, like everything here; it must not reach the store all the same
        "ship-country": sale.market.amazon.country_code,
        "is-business-order": "false",
        "is-replacement-order": "true" if sale.is_replacement else "false",
    }


def _flat_line(sale: Sale, line: Line, now: dt.datetime) -> dict[str, str]:
    cancelled = line.is_cancelled(now)
    return {
        "product-name": line.product.title,
        "sku": line.product.sku,
        "asin": line.product.asin,
        "item-status": "Cancelled" if cancelled else _flat_word(sale.status(now)),
        "quantity": "0" if cancelled else str(line.quantity),
        "currency": sale.market.currency,
        "item-price": "" if cancelled else f"{line.product.cents * line.quantity / 100:.2f}",
    }


def _flat_word(status: OrderStatus) -> str:
    return status.title().replace("_", "")


def orders_api(sales: Sequence[Sale], now: dt.datetime) -> bytes:
    """Answers of searchOrders with orders, items, packages and cancellations, one page after the other."""
    pages = []
    for start in range(0, len(sales), PAGE):
        orders = ",\n".join(json.dumps(_api_order(sale, now), separators=(",", ":")) for sale in sales[start : start + PAGE])
        more = f'"pagination":{{"nextToken":"{start + PAGE:08}"}},' if start + PAGE < len(sales) else ""
        pages.append(f'{{"orders":[\n{orders}\n],{more}"createdBefore":"{_instant(now)}"}}\n')
    return "".join(pages).encode()


def _api_order(sale: Sale, now: dt.datetime) -> dict[str, Any]:
    status = sale.status(now)
    order: dict[str, Any] = {
        "orderId": sale.order_id,
        "createdTime": _instant(sale.placed_at),
        "lastUpdatedTime": _instant(sale.updated_at(now)),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": sale.market.key, "marketplaceName": sale.market.amazon.name},
        "fulfillment": {
            "fulfillmentStatus": status,
            "fulfilledBy": "AMAZON" if sale.by_amazon else "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
        },
        "orderItems": [_api_item(sale, line, now) for line in sale.lines],
    }
    if sale.is_replacement:
        order["associatedOrders"] = [
            {"orderId": f"{sale.market.order_prefix}-0000000-0000000", "associationType": "REPLACEMENT_ORIGINAL_ID"}
        ]
    if not sale.by_amazon and sale.is_accepted(now):
        order["fulfillment"]["shipByWindow"] = {"latestDateTime": _instant(sale.ship_by)}
        order["fulfillment"]["deliverByWindow"] = {
            "earliestDateTime": _instant(sale.deliver_by_earliest),
            "latestDateTime": _instant(sale.deliver_by),
        }
        order["packages"] = [_api_package(parcel, now) for parcel in sale.parcels if parcel.confirmed_at <= now]
    return order


def _api_item(sale: Sale, line: Line, now: dt.datetime) -> dict[str, Any]:
    shipped = any(line in parcel.lines and parcel.confirmed_at <= now for parcel in sale.parcels)
    item: dict[str, Any] = {
        "orderItemId": line.line_id,
        "quantityOrdered": line.quantity,
        "product": {"asin": line.product.asin, "title": line.product.title, "sellerSku": line.product.sku},
        "fulfillment": {"quantityFulfilled": line.quantity if shipped else 0, "quantityUnfulfilled": 0 if shipped else line.quantity},
    }
    if line.cancellation is not None and line.is_cancelled(now):
        by = "MERCHANT" if line.cancellation.by == "SELLER" else line.cancellation.by
        item["cancellation"] = {"cancellationExecution": {"cancelledBy": by, "cancelReason": line.cancellation.reason}}
        if line.cancellation.asked:
            item["cancellation"]["cancellationRequest"] = {"requester": "BUYER", "cancelReason": line.cancellation.reason}
    return item


def _api_package(parcel: Parcel, now: dt.datetime) -> dict[str, Any]:
    if parcel.delivered_at is not None and parcel.delivered_at <= now:
        status = "DELIVERED"
    else:
        status = "IN_TRANSIT" if parcel.scanned_at is not None and parcel.scanned_at <= now else "SHIPPED"
    package = {
        "packageReferenceId": parcel.parcel_id,
        "createdTime": _instant(parcel.confirmed_at),
        "packageStatus": {"status": status},
        "carrier": parcel.carrier,
        "packageItems": [{"orderItemId": line.line_id, "quantity": line.quantity} for line in parcel.lines],
    }
    return package if parcel.tracking_number is None else package | {"trackingNumber": parcel.tracking_number}


def feedback(history: History, market: Market, now: dt.datetime) -> bytes:
    """GET_SELLER_FEEDBACK_DATA: one to three stars, as it stands; in the older encoding that Amazon uses in Europe."""
    lines = ["Date\tRating\tComments\tYour Response\tOrder ID\tRater Email"]
    for number, rating in enumerate(history.ratings):
        stands = rating.left_at <= now and not rating.struck_through and (rating.removed_at is None or rating.removed_at > now)
        if rating.sale.market == market and rating.stars <= 3 and stands:
            day = DAYS[market.amazon.day_order].format(rating.left_at.astimezone(market.zone))
            comment = rating.comment.replace("\n", " ")
            lines.append(f"{day}\t{rating.stars}\t{comment}\t\t{rating.sale.order_id}\tbuyer{number}@marketplace.example")
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def _instant(value: dt.datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")
