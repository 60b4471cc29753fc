"""Amazon's flat file of a settlement, one line for every amount: GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2. See docs/import.md#settlement.

Of its transactions those are read that mean a refund, a chargeback, or an A-to-z claim that the seller paid.
"""

import datetime as dt
import re

from sellerhealth.facts import Chargeback, Claim, ClaimState, Refund
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.importers.sales_channels import ELSEWHERE, SALES_CHANNELS
from sellerhealth.sources import Column, Fact, FactKind, Importer, Sheet, Unreadable, Values, day_or_instant, instant, key, text

_REFUND, _CHARGEBACK, _CLAIM = "refund", "chargeback refund", re.compile(r"a-to-z guarantee (refund|claim)( claim)?")
_EUROPEAN = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})(?: (\d{2}:\d{2}:\d{2}) UTC)?")


def posted(cell: str) -> dt.date | dt.datetime | None:
    """A day or an instant, also as in 31.12.2026 23:59:59 UTC, with which some marketplaces write it."""
    if match := _EUROPEAN.fullmatch(cell.strip()):
        day, time = f"{match[3]}-{match[2]}-{match[1]}", match[4]
        return instant(f"{day}T{time}Z") if time else day_or_instant(day)
    return day_or_instant(cell)


def posted_day(cell: str) -> dt.date | dt.datetime | None:
    """The same. What cannot be read has no value: it matters only where there is no instant."""
    try:
        return posted(cell)
    except Unreadable:
        return None


def _fact(values: Values) -> type[Fact] | None:
    kind, at, day = (values.pop("type") or "").lower(), values.pop("posted_at", None), values.pop("posted_on", None)
    if kind not in (_REFUND, _CHARGEBACK) and _CLAIM.fullmatch(kind) is None:
        return None
    if values["reported_marketplace"] == ELSEWHERE:
        return None
    if values["order_id"] is None:
        raise Unreadable("a value in the column 'order-id'")
    if (at := at or day) is None:
        raise Unreadable("an instant in the column 'posted-date-time', or a day such as 2026-03-01 in 'posted-date'")
    if kind == _REFUND:
        values["refunded_at"] = at
        return Refund
    if kind == _CHARGEBACK:
        values["filed_at"] = at
        return Chargeback
    values |= {"opened_at": at, "decided_at": at, "state": str(ClaimState.GRANTED_SELLER)}
    return Claim


COLUMNS = (
    Column(
        "transaction-type",
        "type",
        text,
        "`Refund`, `Chargeback Refund` or `A-to-z Guarantee Refund`. Others are skipped.",
        "Refund",
        required=True,
    ),
    Column("order-id", "order_id", key, "Amazon's number of the order. A value in these lines.", "123-4567890-1234567", required=True),
    Column("posted-date-time", "posted_at", posted, "When the money was moved.", "2026-03-01 10:00:00 UTC", is_day=True),
    Column(
        "posted-date",
        "posted_on",
        posted_day,
        "The day of it, where there is no `posted-date-time`.",
        "2026-03-01",
        required=True,
        is_day=True,
    ),
    Column(
        "marketplace-name",
        "reported_marketplace",
        SALES_CHANNELS.__getitem__,
        "The marketplace, such as `Amazon.de`. Others are skipped.",
        "Amazon.com",
    ),
    ACCOUNT,
)
SHEET = Sheet(COLUMNS, _fact, marketplace="reported_marketplace", marks=frozenset({"settlement-id"}), quoted=False)

IMPORTER = Importer(
    name="GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
    title="Refunds, chargebacks and claims that cost money, of a settlement",
    # A settlement ends before its report is made: nothing is known of the days since.
    covers=frozenset(),
    rank=10,
    recognises=SHEET,
    template=SHEET.template,
    read=SHEET.read,
    adds=frozenset({FactKind.REFUND, FactKind.CHARGEBACK, FactKind.CLAIM}),
    where="Seller Central: Reports > Payments > All Statements > Download Flat File V2",
)
