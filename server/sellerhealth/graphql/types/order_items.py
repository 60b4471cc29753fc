"""The items of an order: their products and units. They are part of it, and have no id."""

from collections.abc import Iterable

from sellerhealth.facts import WHOLE_ORDER, is_line, items_once
from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.types.enums import Party
from sellerhealth.store.keyset import Row


@object_type
class OrderItem:
    """An item of an order: a product, and how many units of it."""

    asin: str | None = field(description="Amazon's number of the product. Null when no source reported it.")
    cancelled_by: Party | None = field(description="Who cancelled it. Null when nobody did or nobody reported by whom.")
    quantity: int | None = field(description="How many units were ordered. Some sources report 0 once it is cancelled.")
    quantity_shipped: int | None = field(description="How many units were confirmed as shipped. Null when no source reported it.")
    sku: str | None = field(description="The seller's number of the product. Null when no source reported it.")


def order_items(rows: Iterable[Row]) -> list[OrderItem]:
    """The items of an order, each once, if as many have a number as there are lines of flat files; else all that is known of them."""
    items = [row for row in rows if row["item_id"] != WHOLE_ORDER]
    lines = sum(is_line(item["item_id"]) for item in items)
    return [
        OrderItem(
            asin=item["asin"],
            cancelled_by=None if item["cancelled_by"] is None else Party(item["cancelled_by"]),
            quantity=item["quantity"],
            quantity_shipped=item["quantity_shipped"],
            sku=item["sku"],
        )
        for item in (items if 2 * lines > len(items) else items_once(items))
    ]
