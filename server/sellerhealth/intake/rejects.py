"""Writes the bad rows of a file, each with its reason, to another file, which can be corrected and imported."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from sellerhealth.errors import BadFile
from sellerhealth.sources import Rejected, Sample
from sellerhealth.sources.delimited import BOM, REASON, first_line, read_head
from sellerhealth.sources.encoding import decode_names

_JSON = f'{{"{REASON}": '  # the start of each line


def is_of_rejects(sample: Sample) -> bool:
    """Whether a file holds corrected rows that an import had rejected, and so only a part of a report."""
    return sample.columns[:1] == (REASON,) or sample.start.startswith(_JSON.encode())


class Rejects:
    """The file of rejected rows: created by the first row, removed by an exception. Without a path, nothing is written.

    The reason is written where importers ignore it: in delimited text in a new first column, in JSON, which is written as JSON
    lines, under the name `reason`.
    """

    def __init__(self, path: Path | None, sample: Sample) -> None:
        self.path = path
        self._imported = sample.name
        self._file: TextIO | None = None
        line = first_line(sample.start)
        self._head = decode_names(line.removeprefix(BOM)) if sample.columns else None
        self._delimiter = read_head(line).delimiter

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
        if error is not None and self._file is not None and self.path is not None:
            self.path.unlink()

    def write(self, rows: Iterable[Rejected]) -> None:
        """Adds bad rows. BadFile when the file exists already."""
        if self.path is None:
            return
        for rejected in rows:
            if self._file is None:
                self._file = self._create(self.path)
                if self._head is not None:
                    self._file.write(self._line(REASON, self._head))
            self._file.write(self._line(rejected.error.describe(), rejected.text))

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
        """Whether anything was written."""
        return self._file is not None

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
