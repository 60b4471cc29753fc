"""Our own CSV of messages: those of buyers, and the seller's replies. Their text is not read."""

from sellerhealth.facts import Message, Party, Reply
from sellerhealth.importers.own_csv import MARKETPLACE, own_csv
from sellerhealth.sources import Column, Fact, FactKind, Sheet, ValueMap, Values, instant, key, yes_or_no


def _message_or_reply(values: Values) -> type[Fact]:
    if values.pop("from") == Party.BUYER:
        values["received_at"] = values.pop("sent_at")
        values.pop("automatic", None)
        return Message
    for of_buyers_only in values.keys() - {"thread_id", "sent_at", "automatic"}:
        del values[of_buyers_only]
    return Reply


SHEET = Sheet(
    (
        Column("thread_id", "thread_id", key, "The conversation.", "T-1001", required=True, filled=True),
        Column("message_id", "message_id", key, "A key of the message.", "M-5001", required=True, filled=True),
        Column(
            "from",
            "from",
            ValueMap({"BUYER": Party.BUYER, "SELLER": Party.SELLER}).read,
            "Who wrote it.",
            "BUYER",
            required=True,
            filled=True,
        ),
        Column("sent_at", "sent_at", instant, "When it was sent.", "2026-03-01T09:30:00Z", required=True, filled=True),
        Column("order_id", "order_id", key, "Amazon's number of the order it is about.", "123-4567890-1234567"),
        Column("needs_answer", "needs_answer", yes_or_no, "Of a buyer's message: whether it needs an answer. Empty counts as yes.", "yes"),
        Column("answered_at", "reported_answered_at", instant, "Of a buyer's message: when the seller answered, if that is known."),
        Column("automatic", "automatic", yes_or_no, "Of the seller's message: whether a machine wrote it. It then answers nothing."),
        MARKETPLACE,
    ),
    _message_or_reply,
    marketplace="reported_marketplace",
)
IMPORTER = own_csv("messages", "Messages with buyers", SHEET, FactKind.MESSAGE)
