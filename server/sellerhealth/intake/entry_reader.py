"""Reads the entries of a file, chunk by chunk. If an importer's code fails, the error names its plugin and the line of the file."""

import traceback
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from sellerhealth.errors import BadFile, BadRow, PluginError
from sellerhealth.intake.checking import mistake_in
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.plugin import Origin
from sellerhealth.sources import Entry, FileContext, Files, Importer, Known, OrderBlock, Reported, Row
from sellerhealth.sources.column import Failed

CHUNK = 10_000  # lines whose entries are read and stored together
_KNOWN = 5  # so many lines that are known take as much memory as one that is read: changed ones of more lines are stored together


class EntryReader:
    """The entries that an importer reads from a stream, checked before they are stored."""

    def __init__(self, importer: Importer, origin: Origin, stream: BinaryIO | Files, context: FileContext, file: str) -> None:
        self._importer, self._origin, self._file = importer, origin, file
        self._stream, self._context = stream, context
        self._entries: Iterator[Entry] | None = None
        self._is_checked = origin.distribution != BUILT_IN_DISTRIBUTION  # Skipped for built-in importers: their tests cover it.
        self._line = 0  # of the last entry

    def take(self, most: int) -> list[Entry]:
        """The next entries, of about `most` lines, fewer only at the end.

        Raises BadFile for a bad file, PluginError for a bad importer.
        """
        chunk: list[Entry] = []
        try:
            if self._entries is None:
                self._entries = self._begin()
            lines = 0
            for entry in self._entries:
                chunk.append(entry)
                lines += entry.lines if isinstance(entry, OrderBlock) else 1 + entry.lines // _KNOWN if isinstance(entry, Known) else 1
                if lines >= most:
                    break
        except BadRow as bad:
            raise BadFile(bad.describe(self._file)) from bad
        except BadFile as bad:
            raise BadFile(f"{self._file}: {bad}", argument=bad.argument) from bad
        except (PluginError, KeyboardInterrupt):
            raise
        except Failed as failed:
            raise self._failure(failed.where, failed.what, failed.__cause__) from failed.__cause__
        except BaseException as error:  # also SystemExit, which must not end the process in the name of an importer
            where = f"after line {chunk[-1].line}" if chunk else f"after line {self._line}" if self._line else None
            raise self._failure(where, f"raised {type(error).__name__}", error) from error
        if self._is_checked:
            self._check(chunk)
        if chunk:
            self._line = chunk[-1].line
        return chunk

    def _begin(self) -> Iterator[Entry]:
        entries: object = self._importer.read(self._stream, self._context)
        if not isinstance(entries, Iterable):
            raise self._failure(None, f"returns a {type(entries).__name__} from `read`: write it as a generator, with `yield`")
        return iter(entries)

    def _check(self, chunk: list[Entry]) -> None:
        if (mistake := mistake_in(chunk)) is not None:
            line, what = mistake
            raise self._failure(f"line {line}" if line is not None else None, what)
        for entry in chunk:
            if isinstance(entry, Row | Reported):
                observed_at = entry.observed_at if isinstance(entry, Row) else entry.taken_at
                try:
                    self._context.check_observed_at(observed_at, entry.line)
                except BadRow as bad:
                    raise BadFile(bad.describe(self._file)) from bad

    def _failure(self, where: str | None, what: str, error: BaseException | None = None) -> PluginError:
        """The message of an exception may repeat the content of the file, so it goes into a note: notes are not stored."""
        location = f"{self._file}: {where}: " if where else f"{self._file}: "
        failure = PluginError(
            f"{location}the format {self._importer.name} of the plugin {self._origin} {what}{location_of(error)}. "
            "Nothing of the file was imported: fix the plugin first."
        )
        if error is not None:
            failure.add_note(f"{type(error).__name__}: {error}")
        return failure


def location_of(error: BaseException | None) -> str:
    """The last line of the plugin author's own code in a traceback, in brackets; empty when there is none."""
    author, location = None, ""
    for frame, line in traceback.walk_tb(error.__traceback__ if error is not None else None):
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package != __name__.partition(".")[0]:
            author = author or package
            if package == author:
                location = f" ({frame.f_code.co_filename}, line {line})"
    return location
