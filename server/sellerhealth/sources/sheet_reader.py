"""Reads the records of one file into values: knows the position of each column and the encoding, and what makes a record bad."""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import groupby, islice, pairwise, takewhile
from typing import Any, NamedTuple

from sellerhealth.errors import BadFile, BadRow
from sellerhealth.sources.cells import UTC, day_or_instant, instant
from sellerhealth.sources.column import Column, excerpt
from sellerhealth.sources.column_reader import ColumnReader
from sellerhealth.sources.delimited import REASON, folded
from sellerhealth.sources.encoding import Decoder
from sellerhealth.sources.entries import Columns, Remark, Skipped
from sellerhealth.sources.known_lines import LINES_HASH, KnownLines, Mark, Unit, UnitReader
from sellerhealth.sources.records import Line, RecordReader, line_count
from sellerhealth.sources.unreadable import LeftOut, SetAside, Unreadable

Values = dict[str, Any]
_CHUNK = 1_000  # records that are read column by column
_NEIGHBOURS = 20  # records before the last one that show what a complete cell looks like


class KnownUnits(tuple[Unit, ...]):
    """Known units that follow each other."""

    __slots__ = ()


class Lines(NamedTuple):
    """Lines that were read column by column. `values`: by column of the fact, with the mark of each line's unit."""

    records: Sequence[Line]
    values: Columns


Found = tuple[Line, Values | BadRow | Skipped | KnownUnits | Lines]


