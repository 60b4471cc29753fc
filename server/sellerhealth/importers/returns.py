"""Amazon's flat file of returns of orders that the seller ships: GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE. See docs/import.md#returns.

A refund is read of each return with a refunded amount. The report names orders with an A-to-z claim, but nothing of the claim: those
are reported as remarks.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import BinaryIO

from sellerhealth.facts import Refund
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.sources import (
    Column,
    Entry,
    FactKind,
    FileContext,
    Importer,
    Remark,
    Row,
    Sheet,
    Skipped,
    Unreadable,
    day_or_instant,
    key,
    text,
    yes_or_no,
)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})")
_AMOUNT = re.compile(r"\d{1,15}([.,]\d{1,6})?")


def day(cell: str) -> dt.date | dt.datetime | None:
    """A day as the report writes it, such as 01-Mar-2026, or as any other does."""
    match = _DAY.fullmatch(cell.strip())
    if match is None or match[2].lower() not in _MONTHS:
        try:
            return day_or_instant(cell)
        except Unreadable:
            raise Unreadable("a day such as 01-Mar-2026") from None
    iso = f"{match[3]}-{_MONTHS.index(match[2].lower()) + 1:02}-{match[1]:0>2}"
    try:
        return day_or_instant(iso)
    except Unreadable as unreadable:
        raise Unreadable("a day such as 01-Mar-2026") from unreadable


def is_refunded(cell: str) -> bool:
    """Whether an amount was refunded. An empty cell, like 0, means that none was."""
    stripped = cell.strip()
    if stripped and _AMOUNT.fullmatch(stripped) is None:
        raise Unreadable("an amount such as 21.38")
    return any(digit in "123456789" for digit in stripped)


COLUMNS = (
    Column("Order ID", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True),
    Column(
        "Return request date",
        "refunded_at",
        day,
        "The day on which the buyer requested the return. It stands for that of the refund.",
        "01-Mar-2026",
        required=True,
        filled=True,
        is_day=True,
    ),
    Column(
        "Refunded Amount",
        "is_refunded",
        is_refunded,
        "The amount that was refunded. A line without one is skipped.",
        "21.38",
        required=True,
    ),
    Column("Return Reason", "reason", text, "The reason, as Amazon names it.", "AMZ-PG-BAD-DESC", lenient=True),
    Column("A-to-Z Claim", "is_claimed", yes_or_no, "Whether there is an A-to-z claim. It is reported, and no fact.", "N", required=True),
    ACCOUNT,
)
SHEET = Sheet(COLUMNS, lambda values: Refund, marketplace="reported_marketplace", quoted=False)


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    for entry in SHEET.read(stream, context):
        if not isinstance(entry, Row):
            yield entry
            continue
        is_claim, has_refund = entry.values.pop("is_claimed"), entry.values.pop("is_refunded", None)
        if is_claim:
            yield Remark(entry.line, "A-to-Z Claim", "names an order with an A-to-z claim: import the claims, which are not in this report")
        yield entry if has_refund else Skipped(entry.line, None, entry.lines, account=entry.account)


IMPORTER = Importer(
    name="GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE",
    title="Returns of orders that the seller ships, and their refunds",
    covers=frozenset(),  # a refund without a return is not in it
    rank=10,
    recognises=SHEET,
    template=SHEET.template,
    read=_read,
    adds=frozenset({FactKind.REFUND}),
    where="Seller Central: Orders > Manage Returns > View reports",
)
