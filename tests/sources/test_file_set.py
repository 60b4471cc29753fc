"""Sets of files: what a declaration must have, and what becomes of entries that are no rows."""

import io
import pickle
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.facts import Order
from sellerhealth.sources import Column, Entry, FileContext, Files, FileSet, Remark, Row, Sample, Sheet, Skipped, key
from sellerhealth.sources.file_set import FileLine
from tests.support.file_set import EXPORT
from tests.support.importers import NOW


class Lines:
    """A part whose lines are the numbers of orders; `!` before one is a remark, and `-` is a line without any."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __call__(self, sample: Sample) -> bool:
        return sample.start.startswith(self.mark.encode())

    def read(self, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
        for line, text in enumerate(stream.read().decode().split()[1:], 2):
            if text == "?":
                raise BadFile("The file is cut off.", argument="format")
            if text.startswith("!"):
                yield Remark(line, "x", "is odd")
            yield Skipped(line, "it has no number") if text == "-" else Row(Order, {"order_id": text.strip("!")}, None, line)


SET = FileSet({"a": Lines("a"), "b": Lines("b")}, "order_id", lambda rows: rows["a"])


def entries(files: FileSet, a: str, b: str) -> list[str]:
    opened = Files({"a": io.BytesIO(a.encode()), "b": io.BytesIO(b.encode())}, {"a": "a.txt", "b": "b.txt"}, "x")
    return [f"{type(each).__name__} {each.line}" for each in files.read(opened, FileContext(NOW))]  # type: ignore[union-attr]  # none is rejected


def test_entries_come_by_value_with_their_remarks_and_lines_that_name_their_file() -> None:
    assert entries(SET, "a 2 !1 -", "b 1 3") == [
        "Skipped 4 of a.txt",
        "Remark 3 of a.txt",
        "Row 3 of a.txt",
        "Skipped 2 of b.txt",
        "Row 2 of a.txt",
        "Skipped 3 of b.txt",
    ]


def test_what_is_wrong_with_a_file_names_it() -> None:
    with pytest.raises(BadFile, match=r"^b\.txt: The file is cut off\.$") as refused:
        entries(SET, "a 1", "b ?")
    assert refused.value.argument == "format"


def test_a_line_of_a_file_can_be_kept_on_disk() -> None:
    kept = pickle.loads(pickle.dumps(FileLine(7, "a.txt")))
    assert (kept, str(kept), kept + 1) == (7, "7 of a.txt", 8)


def test_a_file_that_could_be_several_parts_is_none() -> None:
    either = FileSet({"a": Lines("a"), "b": Lines("ab")}, "order_id", list)
    assert either.part_of(Sample("x", b"ab 1", ())) is None
    assert either.part_of(Sample("x", b"a 1", ())) == "a"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"parts": {"a": Lines("a")}}, "the parts of a set of files are two or more, by name"),
        ({"parts": {"a": Lines("a"), "b": None}}, "the parts of a set of files are two or more, by name"),
        ({"parts": EXPORT.parts, "by": "order"}, "the file 'orders' has no column into 'order', by which the rows of the set are joined"),
        ({"join": None}, "`join` of a set of files is a function of the rows by part"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(declared: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        FileSet(**({"parts": SET.parts, "by": "order_id", "join": list} | declared))


def test_a_sheet_is_described_by_its_required_columns() -> None:
    sheet = Sheet((Column("order", "order_id", key, "It.", required=True), Column("more", "item_id", key, "It.")), lambda values: Order)
    files = FileSet({"a": sheet, "b": Lines("b")}, "order_id", list)
    assert (files.describe("a"), files.describe("b")) == ("'a', with the columns order", "'b'")
