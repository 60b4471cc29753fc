"""The entries of a file, a piece at a time. Where the code of an importer fails, its plugin is named, and where in the file."""

import traceback
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from sellerhealth.errors import BadFile, BadRow, PluginError
from sellerhealth.intake.checking import mistake_in
from sellerhealth.plugins.load import OWN
from sellerhealth.plugins.registry import Origin
from sellerhealth.sources import Entry, Given, Importer, Rejected
from sellerhealth.sources.sheet import Failed


class Entries:
    """What an importer reads from a stream. Those of strangers are checked; the built-in ones, which tests check, lose no time so."""

    def __init__(self, importer: Importer, origin: Origin, stream: BinaryIO, given: Given, file: str) -> None:
        self._importer, self._origin, self._file = importer, origin, file
        self._stream, self._given = stream, given
        self._entries: Iterator[Entry] | None = None
        self._is_checked = origin.distribution != OWN
        self._line = 0  # of the last entry

    def take(self, most: int) -> list[Entry]:
        """The next entries, at most so many; fewer only at the end. BadFile from the importer; PluginError when it is at fault."""
        piece: list[Entry] = []
        try:
            if self._entries is None:
                self._entries = self._begun()
            piece.extend(islice(self._entries, most))
        except BadRow as bad:
            raise BadFile(bad.describe(self._file)) from bad
        except BadFile as bad:
            raise BadFile(f"{self._file}: {bad}") from bad
        except PluginError:
            raise
        except Failed as failed:
            raise self._blamed(failed.where, failed.what, failed.__cause__) from failed.__cause__
        except Exception as error:
            where = f"after line {_line_of(piece[-1])}" if piece else f"after line {self._line}" if self._line else None
            raise self._blamed(where, f"raised {type(error).__name__}", error) from error
        if self._is_checked and (mistake := mistake_in(piece)) is not None:
            line, what = mistake
            raise self._blamed(f"line {line}" if line is not None else None, what)
        if piece:
            self._line = _line_of(piece[-1])
        return piece

    def _begun(self) -> Iterator[Entry]:
        entries: object = self._importer.read(self._stream, self._given)
        if not isinstance(entries, Iterable):
            raise self._blamed(None, f"returns a {type(entries).__name__} from `read`: write it as a generator, with `yield`")
        return iter(entries)

    def _blamed(self, where: str | None, what: str, error: BaseException | None = None) -> PluginError:
        """The words of an exception, which may repeat what stands in the file, go into a note: notes are not stored."""
        place = f"{self._file}: {where}: " if where else f"{self._file}: "
        blamed = PluginError(
            f"{place}the format {self._importer.name} of the plugin {self._origin} {what}{place_of(error)}. "
            "Nothing of the file was imported: the plugin has to be mended."
        )
        if error is not None:
            blamed.add_note(f"{type(error).__name__}: {error}")
        return blamed


def _line_of(entry: Entry) -> int:
    return entry.error.line if isinstance(entry, Rejected) else entry.line


def place_of(error: BaseException | None) -> str:
    """In brackets the last line of the author's own code on the way to an exception; empty when there is none."""
    package, place = None, ""
    for frame, line in traceback.walk_tb(error.__traceback__ if error is not None else None):
        found = frame.f_globals.get("__name__", "").partition(".")[0]
        if found != __name__.partition(".")[0]:
            package = package or found
            if found == package:
                place = f" ({frame.f_code.co_filename}, line {line})"
    return place
