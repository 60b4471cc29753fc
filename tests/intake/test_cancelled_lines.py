"""Flat files with single lines of an order: cancellations, the buyer's requests, and later reports that take them back."""

import datetime as dt
from collections.abc import Callable, Sequence

import pytest

from sellerhealth.facts import Order
from sellerhealth.intake import ImportSummary
from sellerhealth.store.database import Database
from tests.support.importers import NOW
from tests.support.imports import stored

Import = Callable[..., ImportSummary]
HOUR = dt.timedelta(hours=1)
FLAT = "amazon-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel item-status sku".split()
FLAT += ["is-buyer-requested-cancellation", "cpf"]


def line(item: str = "Shipped", order: str = "Shipped", updated: str = "2026-03-02T10:00:00Z", sku: str = "CUP", asked: str = "") -> str:
    """A line of a flat file: the status of its item and of its order, and whether the buyer asked for the cancellation."""
    return "\t".join(("702-1", "2026-03-01T10:00:00Z", updated, order, "Merchant", "Amazon.com", item, sku, asked, ""))


def flat(*lines: str) -> str:
    """A flat file of these lines."""
    return "\n".join(("\t".join(FLAT), *lines)) + "\n"


def unknown(database: Database) -> bool:
    """Whether the only order has a cancellation with an unknown canceller."""
    (order,) = stored(database, Order)
    return bool(order["canceller_unknown"])


def in_both_orders(import_text: Import, files: Sequence[tuple[str, dt.datetime]], *, newest_first: bool) -> ImportSummary:
    summaries = [import_text(text, observed_at=observed_at) for text, observed_at in (reversed(files) if newest_first else files)]
    return summaries[-1]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("updated", [("2026-03-02T10:00:00Z", "2026-03-04T10:00:00Z"), ("", "")])
@pytest.mark.parametrize("order", ["Cancelled", "Shipped"])
def test_what_is_shipped_after_all_has_no_unknown_canceller(
    database: Database, import_text: Import, order: str, updated: tuple[str, str], newest_first: bool
) -> None:
    older = flat(line("Cancelled", order, updated[0]), line(order, order, updated[0], sku="PLATE"))
    newer = flat(line(updated=updated[1]), line(updated=updated[1], sku="PLATE"))
    summary = in_both_orders(import_text, ((older, NOW - HOUR), (newer, NOW)), newest_first=newest_first)
    assert (unknown(database), summary.notes) == (False, {})


@pytest.mark.parametrize("updated", ["2026-03-02T10:00:00Z", ""])
@pytest.mark.parametrize("first", [True, False])
def test_the_line_of_another_item_does_not_undo_a_cancellation(database: Database, import_text: Import, updated: str, first: bool) -> None:
    lines = [line("Cancelled", updated=updated), line(updated=updated, sku="PLATE")]
    summary = import_text(flat(*(lines if first else reversed(lines))))
    assert (unknown(database), summary.notes) == (True, {"canceller_unknown": 1})
