"""The bad rows of a file in a file of their own, as they stood there, each with its reason: mended, it can be imported."""

import json
from pathlib import Path
from typing import Any, TextIO

from sellerhealth.errors import BadFile
from sellerhealth.sources import Rejected, Sample
from sellerhealth.sources.delimited import read_head


class Rejects:
    """The first bad row makes the file; one that is there already stays as it is.

    A reason stands where importers ignore it: of delimited text in a new first column, of JSON, which is written as JSON lines,
    under the name `reason`.
    """

    def __init__(self, path: Path, sample: Sample) -> None:
        self.path = path
        self._of = sample.name
        self._file: TextIO | None = None
        self._head = sample.start.split(b"\n", 1)[0].decode("utf-8-sig", "replace").rstrip("\r") if sample.columns else None
        self._delimiter = read_head(self._head).delimiter if self._head is not None else ""

    def write(self, rejected: Rejected) -> None:
        """Adds a bad row. BadFile when there is a file in the place already."""
        if self._file is None:
            self._file = self._create()
            if self._head is not None:
                self._file.write(self._line("reason", self._head))
        self._file.write(self._line(rejected.error.describe(), rejected.text))

    def _create(self) -> TextIO:
        try:
            return self.path.open("x", encoding="utf-8", newline="")
        except FileExistsError as there:
            raise BadFile(
                f"{self._of}: nothing was imported, because {self.path} exists already and the bad rows would be written over it. "
                "Mend and import that file, or move it away."
            ) from there

    def _line(self, reason: str, text: str) -> str:
        if self._head is None:
            return f"{json.dumps({'reason': reason, **_named(text)}, ensure_ascii=False)}\n"
        reason = reason if self._delimiter == "\t" else '"' + reason.replace('"', '""') + '"'
        return f"{reason}{self._delimiter}{text}\n"

    @property
    def is_open(self) -> bool:
        """Whether anything was written."""
        return self._file is not None

    def close(self) -> None:
        """Ends the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def discard(self) -> None:
        """Removes what was written."""
        if self._file is not None:
            self._file.close()
            self.path.unlink()


def _named(text: str) -> dict[str, Any]:
    """The names and values of a bad row of JSON. What is no object gets a name, so that nothing is lost."""
    try:
        row = json.loads(text)
    except ValueError:
        row = text
    return row if isinstance(row, dict) else {"row": row}
