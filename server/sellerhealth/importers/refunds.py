"""Our own CSV of refunds and other concessions."""

from sellerhealth.facts import Refund
from sellerhealth.importers.own_csv import MARKETPLACE, ORDER_ID, own_csv
from sellerhealth.sources import Column, FactKind, Sheet, day_or_instant, text

SHEET = Sheet(
    (
        ORDER_ID,
        Column(
            "refunded_at",
            "refunded_at",
            day_or_instant,
            "When it was granted; a day will do.",
            "2026-03-01",
            required=True,
            filled=True,
            is_day=True,
        ),
        Column("reason", "reason", text, "The reason, as the source names it.", "CUSTOMER_RETURN", lenient=True),
        MARKETPLACE,
    ),
    lambda values: Refund,
    marketplace="reported_marketplace",
)
IMPORTER = own_csv("refunds", "Refunds and other concessions", SHEET, FactKind.REFUND)
