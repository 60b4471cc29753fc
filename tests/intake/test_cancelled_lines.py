"""Flat files with single lines of an order: cancellations, the buyer's requests, and later reports that take them back."""

import datetime as dt
import io
import itertools
import json
from collections.abc import Callable, Sequence
from random import Random
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.access import OWNER
from sellerhealth.facts import Item, Order
from sellerhealth.intake import ImportSummary, create_account, import_stream
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.database import Database
from tests.fuzz import fuzzing
from tests.store.importing import contents
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


@pytest.mark.parametrize("others", ["2026-03-04T10:00:00Z", ""])
@pytest.mark.parametrize("asked", [("", ""), ("false", "true")])
def test_a_line_of_another_instant_says_nothing_about_the_item_of_another_line(
    database: Database, import_text: Import, others: str, asked: tuple[str, str]
) -> None:
    lines = [line("Cancelled", asked=asked[0]), line(updated=others, sku="PLATE", asked=asked[1])]
    import_text(flat(*lines))
    assert unknown(database)
    import_text(flat(line(), line(sku="PLATE")).replace("2026-03-02T10", "2026-03-05T10"))
    assert not unknown(database)


# ---------------------------------------------------------------- the buyer's request


def items(database: Database) -> dict[str, tuple[object, object]]:
    """The stored items: whether each is cancelled by itself, and requested."""
    return {item["item_id"]: (item["cancelled"], item["requested"]) for item in stored(database, Item)}


def test_lines_become_items_by_sku_and_occurrence_the_cancelled_and_requested_ones_first(database: Database, import_text: Import) -> None:
    lines = [line("Cancelled", asked="true"), line(), line("Cancelled", asked="false"), line(sku="PLATE", asked="true"), line(sku="FORK")]
    summary = import_text(flat(*lines))
    assert (summary.rows_read, summary.new, summary.changed, summary.unchanged) == (5, 1, 4, 0)
    assert items(database) == {
        "sku:CUP:1": (True, True), "sku:CUP:2": (True, False), "sku:CUP:3": (None, False), "sku:PLATE:1": (False, True),
        "sku:FORK:1": (None, False),
    }  # fmt: skip


def test_a_line_keeps_its_number_when_it_is_cancelled(database: Database, import_text: Import) -> None:
    import_text(flat(line(), line()))
    import_text(flat(line(updated="2026-03-04T10:00:00Z"), line("Cancelled", updated="2026-03-04T10:00:00Z")))
    assert items(database) == {"sku:CUP:1": (True, False), "sku:CUP:2": (None, False)}


@pytest.mark.parametrize(
    ("lines", "is_unknown"),
    [
        ([line("Cancelled", asked="true")], False),
        ([line("Cancelled", asked="true"), line("Cancelled", asked="false", sku="PLATE")], True),
        ([line("Cancelled", asked="true"), line("Cancelled", asked="true", sku="PLATE")], False),
        ([line("Cancelled", asked="true"), line(asked="false", sku="PLATE")], False),
        ([line(asked="true"), line("Cancelled", asked="false", sku="PLATE")], True),
        ([line("Cancelled", "Cancelled", asked="true"), line("Cancelled", "Cancelled", asked="false", sku="PLATE")], True),
        ([line("Cancelled", "Cancelled", asked="true"), line("Cancelled", "Cancelled", asked="true", sku="PLATE")], False),
    ],
)
def test_a_request_for_one_line_does_not_excuse_another(
    database: Database, import_text: Import, lines: Sequence[str], is_unknown: bool
) -> None:
    import_text(flat(*lines))
    assert unknown(database) is is_unknown


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("asked", ["false", ""])
def test_a_newer_report_that_knows_the_request_takes_it_back(
    database: Database, import_text: Import, asked: str, newest_first: bool
) -> None:
    older = flat(line(updated="2026-03-02T10:00:00Z", asked="true"))
    newer = flat(line("Cancelled", updated="2026-03-04T10:00:00Z", asked=asked))
    in_both_orders(import_text, ((older, NOW), (newer, NOW)), newest_first=newest_first)
    assert unknown(database) is (asked == "false")


def cancellations(*rows: str) -> str:
    """Our own file: who cancelled what."""
    return "\n".join(("order_id,item_id,cancelled_by,cancelled_at,reason,buyer_asked", *rows)) + "\n"


