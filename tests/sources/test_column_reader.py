"""Lines that are read column by column, around those that cannot be, are as if each were read cell by cell."""

import datetime as dt
import io
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.facts import Order
from sellerhealth.sources import Column, FileContext, LeftOut, SetAside, Sheet, instant, key, text
from sellerhealth.sources.cells import number
from sellerhealth.sources.column_reader import ColumnReader
from sellerhealth.sources.records import Line
from sellerhealth.sources.sheet_reader import SheetReader

NOW = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
JAPAN = "A1VC38T7YXB528"


def _odd(cell: str) -> str | None:
    if cell == "left out":
        raise LeftOut("a word that is not known")
    if cell == "aside":
        raise SetAside("it is of another kind")
    return cell or None


SHEET = Sheet(
    (
        Column("order-id", "order_id", key, "A number.", required=True, filled=True),
        Column("placed", "placed_at", instant, "An instant."),
        Column("units", "units", number(0, 99), "A number.", filled=True),
        Column("service", "ship_service", _odd, "A word."),
        Column("sku", "sku", text, "A text.", lenient=True),
    ),
    lambda values: Order,
    quoted=False,
)
USUAL = ("702-1", "2026-03-01T10:00:00Z", "1", "Standard", "CUP")
CELLS: Sequence[Sequence[bytes]] = (
    (b"", b"7 02", b"a@b"),
    (b"2026-03-01T10:00:00 UTC", b"yesterday", b"", b"2026-03-01T10:00:00+02:00"),
    (b"", b"many", b" 7 "),
    (b"left out", b"aside", b""),
    ("TÄSSCHEN".encode(), "TÄSSCHEN".encode("cp1252"), "カップ".encode("cp932"), "ﾂﾂ".encode("cp932"), b"a@b.cd", b"\x81"),
)


def file_of(chance: Random) -> bytes:
    """Lines of which few or many have an odd cell, or too many or too few of them."""
    odd = chance.choice((0.01, 0.05, 0.3))
    lines = [b"\t".join(column.name.encode() for column in SHEET.columns)]
    for order in range(chance.randrange(60)):
        cells = [each.encode() for each in (f"702-{order}", *USUAL[1:])]
        for at, others in enumerate(CELLS):
            if chance.random() < odd:
                cells[at] = chance.choice(others)
        if chance.random() < odd / 2:
            cells = chance.choice(([*cells, b""], [*cells, b"more"], cells[:3], [b""], []))
        lines.append(b"\t".join(cells))
    return b"\n".join(lines) + chance.choice((b"\n", b""))


def entries_of(content: bytes, marketplace: str | None) -> Sequence[str]:
    """What a file says: each entry as it was when it was handed over."""
    context = FileContext(NOW, marketplace, now=NOW)
    return [repr(entry) for entry in SHEET.read(io.BytesIO(content), context)]


@given(chance=st.integers(0, 2**32).map(Random))
def test_lines_are_read_as_cell_by_cell(chance: Random) -> None:
    content, marketplace = file_of(chance), chance.choice((None, JAPAN))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sellerhealth.sources.sheet_reader._CHUNK", chance.choice((5, 20, 1_000)))
        patch.setattr("sellerhealth.sources.column_reader._MOST_ODD", chance.choice((0.1, 0.5)))
        found = entries_of(content, marketplace)
        patch.setattr(ColumnReader, "read", lambda self, records: None)
        assert found == entries_of(content, marketplace)


def test_only_the_odd_lines_are_read_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["\t".join((f"702-{number}", USUAL[1], "many" if number in (7, 30) else "1", *USUAL[3:])) for number in range(50)]
    content = "\n".join(["\t".join(column.name for column in SHEET.columns), *lines, ""]).encode()
    read: list[int] = []
    by_cell = SheetReader._by_cell

    def counted(reader: SheetReader, line: Line) -> Any:
        read.append(line[0])
        return by_cell(reader, line)

    monkeypatch.setattr(SheetReader, "_by_cell", counted)
    assert len(entries_of(content, None)) == 50
    assert read == [9, 32]
