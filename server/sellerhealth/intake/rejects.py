"""Writes the bad rows of a file, each with its reason, to another file, which can be corrected and imported."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from sellerhealth.errors import BadFile
from sellerhealth.sources import Rejected, Sample
from sellerhealth.sources.delimited import BOM, REASON, heading, read_head
from sellerhealth.sources.encoding import decode_names

_JSON = f'{{"{REASON}": '  # the start of each line


def is_of_rejects(sample: Sample) -> bool:
    """Whether a file holds corrected rows that an import had rejected, and so only a part of a report."""
    return sample.columns[:1] == (REASON,) or sample.start.startswith(_JSON.encode())


class Rejects:
    """The file of rejected rows: created by the first row. An exception removes what was not kept. Without a path, nothing is written.

    The reason is written where importers ignore it: in delimited text in a new first column, in JSON, which is written as JSON
    lines, under the name `reason`.
    """

    def __init__(self, path: Path | None, sample: Sample) -> None:
        self.path = path
        self._imported = sample.name
        self._file: TextIO | None = None
        self._rows = self._kept_rows = 0
        self._kept = 0  # how far the file is kept, at least its first line
        line, _ = heading(sample.start)
        self._head = decode_names(line.removeprefix(BOM)) if sample.columns else None
        self._delimiter = read_head(line).delimiter

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
                self._file.write(self._line(rejected.error.describe(), rejected.text))
                self._rows += 1

    def create(self) -> None:
        """Creates the file, unless that is done. BadFile when there is another one."""
        if self.path is not None and self._file is None:
            self._file = self._create(self.path)
            if self._head is not None:
                self._file.write(self._line(REASON, self._head))
            self._kept = self._file.tell()

    def _create(self, path: Path) -> TextIO:
        try:
            return open(path, "x", encoding="utf-8", newline="", opener=_for_owner_alone)
        except FileExistsError as exists:
            raise BadFile(
                f"{self._imported}: nothing was imported, because {path} exists already and the bad rows would overwrite it. "
                "Correct and import that file, or move it away."
            ) from exists

    def _line(self, reason: str, text: str) -> str:
        if self._head is None:
            return f"{json.dumps({REASON: reason, **_fields(text)}, ensure_ascii=False)}\n"
        reason = reason if self._delimiter == "\t" else '"' + reason.replace('"', '""') + '"'
        return f"{reason}{self._delimiter}{text}\n"

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