TWO_LINES = flat(line("Cancelled", asked="true"), line("Cancelled", asked="false", sku="PLATE"))


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(
    ("flat_file", "rows", "excused", "is_unknown"),
    [
        (TWO_LINES, ["702-1,71,SELLER,,,yes", "702-1,72,SELLER,,,no"], {"71": True, "72": False}, False),
        (TWO_LINES, ["702-1,71,BUYER,,,yes"], {"71": True}, True),  # who cancelled the other one?
        (TWO_LINES, ["702-1,72,SELLER,,,"], {"72": False}, False),
        (TWO_LINES, ["702-1,,SELLER,,,"], {"*": False}, False),
        (flat(line("Cancelled", asked="true"), line(asked="false", sku="PLATE")), ["702-1,,SELLER,,,"], {"*": True}, False),
        (flat(line("Cancelled", asked="true")), ["702-1,71,SELLER,,,"], {"71": True}, False),
        (flat(line("Cancelled", asked="true")), ["702-1,71,SELLER,,,no"], {"71": False}, False),
        (flat(line("Cancelled", asked="false")), ["702-1,71,SELLER,,,yes"], {"71": True}, False),
    ],
)
def test_once_items_have_numbers_they_decide(
    database: Database,
    import_text: Import,
    flat_file: str,
    rows: Sequence[str],
    excused: dict[str, bool],
    is_unknown: bool,
    newest_first: bool,
) -> None:
    in_both_orders(import_text, ((flat_file, NOW), (cancellations(*rows), NOW)), newest_first=newest_first)
    requested = {item["item_id"]: item["requested"] for item in stored(database, Item) if item["cancelled_by"] is not None}
    assert (requested, unknown(database)) == (excused, is_unknown)


def api(updated: str, *items: dict[str, object]) -> str:
    """A response of the Orders API."""
    numbered = [{"orderItemId": f"7{number}", "quantityOrdered": 1, **item} for number, item in enumerate(items, start=1)]
    order = {"orderId": "702-1", "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": updated, "orderItems": numbered}
    order["fulfillment"] = {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"}
    return json.dumps({"orders": [order]}, indent=1)


BY_SELLER = {"cancellation": {"cancellationExecution": {"cancelledBy": "MERCHANT"}}}
BY_BUYER = {"cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}, "cancellationRequest": {"requester": "BUYER"}}}


@pytest.mark.dear
def test_a_newer_report_that_changes_no_value_still_takes_back_what_lines_it_lacks(database: Database, loaded: Loaded) -> None:
    """Which report of the lines is newer decides, also when only that is news."""
    cancelled = "Cancelled", "Cancelled"
    sources = [
        api("2026-03-02T10:00:00Z", {}, {}),
        flat(line(*cancelled, asked="true")),
        flat(line(*cancelled, asked="false")),
        flat(line(updated="2026-03-04T10:00:00Z", asked="false")),
    ]

    def requested(files: Sequence[str]) -> list[object]:
        account_id = create_account(database, OWNER, str(uuid4()), "A shop")
        for text in files:
            import_stream(database, loaded, OWNER, account_id, io.BytesIO(text.encode()), "file", observed_at=NOW)
        orders = [row["buyer_cancelled"] for row in stored(database, Order) if row["account_id"] == account_id]
        return [*orders, *(row["requested"] for row in stored(database, Item) if row["account_id"] == account_id)]

    assert {tuple(requested(files)) for files in itertools.permutations(sources)} == {(False, False, False, False)}


SOURCES = st.one_of(
    st.builds(
        lambda updated, lines: flat(*(line(item, order, updated, sku, asked) for (item, sku, asked), order in lines)),
        st.sampled_from(["2026-03-02T10:00:00Z", "2026-03-04T10:00:00Z", ""]),
        st.sampled_from(["Cancelled", "Shipped"]).flatmap(
            lambda order: st.lists(
                st.tuples(
                    st.tuples(
                        st.sampled_from(["Cancelled"] if order == "Cancelled" else ["Cancelled", "Shipped", ""]),
                        st.sampled_from(["CUP", "PLATE"]),
                        st.sampled_from(["true", "false", ""]),
                    ),
                    st.just(order),
                ),
                min_size=1,
                max_size=3,
            )
        ),
    ),
    st.builds(
        api,
        st.sampled_from(["2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"]),
        st.sampled_from([{}, BY_SELLER, BY_BUYER]),
        st.sampled_from([{}, BY_SELLER, BY_BUYER]),
    ),
    st.builds(
        lambda item, by, asked: cancellations(f"702-1,{item},{by},,,{asked}"),
        st.sampled_from(["", "71", "72"]),
        st.sampled_from(["SELLER", "BUYER"]),
        st.sampled_from(["yes", "no", ""]),
    ),
)


@pytest.mark.dear
@given(
    sources=st.lists(st.tuples(SOURCES, st.sampled_from([NOW - HOUR, NOW])), min_size=2, max_size=4),
    random=st.randoms(use_true_random=False),
)
@settings(fuzzing(short=20), suppress_health_check=list(HealthCheck))
def test_the_sources_of_an_order_agree_in_any_order_of_import(
    database: Database, loaded: Loaded, sources: Sequence[tuple[str, dt.datetime]], random: Random
) -> None:
    """The same facts, derived columns and notes, also when sources are imported again."""

    def stored_after(files: Sequence[tuple[str, dt.datetime]]) -> dict[str, list[tuple[object, ...]]]:
        account_id = create_account(database, OWNER, str(uuid4()), "A shop")
        for text, observed_at in files:
            import_stream(database, loaded, OWNER, account_id, io.BytesIO(text.encode()), "file", observed_at=observed_at)
        return {name: rows for name, rows in contents(database, account_id).items() if name != "sources"}

    shuffled = [*sources, *random.sample(sources, len(sources) // 2)]
    random.shuffle(shuffled)
    assert stored_after(shuffled) == stored_after(sources)
