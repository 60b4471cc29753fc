"""Reads the cells of a column at once. The plain way to the same values is its reader, cell by cell."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from sellerhealth.sources.cells import EARLIEST, KEY, LATEST, LONGEST_KEY, Reader, instant, key, text

CellsReader = Callable[[Sequence[str]], Sequence[Any]]

_OF_KEYS = bytes(code for code in range(128) if KEY.fullmatch(chr(code)))
_zone_of = attrgetter("tzinfo")


def cells_reader(read: Reader) -> CellsReader:
    """The reader of many cells of a column. What the column's own reader raises, it raises, too, for any of the cells."""
    by_reader: Sequence[tuple[Reader, CellsReader]] = ((instant, _instants), (key, _keys), (text, _texts))
    return next((many for one, many in by_reader if one is read), partial(_each_once, read))


def _each_once(read: Reader, cells: Sequence[str]) -> Sequence[Any]:
    """The values of cells of which many are alike: each text is read once."""
    distinct = set(cells)
    if len(distinct) > len(cells) / 2:
        return list(map(read, cells))
    values = dict(zip(distinct, map(read, distinct), strict=True))
    return [values[cell] for cell in cells]


def _instants(cells: Sequence[str]) -> Sequence[Any]:
    try:
        values = list(map(dt.datetime.fromisoformat, cells))
    except ValueError:
        return list(map(instant, cells))
    if set(map(_zone_of, values)) == {dt.UTC} and min(values).year >= EARLIEST and max(values).year <= LATEST:
        return values
    return list(map(instant, cells))


def _keys(cells: Sequence[str]) -> Sequence[Any]:
    together = "".join(cells)
    if all(cells) and together.isascii() and not together.encode().translate(None, _OF_KEYS) and max(map(len, cells)) <= LONGEST_KEY:
        return cells
    return list(map(key, cells))


def _texts(cells: Sequence[str]) -> Sequence[Any]:
    together = "".join(cells)
    if together.isascii() and "@" not in together and "\0" not in together:
        return [cell.strip() or None for cell in cells]
    return list(map(text, cells))
