"""Amazon's GET_SELLER_FEEDBACK_DATA: feedback of one to three stars. See docs/import.md#seller-feedback."""

from collections.abc import Iterator
from typing import BinaryIO

from sellerhealth.facts import Feedback
from sellerhealth.sources import (
    MARKETPLACES,
    BadFile,
    Column,
    DayOrder,
    Entry,
    FactKind,
    FileContext,
    Importer,
    Sheet,
    day_written,
    key,
    number,
    text,
)

NAME = "GET_SELLER_FEEDBACK_DATA"


def sheet(order: DayOrder) -> Sheet:
    """The report of a marketplace that writes days in an order. The buyer's e-mail address is not among the columns read."""
    return Sheet(
        (
            Column("Date", "left_at", day_written(order), "The day on which it was left.", required=True, filled=True, is_day=True),
            Column("Rating", "rating", number(1, 5), "The stars.", required=True, filled=True),
            Column("Comments", "comment", text, "The buyer's comment."),
            Column("Order ID", "order_id", key, "Amazon's number of the order.", required=True, filled=True),
        ),
        lambda values: Feedback,
        marketplace="told_marketplace",
    )


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    marketplace = MARKETPLACES.get(context.marketplace or "")
    if marketplace is None:
        raise BadFile(
            f"{NAME} does not name its marketplace, and each marketplace writes days in its own order: name it.", argument="marketplace"
        )
    return sheet(marketplace.day_order).read(stream, context)


IMPORTER = Importer(
    name=NAME,
    title="Feedback of one to three stars",
    tells=frozenset({FactKind.FEEDBACK}),
    rank=10,
    recognises=sheet("MDY"),
    read=_read,
    complete=False,
)
