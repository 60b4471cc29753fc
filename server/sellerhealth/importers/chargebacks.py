"""Our own CSV of credit card chargebacks."""

from sellerhealth.facts import Chargeback, ChargebackKind
from sellerhealth.importers.own_csv import MARKETPLACE, ORDER_ID, own_csv
from sellerhealth.sources import Column, FactKind, Sheet, day_or_instant, one_of

SHEET = Sheet(
    (
        ORDER_ID,
        Column(
            "filed_at",
            "filed_at",
            day_or_instant,
            "When it was filed; a day will do.",
            "2026-03-01",
            required=True,
            filled=True,
            is_day=True,
        ),
        Column("kind", "kind", one_of(ChargebackKind), "What it is about. Empty counts as UNKNOWN.", "SERVICE"),
        MARKETPLACE,
    ),
    lambda values: Chargeback,
    marketplace="reported_marketplace",
)
IMPORTER = own_csv("chargebacks", "Credit card chargebacks", SHEET, FactKind.CHARGEBACK)
