"""Our own CSV of policy violations."""

from sellerhealth.facts import Severity, Violation
from sellerhealth.importers.own_csv import MARKETPLACE, own_csv
from sellerhealth.sources import Column, FactKind, Sheet, day_or_instant, key, one_of, text

SHEET = Sheet(
    (
        Column("violation_id", "violation_id", key, "A key of the violation.", "PV-2026-0001", required=True, filled=True),
        Column(
            "detected_at", "detected_at", day_or_instant, "When it was detected; a day will do.", "2026-03-01", required=True, is_day=True
        ),
        Column("category", "category", text, "Amazon's category.", "listingPolicyViolations"),
        Column("severity", "severity", one_of(Severity), "How bad it is. Empty counts as MEDIUM.", "HIGH"),
        Column("asin", "asin", key, "The product. Empty when it concerns none.", "B000000000"),
        Column("order_id", "order_id", key, "Amazon's number of the order. Empty when it concerns none."),
        Column(
            "resolved_at",
            "resolved_at",
            day_or_instant,
            "When it was resolved; a day will do. Empty while it is open.",
            "2026-03-09",
            is_day=True,
        ),
        MARKETPLACE,
    ),
    lambda values: Violation,
    marketplace="reported_marketplace",
)
IMPORTER = own_csv("violations", "Policy violations", SHEET, FactKind.VIOLATION)
