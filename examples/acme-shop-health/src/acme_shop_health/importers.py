"""The two exports of Acme's own shop: orders and returns."""

from collections.abc import Iterable

from sellerhealth import hookimpl
from sellerhealth.facts import Channel, Order, OrderStatus, Refund
from sellerhealth.sources import (
    Column,
    Fact,
    FactKind,
    Importer,
    Sheet,
    ValueMap,
    Values,
    day_or_instant,
    instant,
    key,
    text,
)

STATES = ValueMap({"paid": OrderStatus.UNSHIPPED, "sent": OrderStatus.SHIPPED, "called off": OrderStatus.CANCELLED})
ORDER = Column("order", "order_id", key, "The number of the order.", "A-1001", required=True, filled=True)


def own_order(values: Values) -> type[Fact]:
    """An order of Acme's shop, which fulfils its orders itself."""
    values |= {"marketplace": "acme", "channel": Channel.SELLER}
    return Order


orders = Sheet(
    columns=(
        ORDER,
        Column("paid", "placed_at", instant, "When it was paid.", "2026-03-01T09:30:00Z", required=True, filled=True),
        Column("send by", "ship_by", instant, "When it must be sent.", "2026-03-03T17:00:00Z"),
        Column("state", "status", STATES.read, "paid, sent or called off.", "sent", required=True, filled=True),
    ),
    fact=own_order,
)
returns = Sheet(
    columns=(
        ORDER,
        Column("back", "refunded_at", day_or_instant, "When.", "2026-03-09", required=True, filled=True, is_day=True),
        Column("why", "reason", text, "The reason that the buyer chose.", "DAMAGED"),
    ),
    fact=lambda values: Refund,
)


@hookimpl
def register_importers() -> Iterable[Importer]:
    """Both formats."""
    yield Importer(
        name="acme_orders",
        title="Orders of Acme's shop",
        covers=frozenset({FactKind.ORDER}),
        rank=10,
        recognises=orders,
        read=orders.read,
        template=orders.template,
    )
    yield Importer(
        name="acme_returns",
        title="Returns of Acme's shop",
        covers=frozenset({FactKind.REFUND}),
        rank=10,
        recognises=returns,
        read=returns.read,
        template=returns.template,
    )
