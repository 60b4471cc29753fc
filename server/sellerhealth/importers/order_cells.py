"""Cells that several of Amazon's sources of orders have: the status of an order, who fulfils it, how it is sent, and numbers of units."""

import re
from functools import lru_cache

from sellerhealth.facts import Channel, OrderStatus
from sellerhealth.sources import ValueMap, number, text

quantity = number(0, 1_000_000)

STATUSES = ValueMap(
    {
        "Pending": OrderStatus.PENDING,
        "PendingAvailability": OrderStatus.PENDING,
        "Unshipped": OrderStatus.UNSHIPPED,
        "InvoiceUnconfirmed": OrderStatus.UNSHIPPED,
        "Shipping": OrderStatus.UNSHIPPED,
        "PartiallyShipped": OrderStatus.PARTIALLY_SHIPPED,
        "Shipped": OrderStatus.SHIPPED,
        "Cancelled": OrderStatus.CANCELLED,
        "Canceled": OrderStatus.CANCELLED,
        "Unfulfillable": OrderStatus.UNFULFILLABLE,
        # Amazon puts the carrier's status behind a dash. An order that waits for the carrier is accepted.
        "Pending - Waiting for Pick Up": OrderStatus.UNSHIPPED,
    },
    detail=" - ",
)
CHANNELS = ValueMap({"Merchant": Channel.SELLER, "MFN": Channel.SELLER, "Amazon": Channel.AMAZON, "AFN": Channel.AMAZON})

_SERVICES = ("Standard", "Expedited", "Priority", "SameDay", "NextDay", "SecondDay", "Scheduled", "FreeEconomy")
_SERVICE_OF = {service.lower(): service for service in _SERVICES}
_SERVICE_BY_FIRST_WORD = {"std": "Standard", "exp": "Expedited", "second": "SecondDay", "next": "NextDay"}  # of many: Std US D2D Dom


@lru_cache(1_000)
def ship_service(cell: str) -> str | None:
    """The level of service, which sources spell differently, in one spelling; any other service by its name."""
    name = text(cell)
    if name is None:
        return None
    first, *more = name.split()
    of_first_word = _SERVICE_BY_FIRST_WORD.get(first.lower()) if more else None
    return _SERVICE_OF.get(re.sub(r"[\s_-]+", "", name).lower()) or of_first_word or name
