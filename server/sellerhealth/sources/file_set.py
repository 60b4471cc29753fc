"""Formats of several files that belong together, such as the orders, items and reviews of one export: what each is, and how their rows join."""

import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, BinaryIO, Protocol

from sellerhealth.errors import BadFile, BadRow
from sellerhealth.sources.column import Failed
from sellerhealth.sources.entries import Entry, Known, OrderBlock, Rejected, Remark, Reported, Row, Skipped
from sellerhealth.sources.importer import FileContext, Sample
from sellerhealth.sources.sheet import Sheet


class Part(Protocol):
    """What one of the files is: a `Sheet`, or anything else that recognises a file by a sample of it, and reads it."""

    def __call__(self, sample: Sample) -> bool:
        """Whether a file is this one."""
        ...

    def read(self, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
        """The entries of the file."""
        ...


class FileLine(int):
    """The number of a line in one of several files: it is written with the name of the file."""

    def __new__(cls, line: int, file: str) -> "FileLine":
        """`file`: the name of the file."""
        self = super().__new__(cls, line)
        self.file = file
        return self

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]  # that of int returns the number alone
        return int(self), self.file

    def __str__(self) -> str:
        return f"{int(self)} of {self.file}"

    file: str


class Files(Mapping[str, BinaryIO]):
    """The files of a set, open, by the name of their part. `names` are those of the files. To whoever shows progress they are one stream."""

    def __init__(self, streams: Mapping[str, BinaryIO], names: Mapping[str, str], format: str) -> None:  # noqa: A002 - named as on the command line
        self._streams, self.names, self.format = dict(streams), names, format

    def __getitem__(self, part: str) -> BinaryIO:
        return self._streams[part]

    def __iter__(self) -> Iterator[str]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def closed(self) -> bool:
        """Whether what was read so far is not known any more."""
        return any(stream.closed for stream in self.values())

    def tell(self) -> int:
        """How many bytes were read."""
        return sum(stream.tell() for stream in self.values())


