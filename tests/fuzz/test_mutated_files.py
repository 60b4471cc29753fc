"""Broken files of every format: an error in our own words or rows, nothing lost, nothing imported by halves."""

import gzip
import io
import json
import random

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.access import OWNER
from sellerhealth.errors import BadInput, PluginError
from sellerhealth.facts import FACTS
from sellerhealth.intake import detect, import_reports, sample_of
from sellerhealth.intake.unpacking import report_files
from sellerhealth.model.records import ReportedFigure
from sellerhealth.sources import Entry, FileContext, Remark, Sheet
from sellerhealth.sources.delimited import heading, read_head
from tests.fuzz import EXAMPLES, fuzzing
from tests.fuzz.slow_reader import lines_of, records_of
from tests.importers.test_fba_shipments import COLUMNS as SHIPMENT_COLUMNS
from tests.importers.test_fba_shipments import LINE as SHIPMENT
from tests.importers.test_finances_api import EVENT, events
from tests.importers.test_flat_orders import SHIPPED, flat
from tests.importers.test_order_changes import change
from tests.importers.test_order_report import COLUMNS as ORDER_REPORT_COLUMNS
from tests.importers.test_order_report import LINE as REPORTED
from tests.importers.test_orders_api import ORDER, SECOND
from tests.importers.test_orders_api_v0 import ITEM as V0_ITEM
from tests.importers.test_orders_api_v0 import ORDER as V0_ORDER
from tests.importers.test_returns import COLUMNS as RETURN_COLUMNS
from tests.importers.test_returns import LINE as RETURN
from tests.importers.test_seller_feedback import manager_table
from tests.importers.test_settlement import COLUMNS as SETTLEMENT_COLUMNS
from tests.importers.test_settlement import LINE as TRANSACTION
from tests.importers.test_shipment_feed import COLUMNS as FEED_COLUMNS
from tests.importers.test_shipment_feed import FULFILLMENT, feed
from tests.importers.test_shipment_feed import LINE as CONFIRMATION
from tests.importers.test_unshipped_orders import COLUMNS as UNSHIPPED_COLUMNS
from tests.importers.test_unshipped_orders import LINE, OTHER
from tests.support.importers import IMPORTERS, NOW, OWN_CSVS, US, registered
from tests.support.performance import report, report_v1

FEEDBACK = "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email\r\n" + "".join(
    f'3/{n}/26\t{n}\t"Grüße" {n}\t\t111-000000{n}-0000001\tx@example.com\r\n' for n in range(1, 4)
)
SEEDS = [
    flat(SHIPPED, SHIPPED | {"amazon-order-id": "111-0000002-0000002"}, SHIPPED | {"sales-channel": "Non-Amazon"}).encode(),
    flat(LINE, OTHER, columns=UNSHIPPED_COLUMNS).encode(),
    flat(*[REPORTED] * 2, columns=ORDER_REPORT_COLUMNS).encode(),
    flat(*[SHIPMENT] * 2, columns=SHIPMENT_COLUMNS).encode(),
    flat(RETURN, RETURN | {"A-to-Z Claim": "Y"}, columns=RETURN_COLUMNS).encode(),
    flat(*(TRANSACTION | {"transaction-type": kind} for kind in ("Order", "Refund")), columns=SETTLEMENT_COLUMNS).encode(),
    flat(*[CONFIRMATION] * 2, columns=FEED_COLUMNS).encode(),
    f"TemplateType=OrderFulfillment\tVersion=2011.1102\n注文番号\t出荷日\n{flat(CONFIRMATION, columns=FEED_COLUMNS)}".encode(),
    feed(FULFILLMENT, FULFILLMENT).encode(),
    FEEDBACK.encode(),
    manager_table("3/1/26", "3/2/26").encode(),
    json.dumps({"orders": [ORDER, SECOND]}).encode(),
    "\n".join(map(json.dumps, [ORDER, SECOND])).encode(),
    json.dumps({"payload": {"Orders": [V0_ORDER | {"OrderItems": [V0_ITEM]}, V0_ORDER]}}).encode(),
    "\n".join(map(json.dumps, [change(), change(AmazonOrderId="111-0000002-0000002")])).encode(),
    events(RefundEventList=[EVENT, EVENT], GuaranteeClaimEventList=[EVENT], ChargebackEventList=[]).encode(),
    report().encode(),
    report_v1().encode(),
    *((importer.template or "").encode() for importer in IMPORTERS.values()),  # so no format is missing
    *((importer.template or "").encode() + (importer.template or "").splitlines()[-1].encode() for importer in OWN_CSVS),
]
PIECES = [b'"', b'""', b"\t", b",", b";", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"{", b"]", b"null", b"\xc3", b"1", b"A"]


