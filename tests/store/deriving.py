"""Facts as they are worked out from what was told of them, without a store."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sellerhealth.facts import FeedbackClass, Item, Order, Package
from sellerhealth.model.tables import Fact
from sellerhealth.store.derive import derive_child, derive_order
from tests.store.tellings import untold

UTC, LOS_ANGELES, BERLIN = ZoneInfo("UTC"), ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Berlin")
HOUR, SECOND = dt.timedelta(hours=1), dt.timedelta(seconds=1)
NOON = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
Values = dict[str, Any]


def at(text: str) -> dt.datetime:
    """An instant of 2026."""
    return dt.datetime.fromisoformat(f"2026-{text}+00:00")


def item(**told: Any) -> Values:
    """A line of the order."""
    return untold(Item, order_id="702-1", **{"item_id": "1", **told})


def package(**told: Any) -> Values:
    """A package of the order."""
    return untold(Package, order_id="702-1", package_id="1", **told)


def order_of(*parts: Values, zone: ZoneInfo = UTC, **told: Any) -> Values:
    """An order as it is worked out from what was told of it and of its items and packages."""
    order = untold(Order, order_id="702-1", **told)
    items, packages = ([part for part in parts if name in part] for name in ("item_id", "package_id"))
    derive_order(order, items, packages, zone)
    return order


def child(fact: type[Fact], order: Values | None = None, zone: ZoneInfo = UTC, **told: Any) -> tuple[Values, Sequence[str]]:
    """What belongs to an order as it is worked out, and the codes of what is wrong with it."""
    row = untold(fact, **{"order_id": "702-1", **told})
    return row, list(derive_child(fact, row, order, lambda marketplace: zone, lambda rating, comment: FeedbackClass.NEUTRAL))
