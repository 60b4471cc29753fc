"""Our own CSV of cancellations, because Amazon's flat files do not say who cancelled. See docs/spec/facts.md#who-cancelled."""

from sellerhealth.facts import Item, Party
from sellerhealth.importers.own_csv import ORDER_ID, own_csv
from sellerhealth.sources import Column, Fact, FactKind, Sheet, Values, instant, key, one_of, text, yes_or_no


def _item(values: Values) -> type[Fact]:
    values["item_id"] = values.get("item_id") or "*"
    return Item


SHEET = Sheet(
    (
        ORDER_ID,
        Column("item_id", "item_id", key, "Amazon's number of the line. Empty or `*` for the whole order.", "*"),
        Column("cancelled_by", "cancelled_by", one_of(Party), "Who cancelled it.", "SELLER", required=True),
        Column("cancelled_at", "cancelled_at", instant, "When it was cancelled.", "2026-03-01T09:30:00Z"),
        Column("reason", "cancel_reason", text, "The reason, as Amazon names it.", "NO_INVENTORY", lenient=True),
        Column("buyer_asked", "buyer_asked", yes_or_no, "Whether the buyer requested it through Amazon: yes or no.", "no"),
    ),
    _item,
)
IMPORTER = own_csv("cancellations", "Who cancelled what", SHEET, adds=frozenset({FactKind.ORDER}))
