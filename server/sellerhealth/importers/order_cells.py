"""Cells that several of Amazon's sources of orders write alike: the status of an order, who fulfils it, and numbers of units."""

from sellerhealth.facts import Channel, OrderStatus
from sellerhealth.sources import ValueMap, number

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
