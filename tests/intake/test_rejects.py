"""Rejected rows are written to a file with their reasons, corrected there, and imported."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from sellerhealth.errors import BadFile, BadRow
from sellerhealth.facts import Claim, Feedback, Order
from sellerhealth.intake import ImportSummary, sample_of
from sellerhealth.intake.rejects import Rejects, is_of_rejects
from sellerhealth.sources import Rejected, Sample
from tests.support.imports import stored

Import = Callable[..., ImportSummary]

CLAIMS = "order_id,opened_at,state\nA-1,2026-03-01,OPEN\nA-2,2026-03-02,DENIED\n"
BAD_CLAIMS = "order_id,opened_at,state\nA-1,2026-03-01,OPEN\nA-2,2026-03-02,LOST\nA-3,tomorrow,OPEN\n"


def test_without_a_file_for_them_rejected_rows_are_only_reported(import_text: Import, database, tmp_path):
    summary = import_text(BAD_CLAIMS, skip_bad_rows=True, rejects=None)
    assert (summary.new, summary.rejected, len(summary.errors), summary.rejects) == (1, 2, 2, None)
    assert not list(tmp_path.glob("*rejected*"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rejected_rows_are_written_with_their_reasons_and_can_be_corrected_and_imported(import_text: Import, database, delimiter):
    text = 'order_id,left_at,rating,comment\nA-1,2026-03-01,5,Good\nA-2,2026-03-01,9,"Two\nlines, Größe"\n'
    if delimiter == "\t":
        text = text.replace("lines, Größe", "lines: Größe")
    summary = import_text(text.replace(",", delimiter), skip_bad_rows=True)
    assert (summary.rows_read, summary.new, summary.rejected) == (3, 1, 2)
    assert summary.rejects is not None
    assert summary.rejects.name == "file.rejected.csv"
    assert summary.rejects.stat().st_mode & 0o777 == 0o600  # rows of reports have names and addresses of buyers
    rejects = summary.rejects.read_text(encoding="utf-8")
    head, row = csv.reader(rejects.splitlines(keepends=True), delimiter=delimiter)
    assert head == ["reason", "order_id", "left_at", "rating", "comment"]
    assert row[0] == "line 3, column 'rating': found '9', expected a whole number from 1 to 5"
    corrected = rejects.replace(f"{delimiter}9{delimiter}", f"{delimiter}1{delimiter}")
    assert import_text(corrected).new == 2  # lines
    assert [(each["order_id"], each["rating"]) for each in stored(database, Feedback)] == [("A-1", 5), ("A-2", 1)]


def test_rejected_orders_of_the_api_are_written_with_their_reasons_and_can_be_corrected_and_imported(import_text: Import, database):
    text = '{"orders": [{"orderId": "1", "createdTime": "soon"}, {"orderId": "2", "createdTime": "2026-03-01T10:00:00Z"}]}'
    summary = import_text(text, name="orders.json", skip_bad_rows=True)
    assert summary.rejects is not None
    assert summary.rejects.name == "orders.rejected.json"
    rejects = summary.rejects.read_text(encoding="utf-8")
    (rejected,) = map(json.loads, rejects.splitlines())
    assert rejected["reason"].startswith("line 1, column 'createdTime': found 'soon'")
    assert rejected["orders"] == {"orderId": "1", "createdTime": "soon"}
    assert import_text(rejects.replace('"soon"', '"2026-03-01T10:00:00Z"'), name="orders.rejected.json").new == 1
    assert [order["order_id"] for order in stored(database, Order)] == ["1", "2"]


@pytest.mark.parametrize(("text", "kept"), [('["a"]', {"row": ["a"]}), ("a", {"row": "a"}), ('{"a": 1}', {"a": 1})])
def test_whatever_json_a_third_party_rejects_is_kept_with_its_reason(tmp_path, text, kept):
    path = tmp_path / "x.json"
    with Rejects(path, Sample("x", b"[", ())) as rejects:
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
    assert import_text(BAD_CLAIMS, skip_bad_rows=True).rejects == existing


@pytest.mark.parametrize("text", ["order_id,state\nA-1,OPEN\n", "order_id\tstate\nA-1\tOPEN\n", '{"orders": [{}]}'])
def test_a_file_of_rejected_rows_is_told_from_a_report(tmp_path, text):
    report = sample_of(io.BytesIO(text.encode()), "report")
    with Rejects(tmp_path / "rejected", report) as kept:
        kept.write([Rejected(BadRow(2, None, None, "better"), "{}")])
    rejected = sample_of(io.BytesIO((tmp_path / "rejected").read_bytes()), "rejected")
    assert [is_of_rejects(report), is_of_rejects(rejected)] == [False, True]
