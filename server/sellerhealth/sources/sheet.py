"""Declared formats of delimited text: their columns, and how a line becomes a row.

Only the declared columns are read. Everything else in a file, such as names and addresses, reaches neither a row nor a
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
from sellerhealth.sources.importer import Entry, FileContext, Rejected, Row, Sample, Skipped

Values = dict[str, Any]
_CHUNK = 1_000  # lines that are read column by column
_EXCERPT = 60  # characters of a bad value that a message repeats
_OLDER_ENCODINGS = {"A1VC38T7YXB528": "cp932"}  # by marketplace, for text that is not UTF-8; elsewhere Windows-1252


class Failed(Exception):
    """The code of a sheet's author failed: where in the file, and how."""

    def __init__(self, where: str, what: str) -> None:
        self.where, self.what = where, what
        super().__init__(f"{where}: {what}")


@dataclass(frozen=True)
class Column:
    """A column of a file.

    `into`: the column of the fact that it fills, or any other name that the sheet's `fact` removes again; `observed_at` is the
    instant as of which the line is true. `required`: a file without the column is not of this format. `filled`: a line without
    a value in it is bad. `is_day`: a day is read as its start in the zone of the marketplace.
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
            raise TypeError(f"column {self.name!r}: its reader is a {type(self.read).__name__}: use a function of a text, such as `key`")

    def take(self, raw: Any, line: int) -> Any:
        """The value of a cell, or of a JSON field. None if it is empty or missing; raises BadRow if it cannot be read."""
        if isinstance(raw, (dict, list)):  # not in the message: it could be a whole address
            raise BadRow(line, self.name, None, "a text or a number")
        text = None if raw is None else str(raw)
        try:
            value = None if text is None else self.read(text)
            if self.filled and value is None:
                raise Unreadable("a value")
        except Unreadable as unreadable:
            raise BadRow(line, self.name, None if text is None else excerpt(text), str(unreadable)) from unreadable
        except Exception as error:
            what = f"has a reader that raised {type(error).__name__}, not Unreadable, for an unreadable value"
            raise Failed(f"line {line}, column {self.name!r}", what) from error
        return value


@dataclass(frozen=True)
class Sheet:
    """A format of delimited text.

    `fact` may change the values of a line and returns the fact that they belong to. It returns None to skip the line, and raises
    Unreadable to reject it. `marketplace` is the column of the fact that gets the marketplace of the file in lines that name
    none. Two formats with the same columns are distinguished by columns that are not read: `marks` that only this one has, and
    `excludes` that it must not have.
    """

    columns: tuple[Column, ...]
    fact: Callable[[Values], type[Fact] | None]
    marketplace: str | None = None
    marks: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()
    quoted: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.columns, tuple):
            raise TypeError(f"the columns of a sheet are a {type(self.columns).__name__}: use a tuple of Column")
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
        """The number of these names that are columns of the format."""
        return len({folded(name) for name in names} & {folded(column.name) for column in self.columns})

    def missing(self, names: Sequence[str]) -> list[str]:
        """The required columns that are not among these names."""
        present = {folded(name) for name in names}
        return [column.name for column in self.columns if column.required and folded(column.name) not in present]

    @property
    def template(self) -> str:
        """The names of the columns and an example, as CSV."""
        text = io.StringIO()
        write = csv.writer(text, lineterminator="\n").writerow
        write([column.name for column in self.columns])
        write([column.example for column in self.columns])
        return text.getvalue()

    def read(self, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
        """The rows of a file. BadFile when it lacks a column that the format needs."""
        text = Delimited(stream, quoted=self.quoted)
        try:
            yield from self._rows(text, context)
        finally:
            text.close()

    def _rows(self, text: Delimited, context: FileContext) -> Iterator[Entry]:
        missing = self.missing(text.head.names)
        if missing:
            raise BadFile(f"The file has no column {' and no column '.join(map(repr, missing))}.")
        reader = _LineReader(self.columns, text, context)
        fact_of, market_column, has_days = self.fact, self.marketplace, any(column.is_day for column in self.columns)
        observed_column = next((column.name for column in self.columns if column.into == "observed_at"), None)
        for line, values in reader.read(text):
            if isinstance(values, BadRow):
                yield Rejected(values, reader.decoder.decode_loosely(line[2]))
                continue
            if not values:
                continue
            if market_column is not None and values.get(market_column) is None:
                values[market_column] = context.marketplace
            if has_days:
                _start_days(values, context.time_zones(values[market_column] if market_column else context.marketplace))
            observed_at = values.pop("observed_at", None)
            try:
                context.check_observed_at(observed_at, line[0], observed_column)
                fact = fact_of(values)
            except BadRow as bad:
                yield Rejected(bad, reader.decoder.decode_loosely(line[2]))
                continue
            except Unreadable as unreadable:
                yield Rejected(BadRow(line[0], None, None, str(unreadable)), reader.decoder.decode_loosely(line[2]))
                continue
            except Exception as error:
                raise Failed(f"line {line[0]}", f"has a sheet whose `fact` raised {type(error).__name__}") from error
            yield Row(fact, values, observed_at, line[0]) if fact is not None else Skipped(line[0])


class _LineReader:
    """Reads the lines of one file: knows the position of each column, and the encoding."""

    def __init__(self, columns: Sequence[Column], text: Delimited, context: FileContext) -> None:
        names = [folded(name) for name in text.head.names]
        self._columns = [column for column in columns if folded(column.name) in names]
        for column in self._columns:
            if names.count(folded(column.name)) > 1:
                raise BadFile(f"The file has more than one column {column.name!r}.")
        if not self._columns:
            raise BadFile("The file has none of the columns that this format reads.")
        self._indexes = first, *others = [names.index(folded(column.name)) for column in self._columns]
        self._width, self._pieces = len(names), text.split_up_to(max(self._indexes))
        self._readers = [column.read for column in self._columns]
        self._filled = [index for index, column in enumerate(self._columns) if column.filled]
        self._targets = [column.into for column in self._columns]
        # With a single index, itemgetter would return the cell itself, not a sequence of cells.
        self._pick = itemgetter(*self._indexes) if others else itemgetter(slice(first, first + 1))
        self.decoder = Decoder(older=_OLDER_ENCODINGS.get(context.marketplace or "", "cp1252"), is_utf8=text.head.has_bom)

    def read(self, text: Iterable[Line]) -> Iterator[tuple[Line, Values | BadRow]]:
        """Each line with its values, none when it is blank, or with its error."""
        lines = iter(text)
        while chunk := list(islice(lines, _CHUNK)):
            yield from zip(chunk, self._by_column(chunk) or map(self._by_cell, chunk), strict=True)

    def _by_column(self, lines: Sequence[Line]) -> Sequence[Values] | None:
        """The values of many lines, read column by column, which is fast. None when a line must be read cell by cell."""
        if any(len(cells) != self._pieces for _, cells, _, _ in lines):
            return None
        try:
            picked = zip(*[self._pick(cells) for _, cells, _, _ in lines], strict=True)
            columns = [self._read(read, cells) for read, cells in zip(self._readers, picked, strict=True)]
        except Exception:  # noqa: BLE001 - whatever a reader raises is raised again for its line and column
            return None
        if any(NoneType in set(map(type, columns[index])) for index in self._filled):
            return None
        return [dict(zip(self._targets, values, strict=True)) for values in zip(*columns, strict=True)]

    def _read(self, read: Reader, cells: Sequence[str]) -> Sequence[Any]:
        if "".join(cells).isascii():
            return list(map(read, cells))
        if not self.decoder.has_decided:
            raise Unreadable("ASCII: the first other cell, in the order of lines, decides the encoding")
        return list(map(read, map(self.decoder.decode, cells)))

    def _by_cell(self, line: Line) -> Values | BadRow:
        try:
            return self._checked(line)
        except BadRow as bad:
            return bad

    def _checked(self, line: Line) -> Values:
        """The values of a line. BadRow names the bad cell. Missing cells at the end of a line are empty."""
        number, cells, _, error = line
        if error:
            raise BadRow(number, None, None, error)
        if not any(cell.strip() for cell in cells):
            return {}
        if any(cell.strip() for cell in cells[self._width :]):
            raise BadRow(number, None, f"{len(cells)} cells", f"{self._width}, as many as the first line")
        values: Values = {}
        for column, index in zip(self._columns, self._indexes, strict=True):
            cell = cells[index] if index < len(cells) else ""
            try:
                text = self.decoder.decode(cell)
            except Unreadable as unreadable:
                raise BadRow(number, column.name, excerpt(self.decoder.decode_loosely(cell)), str(unreadable)) from unreadable
            values[column.into] = column.take(text, number)
        return values


def _start_days(values: Values, zone: ZoneInfo) -> None:
    """Replaces days by instants: their start in the zone."""
    for name, value in values.items():
        if type(value) is dt.date:
            values[name] = dt.datetime.combine(value, dt.time(), zone).astimezone(dt.UTC)


def excerpt(cell: str) -> str:
    """The start of a bad value, for a message. In a file with shifted columns, it could be somebody's address."""
    return "(an e-mail address)" if "@" in cell else cell[:_EXCERPT]
