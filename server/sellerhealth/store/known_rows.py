"""The rows of a report that its account knows already: most of those that a newer report lists again.

They are found by the columns that the report has. To load whole facts, and to compare them before and after, takes longer.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sellerhealth.model.tables import Fact
from sellerhealth.sources import Row
from sellerhealth.sources.known_lines import LINES_HASH
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.derive import is_accepted
from sellerhealth.store.listings import Listings
from sellerhealth.store.merge import Shape, shape_of

_INSTANTS = 20_000  # of a chunk of rows
_LARGE = 1_000  # rows
_TRIED = 10  # the step between the rows of a large first chunk that are looked for first, and all only if most of those are known


class _Found(NamedTuple):
    """How the fact of a known row is stored: whether an older report listed it last, and whether it has the hash of other lines."""

    is_older: bool
    has_other_lines: bool


class KnownRows:
    """Finds them chunk by chunk, as long as most rows of a chunk are known."""

    def __init__(self, rows: AccountRows, listings: Listings, version_of: Callable[[dt.datetime], str], latest_version: str) -> None:
        self._rows, self._listings, self._latest_version = rows, listings, latest_version
        self._version_of = lru_cache(_INSTANTS)(version_of)  # the parts of a row have its instant
        self._is_worth_it, self._is_tried = not rows.is_new, False

    def take_out(self, chunk: Sequence[Row]) -> tuple[Sequence[Row], int]:
        """The rows of a chunk that may change a fact, and how many lines the others take up. What those list is stored."""
        if not self._is_tried and len(chunk) >= _LARGE:
            self._find(chunk[::_TRIED])
        self._is_tried = True
        known = self._find(chunk)
        self._list_again(row for row, found in known if found.is_older)
        self._rows.remember_lines({row.values["order_id"]: row.values[LINES_HASH] for row, found in known if found.has_other_lines})
        taken = {id(row) for row, _ in known}
        return [row for row in chunk if id(row) not in taken] if taken else chunk, sum(row.lines for row, _ in known)

    def _find(self, rows: Sequence[Row]) -> Sequence[tuple[Row, _Found]]:
        """The known ones of some rows, with all of their parts. None once most of some were news."""
        if not self._is_worth_it:
            return ()
        candidates = dict(self._known(rows))
        parts = dict(self._known([part for row in rows if id(row) in candidates for part in row.parts]))
        known = [(row, found) for row in rows if (found := candidates.get(id(row))) and all(map(parts.__contains__, map(id, row.parts)))]
        self._is_worth_it = len(known) > len(rows) / 2
        return known

    def _known(self, rows: Sequence[Row]) -> Iterator[tuple[int, _Found]]:
        """Those of some rows that are in their facts already, by identity.

        A row without an instant of its own has that of the file, so no newer file can repeat it. What is gone is listed after all.
        """
        alike: defaultdict[tuple[type[Fact], tuple[str, ...]], list[Row]] = defaultdict(list)
        for row in rows:
            if row.observed_at is not None:
                alike[row.fact, tuple(row.values)].append(row)
        for (fact, columns), of_alike in alike.items():
            gone = self._listings.gone(fact)
            listed = [row for row in of_alike if row.values["order_id"] not in gone] if gone else of_alike
            if listed:
                yield from self._known_of(shape_of(fact), columns, listed)

    def _known_of(self, shape: Shape, columns: tuple[str, ...], rows: Sequence[Row]) -> Iterator[tuple[int, _Found]]:
        """The same of one kind of fact and with the same columns. An order is also known by whether it was seen accepted."""
        by_column = dict(zip(columns, zip(*(row.values.values() for row in rows), strict=True), strict=True))
        by_column.pop(LINES_HASH, None)  # says nothing of the fact
        columns = tuple(by_column)
        others = [name for name in ("listed", LINES_HASH, "seen_accepted") if name in shape.blank and name not in columns]
        names, key_of = (*columns, "versions", *others), itemgetter(*map(columns.index, shape.key))
        listed, lines, accepted = (names.index(name) if name in names else None for name in ("listed", LINES_HASH, "seen_accepted"))
        versions = [self._version_of(row.observed_at) for row in rows if row.observed_at is not None]  # which is so of all
        expected = zip(*self._rows.as_stored(shape.table, {**by_column, "versions": versions}), strict=True)
        first = shape.key[0]
        stored = {key_of(cells): cells for cells in self._rows.stored_cells(shape.table, first, set(by_column[first]), names)}
        width, latest, last = len(columns) + 1, self._latest_version, self._listings.listed
        for row, cells in zip(rows, expected, strict=True):
            found = stored.get(key_of(cells))
            if found is None or cells[-1] > latest or not (found[:width] == cells or _includes(found, cells)):
                continue
            if accepted is None or found[accepted] or not is_accepted(row.values.get("status")):
                has_other_lines = lines is not None and row.values.get(LINES_HASH, found[lines]) != found[lines]
                yield id(row), _Found(listed is not None and (found[listed] or "") < last, has_other_lines)

    def _list_again(self, rows: Iterable[Row]) -> None:
        by_fact: defaultdict[type[Fact], set[str]] = defaultdict(set)  # an order may have many lines
        for row in rows:
            by_fact[row.fact].add(row.values["order_id"])
        for fact, order_ids in by_fact.items():
            self._rows.list_again(shape_of(fact), [{"order_id": each, "listed": self._listings.listed} for each in order_ids])


def _includes(stored: tuple[Any, ...], cells: tuple[Any, ...]) -> bool:
    """Whether stored cells have the values of a row, with its version, which is the last of its cells. An empty cell changes nothing."""
    *values, version = zip(cells, stored, strict=False)
    return version[0] == version[1] and all(value is None or value == old for value, old in values)
