"""Our own CSV of A-to-z claims."""

from sellerhealth.facts import Claim, ClaimState
from sellerhealth.importers.own_csv import MARKETPLACE, ORDER_ID, own_csv
from sellerhealth.sources import Column, FactKind, Sheet, day_or_instant, one_of

SHEET = Sheet(
    (
        ORDER_ID,
        Column(
            "opened_at",
            "opened_at",
            day_or_instant,
            "When it was opened; a day will do.",
            "2026-03-01",
            required=True,
            filled=True,
            is_day=True,
        ),
        Column("state", "state", one_of(ClaimState), "Its state. Empty counts as OPEN.", "GRANTED_SELLER"),
        Column("decided_at", "decided_at", day_or_instant, "When it was decided; a day will do.", "2026-03-09", is_day=True),
        MARKETPLACE,
    ),
    lambda values: Claim,
    marketplace="reported_marketplace",
)
IMPORTER = own_csv("claims", "A-to-z claims", SHEET, FactKind.CLAIM)
