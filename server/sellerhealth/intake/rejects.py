"""Writes the bad rows of a file, each with its reason, to another file, which can be corrected and imported."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO
from xml.sax.saxutils import quoteattr

from sellerhealth.errors import BadFile
from sellerhealth.sources import Importer, Rejected, Sample, Sheet
from sellerhealth.sources.delimited import BOM, REASON, heading, read_head
from sellerhealth.sources.encoding import decode_names

_JSON = f'{{"{REASON}": '  # the start of each line
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<rejected>\n'


def is_of_rejects(sample: Sample, importer: Importer) -> bool:
    """Whether a file of a format holds corrected rows that an import had rejected, and so only a part of a report."""
    if sample.start.startswith((_JSON.encode(), _XML.encode())):
        return True
    has_reasons = isinstance(importer.recognises, Sheet) and importer.recognises.known([REASON]) > 0
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
    """The file of rejected rows: created by the first row. An exception removes what was not kept. Without a path, nothing is written.

    The reason is written where importers ignore it: in delimited text in a new first column, in JSON, which is written as JSON
    lines, under the name `reason`, in XML as an attribute of this name.
    """

    def __init__(self, path: Path | None, sample: Sample) -> None:
        self.path = path
        self._imported = sample.name
        self._file: TextIO | None = None
        self._rows = self._kept_rows = 0
        self._kept = 0  # how far the file is kept, at least its first line
        self._style = _style_of(sample)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and self._file is not None:
            self.take_back()
        self.close()
        if error is not None and self._file is not None and self.path is not None and not self._kept_rows:
            self.path.unlink()

    def write(self, rows: Iterable[Rejected]) -> None:
        """Adds bad rows. BadFile when the file exists already."""
        if self.path is None:
            return
        for rejected in rows:
            self.create()
            if self._file is not None:
                self._file.write(self._style.row(rejected.error.describe(), rejected.text))
                self._rows += 1
        self._end()

    def create(self) -> None:
        """Creates the file, unless that is done. BadFile when there is another one."""
        if self.path is not None and self._file is None:
            self._file = self._create(self.path)
            self._file.write(self._style.head)
            self._kept = self._file.tell()
            self._end()

    def _end(self) -> None:
        """Writes what is below the rows. The next ones are written over it."""
        if self._file is not None and self._style.tail:
            end = self._file.tell()
            self._file.write(self._style.tail)
            self._file.seek(end)

    def _create(self, path: Path) -> TextIO:
        try:
            return open(path, "x", encoding="utf-8", newline="", opener=_for_owner_alone)
        except FileExistsError as exists:
            raise BadFile(
                f"{self._imported}: nothing was imported, because {path} exists already and the bad rows would overwrite it. "
                "Correct and import that file, or move it away."
            ) from exists

    @property
    def has_rows(self) -> bool:
        """Whether there are any."""
        return self._rows > 0

    def keep(self) -> None:
        """Keeps the rows so far, also after an exception: the rows beside them are imported."""
        if self._file is not None:
            self._kept, self._kept_rows = self._file.tell(), self._rows

    def take_back(self) -> None:
        """Removes the rows that are not kept."""
        if self._file is not None:
            self._file.seek(self._kept)
            self._file.truncate()
            self._rows = self._kept_rows
            self._end()

    def flush(self) -> None:
        """Writes what is only in memory. Raises OSError when that fails."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Closes the file, if there is one."""
        if self._file is not None:
            self._file.close()


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
