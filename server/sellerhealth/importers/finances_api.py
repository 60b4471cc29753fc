"""Responses of Amazon's Finances API v0, listFinancialEvents, as JSON: refunds, chargebacks and A-to-z claims that cost money.

See docs/import.md#finances-api.
"""

import re
from collections.abc import Iterator
from functools import partial

from sellerhealth.facts import Chargeback, Claim, ClaimState, Refund
from sellerhealth.importers.json_fields import document, example, names_of, read_fields, read_objects
from sellerhealth.importers.json_objects import Api, Found
from sellerhealth.importers.sales_channels import ELSEWHERE, SALES_CHANNELS
from sellerhealth.sources import Column, Entry, FactKind, FileContext, Importer, Row, Sample, Skipped, instant, key

EVENT = (
    Column("AmazonOrderId", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", filled=True),
    Column("PostedDate", "posted_at", instant, "When the money was moved.", "2026-03-01T10:00:00Z", filled=True),
    Column(
        "MarketplaceName",
        "marketplace",
        SALES_CHANNELS.__getitem__,
        "The marketplace, such as `Amazon.de`. Others are skipped.",
        "Amazon.com",
    ),
)
REFUNDS, CLAIMS, CHARGEBACKS = "RefundEventList", "GuaranteeClaimEventList", "ChargebackEventList"
_API = Api("AmazonOrderId", frozenset(), frozenset({REFUNDS, CLAIMS, CHARGEBACKS}), noun="refund")


def _rows(found: Found, context: FileContext) -> Iterator[Entry]:
    values = read_fields(EVENT, found.value, found.line)
    order_id, posted_at, marketplace = values["order_id"], values["posted_at"], values["marketplace"] or context.marketplace
    of_order = {"order_id": order_id, "reported_marketplace": marketplace}
    if marketplace == ELSEWHERE:
        yield Skipped(found.line)
    elif found.envelope == REFUNDS:
        yield Row(Refund, of_order | {"refunded_at": posted_at}, None, found.line)
    elif found.envelope == CHARGEBACKS:
        yield Row(Chargeback, of_order | {"filed_at": posted_at}, None, found.line)
    else:
        decided = {"opened_at": posted_at, "decided_at": posted_at, "state": str(ClaimState.GRANTED_SELLER)}
        yield Row(Claim, of_order | decided, None, found.line)


def _recognises(sample: Sample) -> bool:
    """Whether the start of a file has financial events. Those that are read may come after others, so far that it does not have them."""
    return (
        _API.has_objects(sample) or re.match(rb"[\xef\xbb\xbf\s]*[{\[].*\"FinancialEvents\"\s*:\s*\{", sample.start, re.DOTALL) is not None
    )


IMPORTER = Importer(
    name="FINANCES_API_V0",
    title="Refunds, chargebacks and claims that cost money, of the Finances API v0",
    # Which claims were denied or are open, and what a chargeback is about, is not in it.
    covers=frozenset({FactKind.REFUND}),
    rank=15,
    recognises=_recognises,
    template=document({"payload": {"FinancialEvents": {name: [example(EVENT)] for name in (REFUNDS, CLAIMS, CHARGEBACKS)}}}),
    read=partial(read_objects, _API, EVENT, names_of(EVENT), _rows),
    adds=frozenset({FactKind.CHARGEBACK, FactKind.CLAIM}),
    where="the API alone: `listFinancialEvents`",
)