@dataclass(frozen=True)
class FileSet:
    """A format of several files, in place of a `Sheet`: all of them are imported together, or none.

    `parts` are the files by name. `by` is the value that the rows of one thing share, for example `order_id`. `join` gets the rows that
    share one, by part, and yields what they say together: a row that it leaves out is skipped. Rows are collected in a temporary file.
    """

    parts: Mapping[str, Part]
    by: str
    join: Callable[[Mapping[str, Sequence[Row]]], Iterable[Entry]]

    def __post_init__(self) -> None:
        if len(self.parts) < 2 or not all(isinstance(name, str) and callable(part) for name, part in self.parts.items()):
            raise TypeError("the parts of a set of files are two or more, by name: {'orders': ORDERS, 'items': ITEMS}")
        if not callable(self.join):
            raise TypeError("`join` of a set of files is a function of the rows by part, which yields rows")
        for name, part in self.parts.items():
            if isinstance(part, Sheet) and self.by not in {column.into for column in part.columns}:
                raise ValueError(f"the file {name!r} has no column into {self.by!r}, by which the rows of the set are joined")

    def __call__(self, sample: Sample) -> bool:
        """Whether a file is one of the set."""
        return self.part_of(sample) is not None

    def part_of(self, sample: Sample) -> str | None:
        """The part that a file is. None if it is none of them, or could be several."""
        parts = [name for name, part in self.parts.items() if part(sample)]
        return parts[0] if len(parts) == 1 else None

    def describe(self, name: str) -> str:
        """A part for people: its name, and the columns by which it is recognised."""
        part = self.parts[name]
        required = [column.name for column in part.columns if column.required] if isinstance(part, Sheet) else []
        return f"{name!r}, with the columns {', '.join(required)}" if required else repr(name)

    def read(self, files: Files, context: FileContext) -> Iterator[Entry]:
        """The entries of all files, joined."""
        with closing(sqlite3.connect("")) as rows:  # in memory while it is small, else in a file that only this connection can open
            rows.execute("CREATE TABLE entries (value TEXT, part TEXT, line INTEGER, is_bad INTEGER, entry BLOB)")
            rows.execute("CREATE INDEX bad ON entries (value) WHERE is_bad")
            for name, part in self.parts.items():
                with rows:
                    yield from self._collect(rows, name, _entries(part, files[name], files.names[name], context), context)
            self._add_texts(rows, files, context)
            joined = rows.execute("SELECT value, part, entry FROM entries ORDER BY value, rowid")
            for value, found in groupby(joined, key=itemgetter(0)):
                beside = partial(_beside, rows, value, files.names)
                yield from (entry for entry in self._joined(found, beside) if not _is_nobodys(entry, context))

    def _collect(self, rows: sqlite3.Connection, name: str, entries: Iterable[Entry], context: FileContext) -> Iterator[Entry]:
        """Collects the entries that say what they are about, each with the remarks before it. The others are yielded."""
        remarks: list[Remark] = []
        for entry in entries:
            if isinstance(entry, Remark):
                remarks.append(entry)
                continue
            value = None if isinstance(entry, Reported | Known | OrderBlock) else entry.values.get(self.by)
            if value is not None:
                kept = entry._replace(values=dict(entry.values)) if isinstance(entry, Rejected | Skipped) else entry
                pickled = pickle.dumps((kept, remarks), pickle.HIGHEST_PROTOCOL)
                found = (str(value), name, int(entry.line), isinstance(entry, Rejected), pickled)
                rows.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", found)
            elif not _is_nobodys(entry, context):
                yield from remarks
                yield entry
            remarks = []

    def _add_texts(self, rows: sqlite3.Connection, files: Files, context: FileContext) -> None:
        """Adds the texts of the rows that share their value with a bad one. A part that is no sheet has none."""
        rows.execute("CREATE TABLE texts (value TEXT, part TEXT, line INTEGER, text TEXT)")
        rows.execute("CREATE INDEX texts_of_value ON texts (value)")
        of_bad = "SELECT line, value FROM entries WHERE part = ? AND NOT is_bad AND value IN (SELECT value FROM entries WHERE is_bad)"
        for name, part in self.parts.items():
            of_part = rows.execute(f"{of_bad} ORDER BY line", (name,))
            if not isinstance(part, Sheet) or (next_one := next(of_part, None)) is None:
                continue
            files[name].seek(0)
            for line, text in part.texts(files[name], context):
                if line == next_one[0]:
                    rows.execute("INSERT INTO texts VALUES (?, ?, ?, ?)", (next_one[1], name, line, text))
                    if (next_one := next(of_part, None)) is None:
                        break

    def _joined(self, found: Iterable[tuple[str, str, bytes]], beside: Callable[[], tuple[tuple[int, str], ...]]) -> Iterator[Entry]:
        by_part: dict[str, list[Row]] = {name: [] for name in self.parts}
        others: list[Rejected | Skipped] = []
        remarks: list[Remark] = []
        for _, name, pickled in found:
            entry, before = pickle.loads(pickled)  # noqa: S301 - our own file, which no other program can open
            remarks += before
            if isinstance(entry, Row):
                by_part[name].append(entry)
            else:
                others.append(entry)
        lines = {str(row.line): row.line for rows in by_part.values() for row in rows}
        try:
            joined = list(self.join(by_part))
        except Exception as error:
            where = f"line {next(iter(lines))}" if lines else f"rows of one {self.by}"
            raise Failed(where, f"has a set of files whose `join` raised {type(error).__name__}") from error
        accounts = {entry.account for entry in joined if not isinstance(entry, Remark)}
        account = accounts.pop() if len(accounts) == 1 else None
        for entry in joined:
            lines.pop(str(entry.line), None)
        yield from remarks
        texts = beside() if any(isinstance(entry, Rejected) for entry in others) else ()
        for entry in others:
            of_account = entry._replace(account=entry.account or account)
            yield of_account._replace(beside=texts) if isinstance(of_account, Rejected) else of_account
        yield from joined
        yield from (Skipped(line, account=account) for line in lines.values())


def _beside(rows: sqlite3.Connection, value: str, files: Mapping[str, str]) -> tuple[tuple[int, str], ...]:
    """The texts of the rows that share a value, with their lines. `files`: the names of the files by part."""
    found = rows.execute("SELECT part, line, text FROM texts WHERE value = ? ORDER BY rowid", (value,))
    return tuple((FileLine(line, files[part]), text) for part, line, text in found)


def _is_nobodys(entry: Entry, context: FileContext) -> bool:
    """Whether a row was left out, where each row is of an account: it is of none, and nobody misses it."""
    is_left_out = isinstance(entry, Skipped) and entry.reason is None and entry.account is None
    return is_left_out and context.account_time_zones is not None


def _entries(part: Part, stream: BinaryIO, file: str, context: FileContext) -> Iterator[Entry]:
    """The entries of one of the files. Their lines, and what is wrong, have its name."""
    try:
        for entry in part.read(stream, context):
            if isinstance(entry, Rejected):
                bad: Any = entry.error
                yield entry._replace(error=BadRow(FileLine(bad.line, file), bad.field, bad.value, bad.expected))
            elif isinstance(entry, OrderBlock):
                yield from (row._replace(line=FileLine(row.line, file)) for row in entry.rows())
            else:
                yield entry._replace(line=FileLine(entry.line, file))
    except BadRow as bad:
        raise BadRow(FileLine(bad.line, file), bad.field, bad.value, bad.expected) from bad
    except BadFile as bad:
        raise BadFile(f"{file}: {bad}", argument=bad.argument) from bad
    except Failed as failed:
        raise Failed(f"{failed.where} of {file}", failed.what) from failed.__cause__
