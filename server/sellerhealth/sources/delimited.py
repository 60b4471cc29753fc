"""Delimited text as it streams in: which delimiter, which columns, which encoding, and the lines with their numbers.

The text is read byte for byte (as Latin-1, which never fails and keeps tabs, commas and quotes where they are), and only the
cells that are used are decoded. So a stray byte in a column that nobody reads does no harm.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from sellerhealth.errors import BadFile

DELIMITERS = "\t,;"
_BOM = "\xef\xbb\xbf"
_LONGEST = 100_000  # characters of a first line: what has none that is shorter is no text


class Unreadable(ValueError):
    """A cell that cannot be read. Says what was expected in its place."""


class Head(NamedTuple):
    """The first line of delimited text."""

    delimiter: str
    names: tuple[str, ...]
    has_bom: bool


# A row: the number of the line on which it starts, its cells (not decoded), its text, and why it has no cells. A bare tuple,
# because there are millions of them.
Line = tuple[int, list[str], str, str | None]


def folded(word: str) -> str:
    """A word as words are compared: upper and lower case, spaces, hyphens and underscores make no difference."""
    return re.sub(r"[\s_-]+", "", word).lower()


def read_head(line: str) -> Head:
    """The delimiter is the one that occurs most often in the first line."""
    text = line.removeprefix(_BOM).rstrip("\r\n")
    delimiter = max(DELIMITERS, key=text.count)
    names = next(csv.reader([text], delimiter=delimiter), [])
    return Head(delimiter, tuple(name.strip() for name in names), line.startswith(_BOM))


class Decoder:
    """Makes text of cells. The first one that is not plain ASCII decides the encoding of the file: UTF-8, else the older one."""

    def __init__(self, *, older: str, is_utf8: bool) -> None:
        self._older = older
        self._encoding = "utf-8" if is_utf8 else None

    @property
    def has_decided(self) -> bool:
        """Whether the encoding is known."""
        return self._encoding is not None

    def decode(self, cell: str) -> str:
        """The text of a cell. Unreadable when it is not in the encoding of the file."""
        if cell.isascii():
            return cell
        raw = cell.encode("latin-1")
        if self._encoding is None:
            self._encoding = "utf-8" if _is_utf8(raw) else self._older
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise Unreadable(f"text in {self._encoding} (byte {raw[error.start]:#04x} is not)") from error

    def decode_loosely(self, text: str) -> str:
        """The same for showing and keeping what cannot be read."""
        raw = text.encode("latin-1")
        return raw.decode(self._encoding or ("utf-8" if _is_utf8(raw) else self._older), "replace")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


class Delimited:
    """A stream of delimited text. Made from the stream at its start; iterating it yields the lines after the first.

    Cells are quoted as in CSV, and a quoted cell may run over several lines. Some of Amazon's tab-delimited reports know no
    quoting: with `quoted=False` a quote in tab-delimited text is a quote.
    """

    def __init__(self, stream: BinaryIO, *, quoted: bool) -> None:
        self._text = io.TextIOWrapper(stream, encoding="latin-1", newline="\n")
        line = self._text.readline(_LONGEST)
        if not line.strip():
            raise BadFile("The file is empty: it has not even a line with the names of its columns.")
        if line.startswith(("\xff\xfe", "\xfe\xff")):
            raise BadFile("The file is in UTF-16. Save it as text in UTF-8.")
        if len(line) == _LONGEST:
            raise BadFile("The file is not delimited text: its first line does not end.")
        self.head = read_head(line)
        self._has_tabs = self.head.delimiter == "\t"
        self._quoted = quoted or not self._has_tabs
        self._splits = -1  # of a plain line; so many as there are

    def split_up_to(self, place: int) -> int:
        """Plain lines are split no further than behind the cell at a place. Returns how many cells a complete line has then."""
        width = len(self.head.names)
        if self._quoted or place + 2 >= width:
            return width
        self._splits = place + 1
        return place + 2

    def __iter__(self) -> Iterator[Line]:
        return self._quoted_lines() if self._quoted else self._plain_lines(2, self._text)

    def _plain_lines(self, first: int, lines: Iterable[str]) -> Iterator[Line]:
        delimiter, splits, complete = self.head.delimiter, self._splits, len(self.head.names) - 1
        for number, text in enumerate(lines, first):
            text = text.rstrip("\r\n")
            yield number, text.split(delimiter, splits if text.count(delimiter) == complete else -1), text, None

    def _quoted_lines(self) -> Iterator[Line]:
        taken: list[str] = []

        def taking() -> Iterator[str]:
            for text in self._text:
                taken.append(text)
                yield text

        reader = csv.reader(taking(), delimiter=self.head.delimiter, strict=True)
        number = 2
        while True:
            error, cells = None, []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as broken:
                error = f"text that is quoted as in CSV ({broken})"
            if self._has_tabs and (error or self._is_plain(taken)):
                yield from self._plain_lines(number, taken)
            else:
                yield number, cells, "".join(taken).rstrip("\r\n"), error
            number += len(taken)
            taken.clear()

    def _is_plain(self, taken: list[str]) -> bool:
        """Whether lines that quotes seem to hold together are in truth lines of their own: each has all its cells."""
        return len(taken) > 1 and all(text.count("\t") == len(self.head.names) - 1 for text in taken)

    def close(self) -> None:
        """Lets go of the stream, which stays open."""
        self._text.detach()