@st.composite
def broken_files(draw):
    """A file of some format after a few accidents."""
    content = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        piece = draw(st.sampled_from([*PIECES, content[start:end] * 2, b""]))
        content = content[:start] + piece + content[end:]
    accident = draw(st.sampled_from(["", "", "", "cut", "gzip", "cut gzip", "utf-16", "cr"]))
    if accident == "utf-16":
        content = content.decode("utf-8", "replace").encode("utf-16")
    if accident == "cr":
        content = content.replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    if "gzip" in accident:
        content = gzip.compress(content, mtime=0)
    if "cut" in accident:
        content = content[: draw(st.integers(0, len(content)))]
    return content


def read(content):
    """The importer and the entries of a file; None where it is refused."""
    try:
        for name, stream in report_files(io.BytesIO(content), "file"):
            importer = detect(sample_of(stream, name), registered(IMPORTERS))
            unpacked = stream.read()
            return importer, unpacked, list(importer.read(io.BytesIO(unpacked), FileContext(NOW, US)))
    except BadInput:
        return None


@fuzzing(short=300)
@given(broken_files())
def test_a_broken_file_is_refused_in_our_words_or_each_of_its_records_is_accounted_for(content):
    if (result := read(content)) is None:
        return
    importer, content, entries = result
    assert all(isinstance(entry, Entry) for entry in entries)
    if not isinstance(importer.recognises, Sheet):
        return
    text = content.decode("latin-1")
    line, above = heading(content)
    head = read_head(line)
    records = [entry for entry in entries if not isinstance(entry, Remark)]
    lines = [record.line for record in records]
    assert lines == sorted(lines)
    # Which lines are joined depends on which could be records: that is compared in test_records. Here none may be missing.
    single = records_of(text, head.delimiter, len(head.names), lambda cells: False, joins=False)
    below = [record for record in single if record.number > above + 1]
    filled = [record.number for record in below if record.cells is None or any(cell.strip() for cell in record.cells)]
    taken = {number + after for number, record in zip(lines, records, strict=True) for after in range(record.lines)}
    assert set(filled) <= taken <= {number for number, _ in enumerate(lines_of(text), 1)}
    assert '"' in text or all(record.lines == 1 for record in records)


@pytest.mark.parametrize("seed", range(EXAMPLES or 25))
def test_a_broken_file_is_imported_as_a_whole_or_not_at_all(database, loaded, account, seed):
    chance = random.Random(seed)
    content = chance.choice(SEEDS)
    for _ in range(chance.randrange(1, 4)):
        start = chance.randrange(len(content))
        content = content[:start] + chance.choice(PIECES) + content[start + chance.randrange(3) :]
    with database.reading() as connection:
        try:
            summaries = list(
                import_reports(database, loaded, OWNER, account, io.BytesIO(content), "file", observed_at=NOW, marketplace="US")
            )
        except PluginError:
            raise
        except BadInput:
            summaries = []
        stored = sum(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in (*FACTS, ReportedFigure))
    assert bool(stored) == any(summary.new for summary in summaries)
    for each in summaries:
        assert each.rows_read == each.new + each.changed + each.unchanged + each.skipped + each.rejected
        assert each.skipped >= each.rejected == 0
