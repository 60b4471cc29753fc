"""Writes the bad rows of a report, each with its reason, to files that can be corrected and imported."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO
from xml.sax.saxutils import quoteattr

from sellerhealth.errors import BadFile
from sellerhealth.sources import Rejected, Sample, Sheet
from sellerhealth.sources.delimited import BOM, REASON, heading, read_head
from sellerhealth.sources.encoding import decode_names
from sellerhealth.sources.file_set import FileLine

_JSON = f'{{"{REASON}": '  # the start of each line
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<rejected>\n'


def is_of_rejects(sample: Sample, recognises: Callable[[Sample], bool]) -> bool:
    """Whether a file of a format, or of a part of one, holds corrected rows that an import had rejected, and so only a part of a report."""
    if sample.start.startswith((_JSON.encode(), _XML.encode())):
        return True
    has_reasons = isinstance(recognises, Sheet) and recognises.known([REASON]) > 0
    return sample.columns[:1] == (REASON,) and sample.columns.count(REASON) > has_reasons


@dataclass(frozen=True)
class _Style:
    """How rows are written: what is above and below them, and one with its reason."""

    row: Callable[[str, str], str]
    head: str = ""
    tail: str = ""


def _style_of(sample: Sample) -> _Style:
    """The style in which the importer of a file reads its rows again, and ignores the reasons."""
    if sample.columns:
        line, _ = heading(sample.start)
        delimiter = read_head(line).delimiter

        def delimited(reason: str, text: str) -> str:
            reason = reason if delimiter == "\t" else '"' + reason.replace('"', '""') + '"'
            return f"{reason}{delimiter}{text}\n"

        return _Style(delimited, delimited(REASON, decode_names(line.removeprefix(BOM))))
    if sample.start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return _Style(lambda reason, text: f"<row {REASON}={quoteattr(reason)}>{text}</row>\n", _XML, "</rejected>\n")
    return _Style(lambda reason, text: f"{json.dumps({REASON: reason, **_fields(text)}, ensure_ascii=False)}\n")


class Rejects:
    """The files of rejected rows, one for each file of a report: created with the first row. An exception removes what was not kept.

    The reason is written where importers ignore it: in delimited text in a new first column, in JSON, which is written as JSON
    lines, under the name `reason`, in XML as an attribute of this name. Of files that belong together each has the rows beside the bad ones, too, without
    a reason, so that those that are written are imported together.
    """

    def __init__(self, names: Callable[[str], Path] | None, samples: Sequence[Sample]) -> None:
        """`names`: the path for each file of the report, by its name. Without it, nothing is written. `samples`: those of the files."""
        self._files = {} if names is None else {sample.name: _File(names(sample.name), sample) for sample in samples}
        self._rows = self._kept_rows = 0
        self._beside: dict[tuple[str, int], None] = {}  # the rows beside bad ones that are written
        self._kept_beside = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self.take_back()
        for each in self._files.values():
            each.close(remove=error is not None and not self._kept_rows)

    def write(self, rows: Iterable[Rejected]) -> None:
        """Adds bad rows. BadFile when one of the files exists already."""
        if not self._files:
            return
        for rejected in rows:
            self.create()
            for line, text in rejected.beside:
                self._add_beside(line, text)
            if (file := self._file_of(rejected.line)) is not None:
                file.add(rejected.error.describe(), rejected.text)
                self._rows += 1
        for each in self._files.values():
            each.end()

    def create(self) -> None:
        """Creates the files, unless that is done. Of several, those that are no tables have no head, and are created with their first row. BadFile when there is another one."""
        for each in self._files.values():
            if each.is_table or len(self._files) == 1:
                each.create()

    def _add_beside(self, line: int, text: str) -> None:
        file = self._file_of(line)
        if file is not None and (place := (file.name, int(line))) not in self._beside:
            self._beside[place] = None
            file.add("", text)

    def _file_of(self, line: int) -> "_File | None":
        """The file for a line. None if it is not known of which of several it is."""
        if isinstance(line, FileLine):
            return self._files.get(line.file)
        return next(iter(self._files.values())) if len(self._files) == 1 else None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, if there are any rows."""
        return tuple(each.path for each in self._files.values() if each.is_created) if self._rows else ()

    def keep(self) -> None:
        """Keeps the rows so far, also after an exception: the rows beside them are imported."""
        self._kept_rows, self._kept_beside = self._rows, len(self._beside)
        for each in self._files.values():
            each.keep()

    def take_back(self) -> None:
        """Removes the rows that are not kept."""
        self._rows = self._kept_rows
        while len(self._beside) > self._kept_beside:
            self._beside.popitem()
        for each in self._files.values():
            each.take_back()

    def flush(self) -> None:
        """Writes what is only in memory. Raises OSError when that fails."""
        for each in self._files.values():
            each.flush()


class _File:
    """A file of rejected rows. `name`: that of the file that is imported."""

    def __init__(self, path: Path, sample: Sample) -> None:
        self.path, self.name, self.is_table = path, sample.name, bool(sample.columns)
        self._file: TextIO | None = None
        self._kept = 0  # how far it is kept, at least its first line
        self._style = _style_of(sample)

    @property
    def is_created(self) -> bool:
        """Whether there is one."""
        return self._file is not None

    def create(self) -> TextIO:
        """Creates it, unless that is done. BadFile when there is another one."""
        if self._file is None:
            self._file = self._opened()
            self._file.write(self._style.head)
            self._kept = self._file.tell()
            self.end()
        return self._file

    def add(self, reason: str, text: str) -> None:
        """Adds a row."""
        self.create().write(self._style.row(reason, text))

    def end(self) -> None:
        """Writes what is below the rows. The next ones are written over it."""
        if self._file is not None and self._style.tail:
            end = self._file.tell()
            self._file.write(self._style.tail)
            self._file.seek(end)

    def _opened(self) -> TextIO:
        try:
            return open(self.path, "x", encoding="utf-8", newline="", opener=_for_owner_alone)
        except FileExistsError as exists:
            raise BadFile(
                f"{self.name}: nothing was imported, because {self.path} exists already and the bad rows would overwrite it. "
                "Correct and import that file, or move it away."
            ) from exists

    def keep(self) -> None:
        """Keeps what is written so far."""
        if self._file is not None:
            self._kept = self._file.tell()

    def take_back(self) -> None:
        """Removes what is not kept."""
        if self._file is not None:
            self._file.seek(self._kept)
            self._file.truncate()
            self.end()

    def flush(self) -> None:
        """Writes what is only in memory."""
        if self._file is not None:
            self._file.flush()

    def close(self, *, remove: bool) -> None:
        """Closes the file, if there is one."""
        if self._file is not None:
            self._file.close()
            if remove:
                self.path.unlink()


def _for_owner_alone(path: str, flags: int) -> int:
    """Opens a file that only its owner can read: rows of reports have names and addresses of buyers."""
    return os.open(path, flags, mode=0o600)


def _fields(text: str) -> dict[str, Any]:
    """The fields of a bad row of JSON. What is not an object becomes the field `row`, so that nothing is lost."""
    try:
        row = json.loads(text)
    except ValueError:
        row = text
    return row if isinstance(row, dict) else {"row": row}
