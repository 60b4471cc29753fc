"""All formats: order and pieces do not matter, files are read as streams, personal data is not read."""

import contextlib
import datetime as dt
import io
import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sellerhealth.errors import BadFile
from sellerhealth.sources import Entry, FileContext, Rejected, Reported, Row, Sheet
from tests.support.importers import (
    BY_ORDER_DATE,
    FINANCES_API,
    IMPORTERS,
    NOW,
    ORDER_CHANGE,
    ORDER_ITEMS_API_V0,
    ORDERS_API,
    ORDERS_API_V0,
    PERFORMANCE_V1,
    PERFORMANCE_V2,
    SHIPMENT_FEED,
    US,
    entries,
)
from tests.support.personal import PERSON, personal_files

# The start of a file of each format of JSON or XML.
JSON = {
    ORDERS_API: '{"orders": [{"orderItems": ',
    ORDERS_API_V0: '{"Orders": [{"OrderItems": ',
    ORDER_ITEMS_API_V0: '{"AmazonOrderId": "1", "OrderItems": ',
    ORDER_CHANGE: '{"NotificationType": "ORDER_CHANGE", "Payload": {"OrderChangeNotification": {"AmazonOrderId": ',
    FINANCES_API: '{"FinancialEvents": {"RefundEventList": [{"AmazonOrderId": ',
    PERFORMANCE_V2: '{"performanceMetrics": [{"lateShipmentRate": ',
    SHIPMENT_FEED: "<AmazonEnvelope><Message><OrderFulfillment>",
    PERFORMANCE_V1: "<sellerPerformanceReports><sellerPerformanceReport><a><timeFrame/>",
}
HEAD = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\titem-status\tfulfillment-channel\tsales-channel\tcpf\tbuyer-name"
instants = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2026, 1, 1), timezones=st.just(dt.UTC)).map(dt.datetime.isoformat)
lines = st.tuples(
    st.from_regex(r"[0-9]{3}-[0-9]{7}-[0-9]{7}", fullmatch=True),
    instants,
    st.one_of(instants, st.just("")),
    st.sampled_from(["Pending", "Unshipped", "Shipped", "Cancelled", "Canceled", "Shipped - Delivered to Buyer", "?"]),
    st.sampled_from(["Shipped", "Cancelled", ""]),
    st.sampled_from(["Merchant", "Amazon"]),
    st.sampled_from(["Amazon.com", "Amazon.de", "Non-Amazon"]),
    st.just(""),
    st.text(st.characters(blacklist_characters="\t\r\n", blacklist_categories=("Cs",)), max_size=8),
).map("\t".join)


def outcome(content: str) -> list[str]:
    """The entries of a file, without their order and line numbers."""
    # Without the parts of a row: which occurrence of a SKU a line is depends on the lines before it.
    return sorted(
        entry.text if isinstance(entry, Rejected) else str(entry._replace(line=0, **({"parts": ()} if isinstance(entry, Row) else {})))
        for entry in entries(BY_ORDER_DATE, content, US)
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, max_size=12, unique_by=lambda line: line.split("\t")[0]), st.randoms(use_true_random=False), st.integers(1, 5))
def test_a_file_shuffled_or_in_pieces_has_the_same_rows(file, random, pieces):
    # Each line is of another order: those of one order are read together.
    whole = outcome("\n".join([HEAD, *file]))
    shuffled = random.sample(file, len(file))
    parts = [shuffled[start::pieces] for start in range(pieces)]
    assert sorted(itertools.chain.from_iterable(outcome("\n".join([HEAD, *part])) for part in parts)) == whole


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(IMPORTERS)), st.binary(max_size=300))
def test_no_file_makes_a_reader_raise_anything_but_bad_file(name, content):
    sheets = {each.name: each.recognises for each in IMPORTERS.values() if isinstance(each.recognises, Sheet)}
    heads = {each: "\t".join(column.name for column in sheet.columns) for each, sheet in sheets.items()} | JSON
    begins = {each: head if each in JSON else f"{head}\n" for each, head in heads.items()}
    with contextlib.suppress(BadFile):
        assert all(isinstance(entry, Entry) for entry in entries(name, begins[name].encode() + content, US))


class Generated(io.RawIOBase):
    """A file that is generated while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def, override]  # the type of buffers has no public name in 3.11
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


def flat_file(orders: int) -> Iterator[bytes]:
    yield f"{HEAD}\n".encode()
    for n in range(orders):
        yield (
            f"111-{n:07}-0000001\t2026-03-01T10:00:00+00:00\t2026-03-02T10:00:00+00:00\tShipped\tShipped\tMerchant\tAmazon.com\t\tJane\n"
        ).encode()


def one_response(orders: int) -> Iterator[bytes]:
    yield b'{"orders": ['
    for n in range(orders):
        order = {"orderId": f"111-{n:07}-0000001", "createdTime": "2026-03-01T10:00:00Z", "buyer": {"buyerName": "Jane"}, "orderItems": []}
        yield (f"{',' if n else ''}{json.dumps(order)}").encode()
    yield b"]}"


@pytest.mark.parametrize(("name", "file"), [(BY_ORDER_DATE, flat_file), (ORDERS_API, one_response)])
def test_the_memory_of_a_reader_does_not_grow_with_the_file(name: str, file: Callable[[int], Iterator[bytes]]):
    def peak(orders: int) -> int:
        stream = io.BufferedReader(Generated(file(orders)))
        tracemalloc.start()
        count = sum(1 for _ in IMPORTERS[name].read(stream, FileContext(NOW)))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == orders
        return most

    small = peak(2_000)  # more lines than are read at once
    assert peak(10_000) < small * 1.5 + 100_000


@pytest.mark.parametrize(("name", "content"), [*personal_files()], ids=lambda value: value if value in IMPORTERS else "")
def test_no_row_contains_personal_data(name, content):
    found = [each for each in entries(name, content, US) if isinstance(each, Row | Reported)]
    assert found
    assert PERSON not in str(found)
