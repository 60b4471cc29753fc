"""Declared formats of delimited text: their columns, and how a line becomes a row.

Only the declared columns are read. Everything else in a file, such as names and addresses, reaches neither a row nor a
message.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO, NamedTuple, cast
from zoneinfo import ZoneInfo

from sellerhealth.errors import BadFile, BadRow
from sellerhealth.model.tables import Fact
from sellerhealth.sources.column import Column, Failed
from sellerhealth.sources.delimited import REASON, folded, open_text
from sellerhealth.sources.encoding import DEFAULT, Decoder, older_encoding
from sellerhealth.sources.entries import Columns, Entry, Known, Rejected, Row, Skipped
from sellerhealth.sources.importer import FileContext, Sample
from sellerhealth.sources.known_lines import LINES_HASH, Mark, Unit
from sellerhealth.sources.records import Line, RecordReader, line_count
from sellerhealth.sources.sheet_reader import KnownUnits, Lines, SheetReader, Values, rows_of
from sellerhealth.sources.unreadable import SetAside, Unreadable


class SheetLines(NamedTuple):
    """Lines of a file, by column of the fact, in the order of their `numbers` in the file.

    `marks`: that of the unit of each line: see `Unit.mark`. Lines with a mark are of the file's account, and none is later than now.
    `entries` has some of the lines as entries, by their indexes: the plain way.
    """

    numbers: Sequence[int]
    observed_at: Sequence[dt.datetime | None]
    marks: Sequence[Mark]
    values: Columns
    entries: Callable[[Sequence[int]], Iterator[Entry]]


_PROOF = 20  # records at the start of a file that show the order of its columns


@dataclass(frozen=True)
class Sheet:
    """A format of delimited text.

    `fact` may change the values of a line and returns the fact that they belong to. It returns None to skip the line, and raises
    Unreadable to reject it. `marketplace` is the column of the fact that gets the marketplace of the file in lines that name
    none. Two formats with the same columns are distinguished by columns that are not read: `marks` that only this one has, and
    `excludes` that it must not have. `quoted=False`: in tab-delimited text a quote joins no lines. `positions`: the names of all
    columns of a report in their order, where the order is the same in every language, but the names are not. `outline`: the columns of the
    fact whose values are read also of lines that are known; lines that share the first of them are known together. See `known_lines`.
    """

    columns: tuple[Column, ...]
    fact: Callable[[Values], type[Fact] | None]
    marketplace: str | None = None
    marks: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()
    quoted: bool = True
    positions: tuple[str, ...] = ()
    outline: tuple[str, ...] = ()

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
        if self.outline and (
            any(column.is_day for column in self.columns)
            or self.outline[0] not in {column.into for column in self.columns if column.required}
        ):
            yield "it has an `outline`, but a column with days, or its key is not required"

    def __call__(self, sample: Sample) -> bool:
        """Whether a file has the columns that the format needs, and none that only another format has."""
        names = {folded(name) for name in sample.columns}
        marks, excludes = ({folded(name) for name in each} for each in (self.marks, self.excludes))
        if self.missing(sample.columns) and self._proves_order(sample):
            return True
        return not self.missing(sample.columns) and marks <= names and not names & excludes

    def _by_position(self, names: Sequence[str]) -> tuple[Column, ...]:
        """The columns under the names that they have in a file; none where those cannot be translations of ours in their order.

        There are as many, and none of ours in another place. A file of rejected rows has their reasons before them.
        """
        ours = [folded(name) for name in ([REASON] if names[:1] == (REASON,) else []) + [*self.positions]]
        theirs = [folded(name) for name in names]
        if (
            not self.positions
            or len(theirs) != len(ours)
            or any(name in ours and name != at for name, at in zip(theirs, ours, strict=True))
        ):
            return ()
        at = {folded(column.name): column for column in self.columns}
        return tuple(replace(at[ours_name], name=name) for ours_name, name in zip(ours, names, strict=True) if ours_name in at)

    def _proves_order(self, sample: Sample) -> bool:
        """Whether the cells at the start of a file can be read by the positions of our columns."""
        columns = self._by_position(sample.columns)
        if not columns:
            return False
        head, records = open_text(io.BytesIO(sample.start), joins=self.quoted)
        reader = SheetReader(columns, head.names, records, Decoder(older=DEFAULT, is_utf8=head.has_bom))
        complete = [cells for _, cells, _, _ in islice(records, _PROOF) if len(cells) == records.pieces]
        return bool(complete) and all(map(reader.is_record, complete))

    def known(self, names: Sequence[str]) -> int:
        """The number of these names that are columns of the format."""
        return len({folded(name) for name in names} & {folded(column.name) for column in self.columns})

    def missing(self, names: Sequence[str]) -> list[str]:
        """The required columns that are not among these names."""
        present = {folded(name) for name in names}
        return [column.name for column in self.columns if column.required and folded(column.name) not in present]

    @property
    def template(self) -> str:
        """A file of one account with the names of the columns and an example: as CSV, with tabs where a quote joins no lines."""
        examples = {column.name: column.example for column in self.columns if column.into != "account"}
        names = self.positions or (*examples, *sorted(self.marks - examples.keys()))
        text = io.StringIO()
        write = csv.writer(text, delimiter="," if self.quoted else "\t", lineterminator="\n").writerow
        write(names)
        write([examples.get(name, "") for name in names])
        return text.getvalue()

    def read(self, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
        """The rows of a file. BadFile when it lacks a column that the format needs."""
        return cast("Iterator[Entry]", self._read(stream, context, in_lines=False))

    def read_lines(self, stream: BinaryIO, context: FileContext) -> Iterator[Entry | SheetLines]:
        """The same, many lines at once where that is possible."""
        return self._read(stream, context, in_lines=True)

    def texts(self, stream: BinaryIO, context: FileContext) -> Iterator[tuple[int, str]]:
        """The text of each row of a file, with its line."""
        reader, records, _ = self._open(stream, context)
        return ((number, reader.decoder.decode_loosely(text)) for number, _, text, _ in records)

    def _open(self, stream: BinaryIO, context: FileContext) -> tuple[SheetReader, RecordReader, Sequence[str]]:
        """The reader of a file, its records, and the columns that it lacks by their names."""
        head, records = open_text(stream, joins=self.quoted)
        columns, missing = self.columns, self.missing(head.names)
        if missing:
            columns = self._by_position(head.names)
            if not columns:
                raise BadFile(f"The file has no column {' and no column '.join(map(repr, missing))}.")
        decoder = Decoder(older=older_encoding(context.marketplace), is_utf8=head.has_bom)
        return SheetReader(columns, head.names, records, decoder), records, missing

    def _read(self, stream: BinaryIO, context: FileContext, *, in_lines: bool) -> Iterator[Entry | SheetLines]:
        reader, _, missing = self._open(stream, context)
        if self.outline and context.known_lines is not None:
            reader.know(context.known_lines, self.outline[0], in_lines=in_lines)
        entries = self._entries(reader, reader, context)
        if missing:  # what stands in the cells shows that the columns are ours; without a row nothing does
            first = next(entries, None)
            if first is None:
                raise BadFile(
                    f"The file has no column {' and no column '.join(map(repr, missing))}, and no row that shows what its columns are."
                )
            yield first
        yield from entries

    def _entries(self, records: Iterable[tuple[Line, Any]], reader: SheetReader, context: FileContext) -> Iterator[Entry | SheetLines]:
        fact_of, market_column, has_days = self.fact, self.marketplace, any(column.is_day for column in self.columns)
        observed_column = next((column.name for column in self.columns if column.into == "observed_at"), None)
        for record, values in records:
            number, lines = record[0], line_count(record)
            if reader.remarks:
                yield from reader.take_remarks()
            if not isinstance(values, dict):
                yield from self._without_values(record, values, reader, context)
                continue
            if not values:
                continue
            if market_column is not None and values.get(market_column) is None:
                values[market_column] = context.marketplace
            account = values.pop("account", None)
            if has_days:
                _start_days(values, context.zone_of(values[market_column] if market_column else context.marketplace, account))
            observed_at = values.pop("observed_at", None)
            if observed_at is None:  # it is of the instant of its file, so a newer file never has it again
                values.pop(LINES_HASH, None)
            try:
                context.check_observed_at(observed_at, number, observed_column)
                fact = fact_of(values)
            except BadRow as bad:
                yield self._rejected(bad, record, reader, context)
                continue
            except SetAside as reason:
                yield Skipped(number, str(reason), lines, values, account)
                continue
            except Unreadable as unreadable:
                yield self._rejected(BadRow(number, None, None, str(unreadable)), record, reader, context)
                continue
            except Exception as error:
                raise Failed(f"line {number}", f"has a sheet whose `fact` raised {type(error).__name__}") from error
            if fact is not None:
                yield Row(fact, values, observed_at, number, (), lines, account)
            else:
                yield Skipped(number, None, lines, account=account)

    def _without_values(
        self, record: Line, found: BadRow | Skipped | KnownUnits | Lines, reader: SheetReader, context: FileContext
    ) -> Iterator[Entry | SheetLines]:
        """What is yielded for lines that are not read, cannot be, or are many."""
        if isinstance(found, BadRow):
            yield self._rejected(found, record, reader, context)
        elif isinstance(found, Skipped):
            yield _of_its_account(found)
        elif isinstance(found, Lines):
            yield from self._lines(found, reader, context)
        elif found:
            yield self._known(found, reader, context)

    def _lines(self, lines: Lines, reader: SheetReader, context: FileContext) -> Iterator[Entry | SheetLines]:
        records, columns = lines

        def entries(indexes: Sequence[int]) -> Iterator[Entry]:
            chosen = {name: [values[index] for index in indexes] for name, values in columns.items()}
            return cast(
                "Iterator[Entry]", self._entries(zip([records[index] for index in indexes], rows_of(chosen), strict=True), reader, context)
            )

        values = dict(columns)
        accounts, observed_at = values.pop("account", ()), values.pop("observed_at", [None] * len(records))
        marks = values.pop(LINES_HASH)
        try:
            context.check_observed_at(max(filter(None, observed_at), default=None), records[0][0])
            is_usual = not any(accounts)
        except BadRow:
            is_usual = False
        if not is_usual:  # each is read by itself, but as one of these lines: those that are known part them
            marks = [None] * len(records)
        if self.marketplace is not None:
            values[self.marketplace] = [each or context.marketplace for each in values.get(self.marketplace, [None] * len(records))]
        yield SheetLines([number for number, _, _, _ in records], observed_at, marks, values, entries)

    def _known(self, units: Sequence[Unit], reader: SheetReader, context: FileContext) -> Known:
        records = [record for unit in units for record in unit.records]
        outline = dict(reader.outline(records, self.outline[1:]))
        if self.marketplace in self.outline:
            outline[self.marketplace] = [each or context.marketplace for each in outline.get(self.marketplace, [None] * len(records))]

        def read_last() -> Iterator[Entry]:
            *others, last = units
            if others:
                yield self._known(others, reader, context)
            yield from cast("Iterator[Entry]", self._entries(reader.read_again(last), reader, context))

        lines = len(records) + "".join([text for _, _, text, _ in records]).count("\n")
        return Known(units[0].records[0][0], [unit.key for unit in units], outline, lines, read_last)

    def _rejected(self, bad: BadRow, record: Line, reader: SheetReader, context: FileContext) -> Rejected:
        """A bad record with those of its values that can be read."""
        _, cells, text, _ = record
        values = {name: value for name, value in reader.readable(cells).items() if value is not None}
        account = values.pop("account", None)
        market = values.get(self.marketplace or "") or context.marketplace
        if self.marketplace is not None and market is not None:
            values[self.marketplace] = market
        _start_days(values, context.zone_of(market, account))
        return Rejected(bad, reader.decoder.decode_loosely(text), values, line_count(record), account)


def _of_its_account(skipped: Skipped) -> Skipped:
    """A skipped row with its account beside its values."""
    values = dict(skipped.values)
    account = values.pop("account", None)
    return skipped._replace(values=values, account=account)


def _start_days(values: Values, zone: ZoneInfo) -> None:
    """Replaces days by instants: their start in the zone."""
    for name, value in values.items():
        if type(value) is dt.date:
            values[name] = dt.datetime.combine(value, dt.time(), zone).astimezone(dt.UTC)
