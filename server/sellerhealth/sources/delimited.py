"""Delimited text as a stream: its delimiter, columns and encoding, and its lines with their numbers.

The text is read byte for byte (as Latin-1, which never fails and keeps tabs, commas and quotes as they are), and only the
cells that are used are decoded. So a stray byte in an unused column does no harm.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from sellerhealth.errors import BadFile

DELIMITERS = "\t,;"
_BOM = "\xef\xbb\xbf"
_LONGEST = 100_000  # characters of a first line: a file without a shorter one is no text


class Unreadable(ValueError):
    """A cell that cannot be read. The message is what was expected instead."""


class Head(NamedTuple):
    """The first line of delimited text."""

    delimiter: str
    names: tuple[str, ...]
    has_bom: bool


# A row: the number of its first line, its cells (not decoded), its text, and why it has no cells, or None. A bare tuple, because
# there are millions of them.
Line = tuple[int, list[str], str, str | None]


def folded(name: str) -> str:
    """A name for comparison, without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", name).lower()


def first_line(start: bytes) -> str:
    """The first line of a file, byte for byte, whatever ends it."""
    return re.split(rb"[\r\n]", start, maxsplit=1)[0].decode("latin-1")


def read_head(line: str) -> Head:
    """Parses the first line. The delimiter is the one that occurs most often in it."""
    text = line.removeprefix(_BOM).rstrip("\r\n")
    delimiter = max(DELIMITERS, key=text.count)
    try:
        names = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:  # not text, or a name longer than any
        names = text.split(delimiter)
    return Head(delimiter, tuple(name.strip() for name in names), line.startswith(_BOM))


class Decoder:
    """Decodes cells. The first one that is not plain ASCII decides the encoding of the file: UTF-8, else the older one."""

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
        """The text of a row or cell that may be unreadable: undecodable bytes become replacement characters."""
        raw = text.encode("latin-1")
        return raw.decode(self._encoding or ("utf-8" if _is_utf8(raw) else self._older), "replace")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


class Delimited:
    """A stream of delimited text. The constructor reads the first line; iteration yields the others.

    Cells are quoted as in CSV, and a quoted cell may span several lines. Some of Amazon's tab-delimited reports have no quoting:
    with `quoted=False` a quote in tab-delimited text is an ordinary character.
    """

    def __init__(self, stream: BinaryIO, *, quoted: bool) -> None:
        self._text = io.TextIOWrapper(stream, encoding="latin-1", newline="\n")
        line = self._text.readline(_LONGEST)
        if not line.strip():
            raise BadFile("The file is empty: it has no line with the names of its columns.")
        if line.startswith(("\xff\xfe", "\xfe\xff")):
            raise BadFile("The file is in UTF-16. Save it as text in UTF-8.")
        if len(line) == _LONGEST:
            raise BadFile("The file is not delimited text: its first line does not end.")
        self.head = read_head(line)
        self._has_tabs = self.head.delimiter == "\t"
        self._quoted = quoted or not self._has_tabs
        self._splits = -1  # of a plain line; -1 means all

    def split_up_to(self, index: int) -> int:
        """Splits plain lines only up to the cell at an index. Returns how many pieces a complete line then has."""
        width = len(self.head.names)
        if self._quoted or index + 2 >= width:
            return width
        self._splits = index + 1
        return index + 2

    def __iter__(self) -> Iterator[Line]:
        return self._quoted_lines() if self._quoted else self._plain_lines(2, self._text)

    def _plain_lines(self, first: int, lines: Iterable[str]) -> Iterator[Line]:
        delimiter, splits, complete = self.head.delimiter, self._splits, len(self.head.names) - 1
        for number, text in enumerate(lines, first):
            text = text.rstrip("\r\n")
            yield number, text.split(delimiter, splits if text.count(delimiter) == complete else -1), text, None

    def _quoted_lines(self) -> Iterator[Line]:
        consumed: list[str] = []  # the lines that the reader took for one row

        def recorded() -> Iterator[str]:
            for text in self._text:
                consumed.append(text)
                yield text

        reader = csv.reader(recorded(), delimiter=self.head.delimiter, strict=True)
        number = 2
        while True:
            error, cells = None, []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as broken:
                error = f"text that is quoted as in CSV ({broken})"
            if self._has_tabs and (error or self._is_plain(consumed)):
                yield from self._plain_lines(number, consumed)
            else:
                yield number, cells, "".join(consumed).rstrip("\r\n"), error
            number += len(consumed)
            consumed.clear()

    def _is_plain(self, lines: list[str]) -> bool:
        """Whether lines that seem joined by quotes are separate rows after all: each has all its cells."""
        return len(lines) > 1 and all(text.count("\t") == len(self.head.names) - 1 for text in lines)

    def close(self) -> None:
        """Detaches from the stream, which stays open."""
        self._text.detach()
