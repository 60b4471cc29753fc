"""Facts with derived columns, without a database."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sellerhealth.facts import FeedbackClass, Item, Order, Package
from sellerhealth.model.tables import Fact
from sellerhealth.store.derive import derive_child, derive_order
from tests.store.observations import blank_fact

UTC, LOS_ANGELES, BERLIN = ZoneInfo("UTC"), ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Berlin")
HOUR, SECOND = dt.timedelta(hours=1), dt.timedelta(seconds=1)
NOON = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
Values = dict[str, Any]


def at(text: str) -> dt.datetime:
    """An instant of 2026."""
    return dt.datetime.fromisoformat(f"2026-{text}+00:00")


def item(**values: Any) -> Values:
    """A line of the order."""
    return blank_fact(Item, order_id="702-1", **{"item_id": "1", **values})


def package(**values: Any) -> Values:
    """A package of the order."""
    return blank_fact(Package, order_id="702-1", **{"package_id": "1", **values})


def order_of(*parts: Values, zone: ZoneInfo = UTC, **values: Any) -> Values:
    """An order derived with its items and packages."""
    order = blank_fact(Order, order_id="702-1", **values)
    items, packages = ([part for part in parts if name in part] for name in ("item_id", "package_id"))
    derive_order(order, items, packages, zone)
    return order


def child(fact: type[Fact], order: Values | None = None, zone: ZoneInfo = UTC, **values: Any) -> tuple[Values, Sequence[str]]:
    """A fact of an order, derived, and its note codes."""
    row = blank_fact(fact, **{"order_id": "702-1", **values})
    return row, list(derive_child(fact, row, order, lambda marketplace: zone, lambda rating, comment: FeedbackClass.NEUTRAL))
