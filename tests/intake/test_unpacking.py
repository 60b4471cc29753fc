"""Compressed files, archives and UTF-16 are unpacked; those that cannot be are reported."""

import gzip
import io
import itertools
import random
import zipfile

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.intake import unpacking
from sellerhealth.intake.unpacking import report_files

TEXT = b"order_id,opened_at\nA-1,2026-03-01\n"


def files(content, name="file"):
    return [(inner, stream.read()) for inner, stream in report_files(io.BytesIO(content), name)]


def zipped(members, **options):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def test_a_plain_file_is_itself():
    assert files(TEXT, "claims.csv") == [("claims.csv", TEXT)]
    assert files(b"", "claims.csv") == [("claims.csv", b"")]


def test_a_compressed_file_is_unpacked():
    assert files(gzip.compress(TEXT), "claims.csv.gz") == [("claims.csv", TEXT)]
    assert files(gzip.compress(gzip.compress(TEXT)), "claims") == [("claims", TEXT)]
    assert files(gzip.compress(TEXT) + gzip.compress(TEXT)) == [("file", TEXT + TEXT)]


def test_each_file_of_an_archive_is_read_except_those_added_by_the_system():
    content = zipped({"a.csv": TEXT, "folder/b.csv.gz": gzip.compress(b"b"), "__MACOSX/a.csv": b"x", "folder/.DS_Store": b"x"})
    assert files(content, "r.zip") == [("r.zip/a.csv", TEXT), ("r.zip/folder/b.csv", b"b")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_becomes_utf_8(encoding):
    ((_, content),) = files("order_id,comment\r\nA-1,Größe „3“ 良い\r\n".encode(encoding))
    assert content.decode("utf-8-sig") == "order_id,comment\r\nA-1,Größe „3“ 良い\r\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (gzip.compress(TEXT * 100)[:-20], "cut off or damaged"),
        (gzip.compress(TEXT)[:-4] + b"\0\0\0\0", "cut off or damaged"),
        (b"\x1f\x8b", "cut off or damaged"),
        (b"\x1f\x8b\x08\0rubbish and more of it", "cut off or damaged"),
        (zipped({"a.csv": TEXT})[:-30], "cut off or damaged"),
        (b"PK\x03\x04rubbish", "cut off or damaged"),
        (zipped({}), "without a file in it"),
        (zipped({".hidden": TEXT}), "without a file in it"),
        (zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "is a spreadsheet"),
        (gzip.compress(gzip.compress(gzip.compress(TEXT))), "archives in archives"),
        ("order_id".encode("utf-16") + b"x", "cut off: it ends within a character"),
    ],
    ids=itertools.count(),  # the content of a gzip file names the second of its making, and each test process collects for itself
)
def test_a_file_that_cannot_be_unpacked_is_reported(content, why):
    with pytest.raises(BadFile, match=f"file .*{why}"):
        files(content)


def test_a_wrong_checksum_of_an_archive_is_reported():
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("a.csv", TEXT)
    with pytest.raises(BadFile, match="damaged"):
        files(stored.getvalue().replace(b"A-1", b"A-2"))


def test_a_small_file_cannot_become_a_huge_one(monkeypatch):
    monkeypatch.setattr(unpacking, "_SMALL", 1_000_000)
    for content in (gzip.compress(bytes(9_000_000)), zipped({"a": bytes(600_000), "b": bytes(600_000)})):
        with pytest.raises(BadFile, match="unpacks to more than"):
            files(content)
    rows = b"".join(b"A-%d,2026-03-01\n" % random.Random(n).randrange(10**9) for n in range(100_000))
    assert files(gzip.compress(rows)) == [("file", rows)]


def test_an_archive_of_very_many_files_is_refused(monkeypatch):
    monkeypatch.setattr(unpacking, "_FILES", 2)
    with pytest.raises(BadFile, match="archive of 3 files"):
        files(zipped({"a": b"", "b": b"", "c": b""}))