class SheetReader:
    """Iterates over the records of a file, each with its values, none when it is blank, or with why it is not imported.

    `names` are those of the columns as they stand in the file. `remarks` are about the records handed over last.
    """

    def __init__(self, columns: Sequence[Column], names: Sequence[str], records: RecordReader, decoder: Decoder) -> None:
        known = [folded(name) for name in names]
        if known[:1] == [REASON] and REASON in known[1:]:  # why a row was rejected, before a column of the format of the same name
            known[0] = ""
        self._columns = [column for column in columns if folded(column.name) in known]
        for column in self._columns:
            if known.count(folded(column.name)) > 1:
                raise BadFile(f"The file has more than one column {column.name!r}.")
        if not self._columns:
            raise BadFile("The file has none of the columns that this format reads.")
        self._indexes = [known.index(folded(column.name)) for column in self._columns]
        records.split_up_to(max(self._indexes))
        records.is_record = self.is_record
        self._records, self._width = records, len(known)
        self._instants = [  # those whose way of writing was not remarked on yet
            (column, index) for column, index in zip(self._columns, self._indexes, strict=True) if column.read in (instant, day_or_instant)
        ]
        self._targets = [column.into for column in self._columns]
        self._by_column = ColumnReader(self._columns, self._indexes, records.pieces, decoder)
        self._before: Sequence[Line] = ()  # some records before the chunk at hand
        self.decoder = decoder
        self.remarks: list[Remark] = []
        self._units: UnitReader | None = None
        self._in_lines = False

    def know(self, known: KnownLines, key: str, *, in_lines: bool) -> None:
        """Leaves out lines that are known, by the column of the fact that is their key. `in_lines`: the others are handed over as `Lines`, where possible."""
        self._in_lines = in_lines
        names = [folded(column.name) for column in self._columns]
        self._units = UnitReader(known, names, self._indexes, self._indexes[self._targets.index(key)], self._records.pieces)

    def __iter__(self) -> Iterator[Found]:
        for chunk in self._chunks():
            self._remark_on_utc(chunk)
            torn = chunk.pop() if chunk[-1][0] == self._records.unterminated else None
            yield from self._read_units(self._units, chunk) if self._units is not None else self._read(chunk)
            self._before = chunk[-_NEIGHBOURS:] or self._before
            if torn is not None:
                yield torn, self._torn(torn) or self._by_cell(torn)

    def _chunks(self) -> Iterator[list[Line]]:
        """The records, many at once. Those of one unit are together, unless they are more than a chunk."""
        records, held = iter(self._records), list[Line]()
        while chunk := [*held, *islice(records, _CHUNK)]:
            held = []
            if self._units is not None and len(chunk) >= _CHUNK and (begin := self._units.begin_of_last(chunk)):
                chunk, held = chunk[:begin], chunk[begin:]
            yield chunk

    def _read(self, records: Sequence[Line], marks: Sequence[Mark] = (), *, in_lines: bool = False) -> Iterator[Found]:
        """Records with their values, those with `marks` by column of the fact, too. A line that is read cell by cell has none, and is not remembered."""
        columns, odd = self._by_column.read(records), list[int]()
        if columns is None and (odd := self._by_column.odd(records)):
            apart = set(odd)
            marks = [mark for at, mark in enumerate(marks) if at not in apart]
            columns = self._by_column.read([record for at, record in enumerate(records) if at not in apart])
        if columns is None:
            yield from zip(records, map(self._by_cell, records), strict=True)
            return
        if marks:
            columns = {**columns, LINES_HASH: marks}
        for number, (begin, end) in enumerate(pairwise([-1, *odd, len(records)])):
            lines = records[begin + 1 : end]
            part = {name: values[begin + 1 - number : end - number] for name, values in columns.items()} if odd else columns
            if in_lines and lines:
                yield lines[0], Lines(lines, part)
            else:
                yield from zip(lines, rows_of(part), strict=True)
            yield from ((record, self._by_cell(record)) for record in records[end : end + 1])

    def _read_units(self, reader: UnitReader, records: Sequence[Line]) -> Iterator[Found]:
        """The same, known units by themselves."""
        units = reader.units(records)
        known = reader.known(units)
        others = [unit for unit in units if unit.key not in known] if known else units
        lines = [record for unit in others for record in unit.records]
        marks = [unit.mark for unit in others for _ in unit.records]
        in_lines = self._in_lines and not any(map(_has_line_ends, lines))
        if not known:
            yield from self._read(lines, marks, in_lines=in_lines)
            return
        if in_lines and lines and (columns := self._by_column.read(lines)) is not None:
            yield from _in_lines(units, known, Lines(lines, {**columns, LINES_HASH: marks}))
            return
        read = self._read(lines, marks) if lines else iter(())
        for is_known, found in groupby(units, lambda unit: unit.key in known):
            if is_known:
                yield records[0], KnownUnits(found)
            else:
                yield from islice(read, sum(len(unit.records) for unit in found))

    def outline(self, records: Sequence[Line], names: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        """Some of the values of known lines, by column of the fact."""
        return {name: self._by_column.cells_of(records, at) for at, name in enumerate(self._targets) if name in names}

    def read_again(self, unit: Unit) -> Iterator[tuple[Line, Values | BadRow | Skipped]]:
        """The lines of a unit, although they are known."""
        return ((record, self._by_cell(record)) for record in unit.records)

    def _remark_on_utc(self, records: Sequence[Line]) -> None:
        """Remarks once on each column of instants that have `UTC` in place of an offset."""
        for number, cells, text, _ in records if self._instants else ():
            if UTC not in text:
                continue
            for found in [each for each in self._instants if each[1] < len(cells) and cells[each[1]].rstrip().endswith(UTC)]:
                self.remarks.append(Remark(number, found[0].name, "has `UTC` in place of an offset: it was read as +00:00"))
                self._instants.remove(found)

    def take_remarks(self) -> list[Remark]:
        """The remarks since the last call."""
        remarks, self.remarks = self.remarks, []
        return remarks

    def is_record(self, cells: Sequence[str]) -> bool:
        """Whether the needed cells of what may be a record can be read."""
        needed = [(column, index) for column, index in zip(self._columns, self._indexes, strict=True) if column.filled or column.required]
        for column, index in needed:
            try:
                value = column.read(cells[index])
            except Exception:  # noqa: BLE001 - a reader that fails does not read the cell; where it matters, that is raised
                return False
            if column.filled and value is None:
                return False
        return bool(needed)

    def readable(self, cells: Sequence[str]) -> Values:
        """The readable values of a bad record."""
        values: Values = {}
        for column, index in zip(self._columns, self._indexes, strict=True):
            with contextlib.suppress(Exception):  # the reason was reported already
                values[column.into] = column.read(cells[index].strip())
        return values

    def _by_cell(self, line: Line) -> Values | BadRow | Skipped:
        before = len(self.remarks)
        try:
            return self._checked(line)
        except BadRow as bad:
            del self.remarks[before:]
            return bad
        except SetAside as reason:
            return Skipped(line[0], str(reason), line_count(line), self.readable(line[1]))

    def _checked(self, line: Line) -> Values:
        """The values of a record. BadRow names the bad cell. Missing cells at the end of a line are empty."""
        number, cells, _, error = line
        if error:
            raise BadRow(number, None, None, error)
        if not any(cell.strip() for cell in cells):
            return {}
        if any(cell.strip() for cell in cells[self._width :]):
            raise BadRow(number, None, f"{len(cells)} cells", f"{self._width}, as many as the first line")
        values: Values = {}
        for column, index in zip(self._columns, self._indexes, strict=True):
            values[column.into] = self._value(column, cells[index] if index < len(cells) else "", number)
        return values

    def _value(self, column: Column, cell: str, number: int) -> Any:
        try:
            text = self.decoder.decode(cell)
        except Unreadable as unreadable:
            text = self.decoder.decode_loosely(cell)
            if not column.lenient:
                raise BadRow(number, column.name, excerpt(text), str(unreadable)) from unreadable
            self.remarks.append(Remark(number, column.name, f"has bytes that are not {unreadable}: they were read as �"))
        try:
            return column.take(text, number)
        except LeftOut as reason:
            if column.filled:
                raise BadRow(number, column.name, excerpt(text), str(reason)) from reason
            self.remarks.append(Remark(number, column.name, f"holds {excerpt(text)!r}, {reason}: it was left out"))
            return None

    def _torn(self, line: Line) -> BadRow | None:
        """What a last line without a line end lacks, if it was cut off: a needed cell, or the end of its last one.

        Where the records before agree on the shape of a cell, such as the digits and hyphens of an order number, a shorter one is
        cut off.
        """
        number, cells, _, _ = line
        if not any(cell.strip() for cell in cells):
            return None
        for column, index in zip(self._columns, self._indexes, strict=True):
            if column.required and index >= len(cells):
                return BadRow(number, column.name, None, "a value: the file ends before it, in the middle of its last line")
        last = len(cells) - 1
        at_end = [column for column, index in zip(self._columns, self._indexes, strict=True) if index == last]
        shapes = {_shape(cells[last]) for _, cells, _, _ in self._before if len(cells) > last}
        if not at_end or len(shapes) != 1 or len(self._before) < 2:
            return None
        (column,), (complete,) = at_end, shapes
        if complete != (shape := _shape(cells[last])) and complete.startswith(shape):
            return BadRow(number, column.name, excerpt(self.decoder.decode_loosely(cells[last])), "a whole value: the file ends in it")
        return None


def rows_of(columns: Columns) -> Iterator[Values]:
    """Columns row by row."""
    return (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))


def _in_lines(units: Sequence[Unit], known: Set[str], lines: Lines) -> Iterator[Found]:
    """Lines, and what is known between them: all of it at once, but what it was first and last next to stays there."""
    first = lines.records[0]
    begin = units[0].key in known
    after = sum(len(unit.records) for unit in takewhile(lambda unit: unit.key not in known, reversed(units)))
    before = len(lines.records) - after
    parts = [
        (lines.records[part], {name: values[part] for name, values in lines.values.items()})
        for part in (slice(before), slice(before, None))
    ]
    yield first, KnownUnits(units[:begin])
    yield from ((first, Lines(*part)) for part in parts[:1] if part[0])
    yield first, KnownUnits(unit for unit in units[begin:] if unit.key in known)
    yield from ((first, Lines(*part)) for part in parts[1:] if part[0])


def _has_line_ends(record: Line) -> bool:
    return "\n" in record[2]


def _shape(cell: str) -> str:
    """A cell with all digits and letters alike."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", cell.strip()))
