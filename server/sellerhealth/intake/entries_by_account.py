"""The entries of a file of many accounts, in any order, collected by account. What does not fit into memory is kept in a temporary file."""

import pickle
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Self, cast

from sellerhealth.intake.entry_reader import CHUNK
from sellerhealth.sources import Entry, Rejected, Remark, Skipped

_IN_MEMORY = 30_000  # entries, some 40 MB


class EntriesByAccount:
    """Collects entries. `lines` has the accounts, each with the line of its first entry; None stands for entries that name no account."""

    def __init__(self) -> None:
        self.lines: dict[str | None, int] = {}
        self.has_rejected = False
        self._memory: defaultdict[str | None, list[Entry]] = defaultdict(list)
        self._disk: defaultdict[str | None, list[int]] = defaultdict(list)  # where the pieces of an account begin in the file
        self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - it is closed at the end of the block of this object
        self._count, self._remarks = 0, list[Remark]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, entries: Iterable[Entry]) -> None:
        """Adds the next entries of the file. A remark goes with the entry after it."""
        lines, memory = self.lines, self._memory
        for entry in entries:
            if isinstance(entry, Remark):
                self._remarks.append(entry)
                continue
            account = entry.account
            if account not in lines:
                lines[account] = entry.line
            of_account = memory[account]
            if self._remarks:
                of_account += self._remarks
                self._count += len(self._remarks)
                self._remarks.clear()
            if isinstance(entry, Rejected | Skipped):
                self.has_rejected = self.has_rejected or isinstance(entry, Rejected)
                entry = entry._replace(values=dict(entry.values))  # a plain dict can be kept on disk
            of_account.append(entry)
            self._count += 1
        if self._count > _IN_MEMORY:
            self._to_disk()

    def take(self, account: str | None) -> Iterator[list[Entry]]:
        """The entries of an account, chunk by chunk, in the order of the file. They can be had once."""
        entries: list[Entry] = []
        for begin in self._disk.pop(account, ()):
            self._file.seek(begin)
            entries += pickle.load(self._file)  # noqa: S301 - our own file, which no other program can open
            if len(entries) >= CHUNK:
                yield entries
                entries = []
        entries += self._memory.pop(account, ())
        for first in range(0, len(entries), CHUNK):
            yield entries[first : first + CHUNK]

    def _to_disk(self) -> None:
        for account, entries in self._memory.items():
            self._disk[account].append(self._file.tell())
            pickle.dump(entries, self._file, pickle.HIGHEST_PROTOCOL)
        self._memory.clear()
        self._count = 0
