"""Lines that an account knows, and that are therefore not read again: the lines of one order, by a hash of the cells that a format reads.

Lines that follow each other and have the same key are a unit. It is known if it was read before, in the same way, and all that it says was
stored. A unit is read if its key stood in the file before among lines that were read, because what those say may decide how it is read.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from hashlib import blake2b
from itertools import pairwise
from operator import eq, itemgetter, ne
from struct import unpack
from typing import Any, NamedTuple

from sellerhealth.sources.records import Line

LINES_HASH = "lines_hash"  # a column of the facts that remember it
_SEPARATOR = "\0"
_TRIED = 10_000  # units: if fewer than half of so many are known, no others are looked for

Mark = tuple[int, int] | None  # see `Unit.mark`


class KnownLines(NamedTuple):
    """What an account knows. `seed`: what decides how lines are read, besides the file itself. `among`: the keys, of some with a hash, of known units."""

    seed: str
    among: Callable[[Mapping[str, int]], Set[str]]


class Unit(NamedTuple):
    """Lines that follow each other and have the same key. `hash` is None if they cannot be known again."""

    key: str
    records: Sequence[Line]
    hash: int | None

    @property
    def mark(self) -> Mark:
        """What the values of each of its lines are marked with: its hash, and how many lines must be read to store it."""
        return None if self.hash is None else (self.hash, len(self.records))


class UnitReader:
    """Finds the units in the records of a file, and which of them are known."""

    def __init__(self, known: KnownLines, names: Sequence[str], indexes: Sequence[int], key: int, pieces: int) -> None:
        """`names`: the columns that are read, with the `indexes` of their cells. `key`: that of the key. `pieces`: how many cells a whole line has."""
        self._among, self._pick, self._key, self._pieces = known.among, itemgetter(*indexes, key), key, pieces
        seed = blake2b(_SEPARATOR.join([known.seed, *names]).encode(), digest_size=16).digest()
        self._begun = blake2b(digest_size=8, person=seed)  # a copy of it takes less time than to begin anew
        self._separators = len(indexes)  # of a line
        self._tried = self._found = 0
        self._read = set[str]()  # the keys of the units that were not known
        self._last = ""  # the key of the last one that was: bad lines between two units of an order do not part them

    def begin_of_last(self, records: Sequence[Line]) -> int:
        """The index of the first record of the last unit."""
        begin, (last,) = len(records) - 1, self._keys_of(records[-1:])
        while begin and self._keys_of(records[begin - 1 : begin]) == [last]:
            begin -= 1
        return begin

    def units(self, records: Sequence[Line]) -> Sequence[Unit]:
        """The units of some records, each whole."""
        pick, pieces, join = self._pick, self._pieces, _SEPARATOR.join
        keys = self._keys_of(records)
        texts = [join(pick(cells)) if len(cells) == pieces else "" for _, cells, _, _ in records]
        together = "".join(texts)
        if not together.isascii() or together.count(_SEPARATOR) != self._separators * sum(map(bool, texts)):
            texts = [text if text.isascii() and text.count(_SEPARATOR) == self._separators else "" for text in texts]
        if not any(map(eq, keys, keys[1:])):
            return list(map(Unit, keys, zip(records, strict=True), self._hashes(texts)))
        ends = [index for index, is_end in enumerate(map(ne, keys, keys[1:]), 1) if is_end]
        spans = list(pairwise([0, *ends, len(records)]))
        hashes = self._hashes([join(texts[begin:end]) if all(texts[begin:end]) else "" for begin, end in spans])
        return [Unit(keys[begin], records[begin:end], each) for (begin, end), each in zip(spans, hashes, strict=True)]

    def _hashes(self, texts: Sequence[str]) -> Sequence[int | None]:
        """The hash of each text of a unit; None of an empty one, which has a line whose cells are not all there, or not in ASCII."""
        hashes = unpack(f"<{len(texts)}q", b"".join(map(self._digest, texts)))
        return hashes if all(texts) else [number if text else None for number, text in zip(hashes, texts, strict=True)]

    def _digest(self, text: str) -> bytes:
        begun = self._begun.copy()
        begun.update(text.encode())
        return begun.digest()

    def known(self, units: Sequence[Unit]) -> Set[str]:
        """The keys of the units that are known. As long as most are, they are looked for."""
        if not self._is_worth_it:
            return frozenset()
        hashes: dict[str, int] = {}
        others = set[str]()
        for key, _, number in units:
            if number is None or key in hashes or key in self._read or key == self._last:
                others.add(key)
            else:
                hashes[key] = number
        known = self._among({key: number for key, number in hashes.items() if key not in others} if others else hashes)
        self._tried += len(units)
        self._found += len(known)
        self._last = next((unit.key for unit in reversed(units) if unit.key in known), self._last)
        self._read |= (hashes.keys() | others) - known
        if not self._is_worth_it:
            self._read = set()
        return known

    @property
    def _is_worth_it(self) -> bool:
        return self._tried < _TRIED or self._found > self._tried / 2

    def _keys_of(self, records: Sequence[Line]) -> list[str]:
        at = self._key
        return [cells[at].strip() if len(cells) > at else "" for _, cells, _, _ in records]


def remember_lines(lines: Sequence[dict[str, Any]], *, stand_alone: bool) -> None:
    """Gives each of the lines of a unit, by their values, its hash in place of the mark, or nothing: see `Known.remember`."""
    mark = lines[0].get(LINES_HASH) if lines and stand_alone else None
    is_whole = mark is not None and mark[1] == len(lines) and all(values.get(LINES_HASH) == mark for values in lines)
    for values in lines:
        if mark is not None and is_whole:
            values[LINES_HASH] = mark[0]
        else:
            values.pop(LINES_HASH, None)
