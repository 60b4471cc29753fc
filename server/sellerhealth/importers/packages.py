"""Our own CSV of packages: confirmations of shipment, tracking and scans."""

from sellerhealth.facts import Package
from sellerhealth.importers.own_csv import MARKETPLACE, ORDER_ID, own_csv
from sellerhealth.sources import Column, FactKind, Sheet, instant, key, number, text, yes_or_no

SHEET = Sheet(
    (
        ORDER_ID,
        Column("package_id", "package_id", key, "A key of the package within the order.", "1", required=True, filled=True),
        Column("confirmed_at", "confirmed_at", instant, "When shipment was confirmed to Amazon.", "2026-03-01T09:30:00Z"),
        Column("carrier", "carrier", text, "The carrier as you named it.", "UPS"),
        Column("tracking_number", "tracking_number", text, "The tracking number.", "1Z0000000000000000"),
        Column("category", "category", text, "The product category.", "Kitchen"),
        Column("units", "units", number(0, 1_000_000), "How many units are in it. Empty counts as 1.", "1"),
        Column("scanned", "scanned", yes_or_no, "Whether a carrier was ever seen to scan it, where the instant is not known.", "yes"),
        Column("first_scan_at", "first_scan_at", instant, "When a carrier physically scanned it first.", "2026-03-01T18:05:00Z"),
        Column("first_attempt_at", "first_attempt_at", instant, "When delivery was first attempted, or the day the buyer moved it to."),
        Column("delivered_at", "delivered_at", instant, "When it was delivered.", "2026-03-03T14:20:00Z"),
        Column("exempt_reason", "exempt_reason", text, "Why tracking is not required. Empty when it is."),
        Column("is_protected", "is_protected", yes_or_no, "Whether Amazon protects the seller when it arrives late: yes or no.", "no"),
        MARKETPLACE,
    ),
    lambda values: Package,
    marketplace="reported_marketplace",
)
IMPORTER = own_csv("packages", "Packages: confirmations and scans", SHEET, FactKind.PACKAGE)
