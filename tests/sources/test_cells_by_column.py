"""Cells that are read many at once have the values that their reader gives one by one, or fail as it does."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.sources import instant, key, number, text, yes_or_no
from sellerhealth.sources.cells import Reader
from sellerhealth.sources.cells_by_column import cells_reader
from sellerhealth.sources.unreadable import Unreadable

USUAL: dict[Reader, Sequence[str]] = {
    instant: ("2026-03-01T08:00:00+00:00", "2026-03-01T08:00:00Z", "2026-03-01T08:00:00.25Z", "20260301T080000Z"),
    key: ("702-1234567-1234567", "A", "a" * 100),
    text: ("CUP", " CUP ", "", "two words"),
    number(0, 9): ("1", "0", ""),
    yes_or_no: ("true", "false", "No", ""),
}
ODD = (
    "",
    " ",
    "2026-03-01T08:00:00+02:00",
    "2026-03-01",
    "2026-03-01T08:00:00",
    "1999-01-01T00:00:00Z",
    "9000-01-01T00:00:00Z",
    "10",
    "x" * 101,
)
ODD += ("a@b.cd", "a\0b", "ä", " 1 ", "\x1cA\x1c", "2026-03-01T08:00:00 UTC", "²", "A B")


def read(many: Any, cells: Sequence[str]) -> object:
    try:
        return list(many(cells))
    except Unreadable:
        return "unreadable"


@pytest.mark.parametrize("reader", USUAL)
@given(data=st.data())
def test_a_column_is_read_as_its_cells_are(reader: Reader, data: st.DataObject) -> None:
    usual, odd = st.sampled_from(USUAL[reader]), st.sampled_from(ODD)
    cells = data.draw(st.lists(usual | usual | usual | odd, min_size=1, max_size=6) | st.lists(usual, min_size=1))
    plain = read(lambda cells: map(reader, cells), cells)
    found = read(cells_reader(reader), cells)
    assert found == plain
    assert list(map(repr, found)) == list(map(repr, plain))


def test_each_text_is_read_once() -> None:
    read = []
    assert cells_reader(lambda cell: read.append(cell) or len(cell))(["a", "bb", "a", "bb", "a"]) == [1, 2, 1, 2, 1]
    assert sorted(read) == ["a", "bb"]
