"""A declared format of delimited text: its columns, and how a line of it becomes a row.

Only the declared columns are read. What else stands in a file, such as names and addresses, reaches neither a row nor a
message.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from types import NoneType
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from sellerhealth.errors import BadFile, BadRow
from sellerhealth.model.tables import Fact
from sellerhealth.sources.cells import Reader
from sellerhealth.sources.delimited import Decoder, Delimited, Line, Unreadable, folded
from sellerhealth.sources.importer import Entry, Given, PassedOver, Rejected, Row, Sample

Values = dict[str, Any]
_AT_ONCE = 1_000  # lines that are read at once
_SHOWN = 60  # characters of a bad value that a message repeats
_OLDER = {"A1VC38T7YXB528": "cp932"}  # the encoding before UTF-8: Windows-1252, but in Japan Shift JIS


class Failed(Exception):
    """The code of a sheet's author failed: where in the file, and what."""

    def __init__(self, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(f"{where}: {what}")


@dataclass(frozen=True)
class Column:
    """A column of a file.

    `into`: the column of the fact that it fills, or any other name that the sheet's `fact` takes away again; `observed_at`
    is the instant as of which the line is true. `required`: a file without the column is not of this format. `filled`: a
    line without a value in it is bad. `is_day`: a day is read as its start in the zone of the marketplace.
    """

    name: str
    into: str
    read: Reader
    about: str
    example: str = ""
    required: bool = False
    filled: bool = False
    is_day: bool = False

    def __post_init__(self) -> None:
        if not callable(self.read):
            raise TypeError(f"column {self.name!r}: its reader is a {type(self.read).__name__}: give a function of a text, such as `key`")

    def take(self, found: Any, line: int) -> Any:
        """The value of a cell, or of what stands in a field of JSON; None for nothing. BadRow when it cannot be read."""
        if isinstance(found, (dict, list)):  # which could be a whole address, so it is not shown
            raise BadRow(line, self.name, None, "a text or a number")
        text = None if found is None else str(found)
        try:
            value = None if text is None else self.read(text)
            if self.filled and value is None:
                raise Unreadable("a value")
        except Unreadable as unreadable:
            raise BadRow(line, self.name, None if text is None else shown(text), str(unreadable)) from unreadable
        except Exception as error:
            what = f"has a reader that raised {type(error).__name__}, not Unreadable, at what it cannot read"
            raise Failed(f"line {line}, column {self.name!r}", what) from error
        return value


@dataclass(frozen=True)
class Sheet:
    """A format of delimited text.

    `fact` may change the values of a line and says which fact they are of. None passes over the line; Unreadable rejects it.
    `marketplace` is the column of the fact that takes the marketplace given for the file where a line names none. Two formats
    with the same columns are told apart by columns that are not read: `marks` that only the one has, and the other `excludes`.
    """

    columns: tuple[Column, ...]
    fact: Callable[[Values], type[Fact] | None]
    marketplace: str | None = None
    marks: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()
    quoted: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.columns, tuple):
            raise TypeError(f"the columns of a sheet are a {type(self.columns).__name__}: give a tuple of Column")
        for problem in self._problems():
            raise ValueError(f"sheet of {', '.join(column.name for column in self.columns) or 'no columns'}: {problem}")

    def _problems(self) -> Iterator[str]:
        for names in ([folded(column.name) for column in self.columns], [column.into for column in self.columns]):
            for name in {name for name in names if names.count(name) > 1}:
                yield f"there are two columns {name!r}. Give each its own name and its own `into`"
        if not self.marks and not any(column.required for column in self.columns):
            yield "every file would be of this format. Say which columns are `required`"

    def __call__(self, sample: Sample) -> bool:
        """Whether a file has the columns that the format needs, and none that only another format has."""
        names = {folded(name) for name in sample.columns}
        marks, excludes = ({folded(name) for name in each} for each in (self.marks, self.excludes))
        return not self.missing(sample.columns) and marks <= names and not names & excludes

    def known(self, names: Sequence[str]) -> int:
        """How many of these are columns of the format."""
        return len({folded(name) for name in names} & {folded(column.name) for column in self.columns})

    def missing(self, names: Sequence[str]) -> list[str]:
        """The columns that the format needs and that are not among these."""
        there = {folded(name) for name in names}
        return [column.name for column in self.columns if column.required and folded(column.name) not in there]

    @property
    def template(self) -> str:
        """The names of the columns and an example, as CSV."""
        text = io.StringIO()
        write = csv.writer(text, lineterminator="\n").writerow
        write([column.name for column in self.columns])
        write([column.example for column in self.columns])
        return text.getvalue()

    def read(self, stream: BinaryIO, given: Given) -> Iterator[Entry]:
        """The rows of a file. BadFile when it lacks a column that the format needs."""
        text = Delimited(stream, quoted=self.quoted)
        try:
            yield from self._rows(text, given)
        finally:
            text.close()

    def _rows(self, text: Delimited, given: Given) -> Iterator[Entry]:
        missing = self.missing(text.head.names)
        if missing:
            raise BadFile(f"The file has no column {' and no column '.join(map(repr, missing))}.")
        reading = _Reading(self.columns, text, given)
        fact_of, place, has_days = self.fact, self.marketplace, any(column.is_day for column in self.columns)
        for line, values in reading.lines(text):
            if isinstance(values, BadRow):
                yield Rejected(values, reading.decoder.decode_loosely(line[2]))
                continue
            if not values:
                continue
            if place is not None and values.get(place) is None:
                values[place] = given.marketplace
            if has_days:
                _start_days(values, given.time_zones(values[place] if place else given.marketplace))
            observed_at = values.pop("observed_at", None)
            try:
                fact = fact_of(values)
            except Unreadable as unreadable:
                yield Rejected(BadRow(line[0], None, None, str(unreadable)), reading.decoder.decode_loosely(line[2]))
                continue
            except Exception as error:
                raise Failed(f"line {line[0]}", f"has a sheet whose `fact` raised {type(error).__name__}") from error
            yield Row(fact, values, observed_at, line[0]) if fact is not None else PassedOver(line[0])


