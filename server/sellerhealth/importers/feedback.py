"""Our own CSV of feedback, of all ratings: what Amazon's report leaves out. See docs/import.md#feedback."""

from sellerhealth.facts import Feedback
from sellerhealth.importers.own_csv import MARKETPLACE, ORDER_ID, own_csv
from sellerhealth.sources import Column, FactKind, Sheet, day_or_instant, number, text, yes_or_no

SHEET = Sheet(
    (
        ORDER_ID,
        Column("left_at", "left_at", day_or_instant, "When it was left; a day will do.", "2026-03-01", required=True, is_day=True),
        Column("rating", "rating", number(1, 5), "The stars, 1 to 5.", "5", required=True),
        Column("comment", "comment", text, "The buyer's comment.", "Exactly as described.", lenient=True),
        Column(
            "removed_at",
            "removed_at",
            day_or_instant,
            "When the buyer removed it; a day will do. Empty if it was not removed.",
            is_day=True,
        ),
        Column("struck_through", "struck_through", yes_or_no, "Whether Amazon struck it through: yes or no.", "no"),
        MARKETPLACE,
    ),
    lambda values: Feedback,
    marketplace="reported_marketplace",
)
IMPORTER = own_csv("feedback", "Feedback of all ratings", SHEET, FactKind.FEEDBACK)
