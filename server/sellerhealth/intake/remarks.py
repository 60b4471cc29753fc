"""Collects the remarks on rows that were imported or set aside: each kind once, with its first line and how often it occurred."""

from collections.abc import Iterable

from sellerhealth.sources import Entry, Remark, Skipped

_LISTED = 20  # kinds that are listed; further ones are only counted


class Remarks:
    """The remarks on one file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._kinds: dict[str, tuple[int, int]] = {}  # by text: the first line, and how often it occurred
        self._others = 0

    def add(self, entries: Iterable[Entry]) -> None:
        """Collects the remarks and the reasons for skipping from entries."""
        for entry in entries:
            if isinstance(entry, Remark):
                self._add(entry.line, f"column {entry.field!r} {entry.text}")
            elif isinstance(entry, Skipped) and entry.reason is not None:
                self._add(entry.line, f"the row was set aside: {entry.reason}")

    def _add(self, line: int, text: str) -> None:
        first, count = self._kinds.get(text, (line, 0))
        if count or len(self._kinds) < _LISTED:
            self._kinds[text] = first, count + 1
        else:
            self._others += 1

    @property
    def texts(self) -> tuple[str, ...]:
        """The remarks for the user."""
        kinds = [
            f"{self._file}: line {line}{f' and {count - 1:,} more' if count > 1 else ''}: {text}."
            for text, (line, count) in self._kinds.items()
        ]
        return (*kinds, *([f"{self._file}: {self._others:,} more remarks of other kinds."] if self._others else []))