class _Reading:
    """How the lines of one file are read: where its columns stand, and in which encoding it is."""

    def __init__(self, columns: Sequence[Column], text: Delimited, given: Given) -> None:
        names = [folded(name) for name in text.head.names]
        self._columns = [column for column in columns if folded(column.name) in names]
        for column in self._columns:
            if names.count(folded(column.name)) > 1:
                raise BadFile(f"The file has more than one column {column.name!r}.")
        if not self._columns:
            raise BadFile("The file has none of the columns that are read of this format.")
        self._places = first, *others = [names.index(folded(column.name)) for column in self._columns]
        self._width, self._cells = len(names), text.split_up_to(max(self._places))
        self._readers = [column.read for column in self._columns]
        self._filled = [index for index, column in enumerate(self._columns) if column.filled]
        self._targets = [column.into for column in self._columns]
        # Of one place alone, itemgetter would give the cell, and not a list of it.
        self._pick = itemgetter(*self._places) if others else itemgetter(slice(first, first + 1))
        self.decoder = Decoder(older=_OLDER.get(given.marketplace or "", "cp1252"), is_utf8=text.head.has_bom)

    def lines(self, text: Iterable[Line]) -> Iterator[tuple[Line, Values | BadRow]]:
        """Lines, each with what it says, nothing when it is blank, or with what is wrong with it."""
        rest = iter(text)
        while lines := list(islice(rest, _AT_ONCE)):
            yield from zip(lines, self._at_once(lines) or map(self._by_itself, lines), strict=True)

    def _at_once(self, lines: Sequence[Line]) -> Sequence[Values] | None:
        """What many lines say, read column by column, which is quicker; None when one of them needs a closer look."""
        if any(len(cells) != self._cells for _, cells, _, _ in lines):
            return None
        try:
            picked = zip(*[self._pick(cells) for _, cells, _, _ in lines], strict=True)
            columns = [self._read(read, cells) for read, cells in zip(self._readers, picked, strict=True)]
        except Exception:  # noqa: BLE001 - whatever a reader raises, it is raised again for its line and column
            return None
        if any(NoneType in set(map(type, columns[index])) for index in self._filled):
            return None
        return [dict(zip(self._targets, found, strict=True)) for found in zip(*columns, strict=True)]

    def _read(self, read: Reader, cells: Sequence[str]) -> Sequence[Any]:
        if "".join(cells).isascii():
            return list(map(read, cells))
        if not self.decoder.has_decided:
            raise Unreadable("plain text: the first cell that is not decides on the encoding, in the order of lines")
        return list(map(read, map(self.decoder.decode, cells)))

    def _by_itself(self, line: Line) -> Values | BadRow:
        try:
            return self._with_care(line)
        except BadRow as bad:
            return bad

    def _with_care(self, line: Line) -> Values:
        """What a line says, cell by cell, to tell which one is bad. A line may lack the last cells: they are empty."""
        number, cells, _, error = line
        if error:
            raise BadRow(number, None, None, error)
        if not any(cell.strip() for cell in cells):
            return {}
        if any(cell.strip() for cell in cells[self._width :]):
            raise BadRow(number, None, f"{len(cells)} cells", f"{self._width}, as many as the first line")
        values: Values = {}
        for column, place in zip(self._columns, self._places, strict=True):
            cell = cells[place] if place < len(cells) else ""
            try:
                text = self.decoder.decode(cell)
            except Unreadable as unreadable:
                raise BadRow(number, column.name, shown(self.decoder.decode_loosely(cell)), str(unreadable)) from unreadable
            values[column.into] = column.take(text, number)
        return values


def _start_days(values: Values, zone: ZoneInfo) -> None:
    """Makes instants of days: their start in the zone."""
    for name, value in values.items():
        if type(value) is dt.date:
            values[name] = dt.datetime.combine(value, dt.time(), zone).astimezone(dt.UTC)


def shown(cell: str) -> str:
    """A bad value as a message may repeat it. Where columns have slipped, it could be somebody's address."""
    return "(an e-mail address)" if "@" in cell else cell[:_SHOWN]
