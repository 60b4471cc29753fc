"""Rejected rows are written to a file with their reasons, corrected there, and imported."""

import csv
import html
import io
import json
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from sellerhealth.errors import BadFile, BadRow
from sellerhealth.facts import Claim, Feedback, Order
from sellerhealth.intake import ImportSummary, detect, sample_of
from sellerhealth.intake.rejects import Rejects, is_of_rejects
from sellerhealth.sources import FileContext, Rejected, Reported, Row, Sample
from sellerhealth.sources.file_set import FileLine
from tests.support.importers import (
    FLAT_SHIPMENT_FEED,
    IMPORTERS,
    NOW,
    ORDER_ITEMS_API_V0,
    PERFORMANCE_V1,
    PERFORMANCE_V2,
    SHIPMENT_FEED,
    US,
    registered,
)
from tests.support.imports import stored

Import = Callable[..., ImportSummary]

CLAIMS = "order_id,opened_at,state\nA-1,2026-03-01,OPEN\nA-2,2026-03-02,DENIED\n"
BAD_CLAIMS = "order_id,opened_at,state\nA-1,2026-03-01,OPEN\nA-2,2026-03-02,LOST\nA-3,tomorrow,OPEN\n"


def test_without_a_file_for_them_rejected_rows_are_only_reported(import_text: Import, database, tmp_path):
    summary = import_text(BAD_CLAIMS, skip_bad_rows=True, rejects=None)
    assert (summary.new, summary.rejected, len(summary.errors), summary.rejects) == (1, 2, 2, ())
    assert not list(tmp_path.glob("*rejected*"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rejected_rows_are_written_with_their_reasons_and_can_be_corrected_and_imported(import_text: Import, database, delimiter):
    text = 'order_id,left_at,rating,comment\nA-1,2026-03-01,5,Good\nA-2,2026-03-01,9,"Two\nlines, Größe"\n'
    if delimiter == "\t":
        text = text.replace("lines, Größe", "lines: Größe")
    summary = import_text(text.replace(",", delimiter), skip_bad_rows=True)
    assert (summary.rows_read, summary.new, summary.rejected) == (3, 1, 2)
    (path,) = summary.rejects
    assert path.name == "file.rejected.csv"
    assert path.stat().st_mode & 0o777 == 0o600  # rows of reports have names and addresses of buyers
    rejects = path.read_text(encoding="utf-8")
    head, row = csv.reader(rejects.splitlines(keepends=True), delimiter=delimiter)
    assert head == ["reason", "order_id", "left_at", "rating", "comment"]
    assert row[0] == "line 3, column 'rating': found '9', expected a whole number from 1 to 5"
    corrected = rejects.replace(f"{delimiter}9{delimiter}", f"{delimiter}1{delimiter}")
    assert import_text(corrected).new == 2  # lines
    assert [(each["order_id"], each["rating"]) for each in stored(database, Feedback)] == [("A-1", 5), ("A-2", 1)]


def test_rejected_orders_of_the_api_are_written_with_their_reasons_and_can_be_corrected_and_imported(import_text: Import, database):
    text = '{"orders": [{"orderId": "1", "createdTime": "soon"}, {"orderId": "2", "createdTime": "2026-03-01T10:00:00Z"}]}'
    summary = import_text(text, name="orders.json", skip_bad_rows=True)
    (path,) = summary.rejects
    assert path.name == "orders.rejected.json"
    rejects = path.read_text(encoding="utf-8")
    (rejected,) = map(json.loads, rejects.splitlines())
    assert rejected["reason"].startswith("line 1, column 'createdTime': found 'soon'")
    assert rejected["orders"] == {"orderId": "1", "createdTime": "soon"}
    assert import_text(rejects.replace('"soon"', '"2026-03-01T10:00:00Z"'), name="orders.rejected.json").new == 1
    assert [order["order_id"] for order in stored(database, Order)] == ["1", "2"]


@pytest.mark.parametrize(("text", "kept"), [('["a"]', {"row": ["a"]}), ("a", {"row": "a"}), ('{"a": 1}', {"a": 1})])
def test_whatever_json_a_third_party_rejects_is_kept_with_its_reason(tmp_path, text, kept):
    path = tmp_path / "x.json"
    with Rejects(lambda name: path, [Sample("x", b"[", ())]) as rejects:
        rejects.write([Rejected(BadRow(7, None, None, "sense"), text)])
    assert json.loads(path.read_text()) == {"reason": "line 7: expected sense"} | kept


def test_rejected_rows_never_overwrite_those_of_another_import(import_text: Import, database, tmp_path):
    existing = tmp_path / "file.rejected.csv"
    existing.write_text("corrected with care")
    with pytest.raises(BadFile, match=r"^file\.csv: nothing was imported, because .*file\.rejected\.csv exists already") as refusal:
        import_text(BAD_CLAIMS, skip_bad_rows=True)
    assert "Correct and import that file, or move it away." in str(refusal.value)
    assert existing.read_text() == "corrected with care"
    assert stored(database, Claim) == []
    assert import_text(CLAIMS, skip_bad_rows=True).new == 2
    existing.unlink()
    assert import_text(BAD_CLAIMS, skip_bad_rows=True).rejects == (existing,)


@pytest.mark.parametrize(
    ("name", "head", "is_kept"),
    [
        ("claims", "reason,order_id,opened_at", True),
        ("claims", "order_id,opened_at,reason", False),
        ("refunds", "reason,order_id,refunded_at", False),  # a column of its own, in front
        ("refunds", "reason,order_id,refunded_at,reason", True),
    ],
)
def test_a_first_column_of_reasons_is_of_rejected_rows_unless_the_format_has_such_a_column(name, head, is_kept):
    assert is_of_rejects(sample_of(io.BytesIO(f"{head}\n".encode()), "file"), IMPORTERS[name].recognises) is is_kept


def test_a_file_of_xml_is_whole_after_each_row_also_when_some_are_taken_back(tmp_path):
    path, rows = tmp_path / "kept.xml", [Rejected(BadRow(n, None, None, "better <x>"), f"<a>{n}</a>") for n in (1, 2, 3)]

    def content():
        kept.flush()
        return [(row.get("reason"), row.find("a").text) for row in ElementTree.parse(path).getroot()]

    with Rejects(lambda name: path, [Sample("x", b"<a/>", ())]) as kept:
        kept.write(rows[:1])
        kept.keep()
        kept.write(rows[1:])
        assert content() == [(f"line {n}: expected better <x>", str(n)) for n in (1, 2, 3)]
        kept.take_back()
        assert content() == [("line 1: expected better <x>", "1")]
        kept.write(rows[2:])
        assert [number for _, number in content()] == ["1", "3"]


def test_rows_beside_bad_ones_are_written_once_and_taken_back_with_them(tmp_path):
    samples = [Sample(name, b"x,y\n", ("x", "y")) for name in ("a.csv", "b.csv")]

    def bad(number):
        beside = ((FileLine(7, "a.csv"), "7,"), (FileLine(7, "b.csv"), "7,"))
        return Rejected(BadRow(FileLine(number, "a.csv"), None, None, "sense"), f"{number},", beside=beside)

    def rows():
        kept.flush()
        return [[line.rpartition('",')[2] for line in (tmp_path / each.name).read_text().splitlines()[1:]] for each in samples]

    with Rejects(lambda name: tmp_path / name, samples) as kept:
        kept.write([bad(2)])
        assert rows() == [["7,", "2,"], ["7,"]]
        kept.take_back()
        assert rows() == [[], []]
        assert kept.paths == ()
        kept.write([bad(3)])
        kept.keep()
        kept.write([bad(4)])
        assert rows() == [["7,", "3,", "4,"], ["7,"]]
        kept.take_back()
        kept.write([bad(5), Rejected(BadRow(6, None, None, "sense"), "of an unknown file")])
        assert rows() == [["7,", "3,", "5,"], ["7,"]]
        assert [path.name for path in kept.paths] == ["a.csv", "b.csv"]


# What is made unreadable in the template of a format: a text of it, and what is in its place.
DAY = ("2026-03-01", "2026-99-01")
BROKEN = {
    ORDER_ITEMS_API_V0: ('"QuantityOrdered": 1', '"QuantityOrdered": "many"'),
    SHIPMENT_FEED: ("<Quantity>1<", "<Quantity>many<"),
    FLAT_SHIPMENT_FEED: ("\t1\t", "\tmany\t"),
    PERFORMANCE_V1: ("3.0%", "many"),
    PERFORMANCE_V2: ("0.03,", '"many",'),
}


@pytest.mark.parametrize("importer", IMPORTERS.values(), ids=lambda importer: importer.name)
def test_a_rejected_row_of_any_format_can_be_corrected_and_imported(importer, tmp_path):
    template = importer.template or ""
    good, bad = BROKEN.get(importer.name, DAY if DAY[0] in template else ("01-Mar-2026", "01-Mop-2026"))
    whole, broken = (_read(importer, content) for content in (template, template.replace(good, bad)))
    rejected = [entry for entry in broken if isinstance(entry, Rejected)]
    assert rejected
    with Rejects(lambda name: tmp_path / "kept", [sample_of(io.BytesIO(template.encode()), "file")]) as kept:
        for each in rejected:
            kept.write([each])
    text = (tmp_path / "kept").read_text(encoding="utf-8")
    assert all(each.error.expected in html.unescape(text) for each in rejected)
    corrected = text.replace(bad, good)
    sample = sample_of(io.BytesIO(corrected.encode()), "kept")
    assert detect(sample, registered(IMPORTERS)) is importer
    assert is_of_rejects(sample, importer.recognises)
    assert not is_of_rejects(sample_of(io.BytesIO(template.encode()), "file"), importer.recognises)
    again = [_content(entry) for entry in _read(importer, corrected)]
    lost = [_content(entry) for entry in whole if _content(entry) not in [_content(each) for each in broken]]
    assert lost
    assert [each for each in lost if each not in again] == []


def _read(importer, content):
    return list(importer.read(io.BytesIO(content.encode()), FileContext(NOW, US)))


def _content(entry):
    """An entry without its place in the file."""
    match entry:
        case Rejected():
            return ""
        case Row():
            return str(entry._replace(line=0, parts=tuple(_content(part) for part in entry.parts)))
        case Reported():  # as of when a report is depends on all of its figures
            return str(entry._replace(line=0, taken_at=None))
