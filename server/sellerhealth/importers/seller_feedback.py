"""Feedback as Amazon lists it: its report of one to three stars, GET_SELLER_FEEDBACK_DATA, and the table of its Feedback Manager.

See docs/import.md#seller-feedback and docs/import.md#feedback-manager.
"""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, get_args

from sellerhealth.facts import Feedback
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.sources import (
    MARKETPLACES,
    BadFile,
    Column,
    DayOrder,
    Entry,
    FactKind,
    FileContext,
    Importer,
    Reader,
    Sheet,
    Unreadable,
    day_written,
    key,
    number,
    text,
)

_DAYS = [day_written(order) for order in get_args(DayOrder)]
REPORT, MANAGER = "GET_SELLER_FEEDBACK_DATA", "FEEDBACK_MANAGER"
# The names of the columns of each in their order. A file is of the table if it has those that only the table has.
_POSITIONS = {
    REPORT: ("Date", "Rating", "Comments", "Your Response", "Order ID", "Rater Email"),
    MANAGER: (
        *("Date", "Rating", "Comments", "Arrived on Time", "Item as Described", "Customer Service"),
        *("Order ID", "Rater Email", "Rater Role"),
    ),
}
_OF_MANAGER = frozenset({"Arrived on Time", "Item as Described"})


def sheet(name: str, read_day: Reader, read_order_id: Reader = key) -> Sheet:
    """A format of a marketplace that writes days in an order. The buyer's e-mail address is not among the columns read.

    The names of the columns are in the language of the marketplace, their order is the same everywhere.
    """
    return Sheet(
        (
            Column("Date", "left_at", read_day, "The day on which it was left.", "2026-03-01", required=True, filled=True, is_day=True),
            Column("Rating", "rating", number(1, 5), "The stars.", "2", required=True, filled=True),
            Column("Comments", "comment", text, "The buyer's comment.", "It came too late.", lenient=True),
            Column(
                "Order ID", "order_id", read_order_id, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True
            ),
            ACCOUNT,
        ),
        lambda values: Feedback,
        marketplace="reported_marketplace",
        marks=_OF_MANAGER if name == MANAGER else frozenset(),
        excludes=frozenset() if name == MANAGER else _OF_MANAGER,
        positions=_POSITIONS[name],
    )


def _read(name: str, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    marketplace = MARKETPLACES.get(context.marketplace or "")
    if marketplace is None:
        raise BadFile(
            f"{name} does not name its marketplace, and each marketplace writes days in its own order: name it.", argument="marketplace"
        )
    return sheet(name, day_written(marketplace.day_order)).read(stream, context)


def _day_somewhere(cell: str) -> dt.date:
    """A day as any marketplace writes it."""
    for read in _DAYS:
        with contextlib.suppress(Unreadable):
            day: dt.date | None = read(cell)
            if day is not None:
                return day
    raise Unreadable("a day")


def _order_id_of_amazon(cell: str) -> str:
    if re.fullmatch(r"\d{3}-\d{7}-\d{7}", cell.strip()) is None:
        raise Unreadable("Amazon's number of an order")
    return cell.strip()


IMPORTER, MANAGER_IMPORTER = (
    Importer(
        name=name,
        title=title,
        covers=frozenset({FactKind.FEEDBACK}),
        rank=10,
        recognises=sheet(name, _day_somewhere, _order_id_of_amazon),
        template=sheet(name, _day_somewhere).template,
        read=partial(_read, name),
        complete=name == MANAGER,
        lists=frozenset({FactKind.FEEDBACK}),
        where=where,
    )
    for name, title, where in (
        (REPORT, "Feedback of one to three stars", "the Reports API; in Seller Central: Performance > Feedback, its report (not verified)"),
        (
            MANAGER,
            "Feedback of all ratings, from the table of the Feedback Manager",
            "Seller Central: Performance > Feedback: copy the table",
        ),
    )
)
