"""Joins lines of delimited text to records: decides what a quote means, and which lines belong together.

A file does not declare whether its quotes are CSV's or characters, and many files have both kinds. So a quote is taken as CSV's
only where that is consistent with the rest. In doubt a line is a record, and a quote in tab-delimited text is a character: a stray
quote costs at most its own line. See docs/import.md#how-values-are-written.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count, repeat

from sellerhealth.sources.line_blocks import LONGEST_LINE, LineBlocks

# A record: the number of its first line, its cells (not decoded), its text, and why it has no cells, or None. A bare tuple,
# because there are millions of them.
Line = tuple[int, list[str], str, str | None]

_JOINED_LINES = 100  # the maximum numbers of lines and of characters of a record
_JOINED_TEXT = 100_000
_OPEN = "unexpected end of data"  # the message of `csv` for a quote that is not closed


class RecordReader:
    """The records of the lines after the first.

    `width`: how many cells the first line has. `is_record` says of the cells of a line whether they can be read as a record of
    their own; lines of which one can are never joined to the line before. `joins=False`: in tab-delimited text no lines are joined.
    """

    def __init__(self, blocks: LineBlocks, delimiter: str, width: int, *, joins: bool) -> None:
        self._blocks, self._delimiter, self._width = blocks, delimiter, width
        self._has_tabs, self._opening = delimiter == "\t", f'{delimiter}"'
        self._joins = joins or not self._has_tabs
        self._ahead: deque[str] = deque()
        self._number = blocks.above + 2  # of the next line
        self.pieces, self._splits = width, -1
        self.is_record: Callable[[Sequence[str]], bool] = lambda cells: False
        self.unterminated: int | None = None  # the number of the last record, if it has no line end

    def split_up_to(self, index: int) -> None:
        """Splits lines only up to the cell at an index. A complete line then has `pieces` parts."""
        if index + 2 < self._width:
            self._splits, self.pieces = index + 1, index + 2

    def __iter__(self) -> Iterator[Line]:
        return chain.from_iterable(self._batches())

    def _batches(self) -> Iterator[Iterable[Line]]:
        while (lines := self._blocks.next_block()) is not None:
            if '"' in "".join(lines) and any(map(self._has_quoted_cell, lines)):
                self._ahead.extend(lines)
                while self._ahead:
                    yield self._next_record()
            else:
                first = self._number
                self._number += len(lines)
                self._note_end(self._number - 1)
                yield self._plain_records(first, lines)

    def _plain_records(self, first: int, lines: Sequence[str]) -> Iterable[Line]:
        """The records of lines without quotes that are CSV's, of which the first has a number."""
        texts = [line.rstrip("\r") for line in lines]
        if "\r" in "".join(texts) or max(map(len, texts)) > LONGEST_LINE:
            return chain.from_iterable(map(self._odd_line, count(first), texts))
        return zip(count(first), self._split(texts), texts, repeat(None), strict=False)

    def _split(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """The cells of lines. Of a complete line those that nobody needs are left together, which saves time."""
        delimiter, splits, complete = self._delimiter, self._splits, self._width - 1
        return (text.split(delimiter, splits if text.count(delimiter) == complete else -1) for text in texts)

    def _odd_line(self, number: int, text: str) -> Iterator[Line]:
        """The records of a line that may be too long, or have CRs inside: those end it where every part is a record."""
        if len(text) > LONGEST_LINE:
            yield number, [], "", f"a line of at most {LONGEST_LINE:,} characters"
        elif "\r" not in text:
            (cells,) = self._split([text])
            yield number, cells, text, None
        else:
            parts = [part for part in text.split("\r") if part]
            for part in parts if all(map(self._could_be_record, parts)) else [text]:
                yield number, part.split(self._delimiter), part, None

    def _next_record(self) -> Iterator[Line]:
        """The record that begins with the next line; several of an odd line."""
        text = self._ahead.popleft().rstrip("\r")
        if not self._has_quoted_cell(text) or "\r" in text or len(text) > LONGEST_LINE:
            self._number += 1
            self._note_end(self._number - 1)
            yield from self._odd_line(self._number - 1, text)
            return
        number, others = self._number, 0
        cells, error = self._parse([text])
        if error == _OPEN and self._joins and (joined := self._joined(text)) is not None:
            cells, others, error = *joined, None
            text = "\n".join([text, *(self._ahead.popleft().rstrip("\r") for _ in range(others))])
        elif self._has_tabs:
            plain = text.split(self._delimiter)
            if error is not None or not self._is_quoted(cells, plain):
                cells, error = plain, None
        self._number += 1 + others
        self._note_end(number)
        if error is not None:
            yield number, [], text, f"text that is quoted as in CSV ({error})"
        else:
            yield number, cells[: self.pieces] if len(cells) == self._width else cells, text, None

    def _has_quoted_cell(self, text: str) -> bool:
        """Whether a cell begins with a quote: any other quote is a character."""
        return text.startswith('"') or self._opening in text

    def _parse(self, lines: Iterable[str]) -> tuple[list[str], str | None]:
        """The cells of the record that lines begin with by CSV's rules, or what is wrong."""
        try:
            return next(csv.reader((f"{line}\n" for line in lines), delimiter=self._delimiter, strict=True)), None
        except csv.Error as broken:
            return [], str(broken)

    def _joined(self, first: str) -> tuple[list[str], int] | None:
        """The cells of the record that begins with a line whose last quote is open, and how many more lines it has.

        None when the line stays alone: the quotes are not well-formed, the record does not have exactly the cells of the first
        line, a line of it could be a record, or it is too long.
        """
        taken = 0

        def lines() -> Iterator[str]:
            nonlocal taken
            length = len(first)
            yield first
            while taken < _JOINED_LINES and length <= _JOINED_TEXT and (line := self._peek(taken)) is not None:
                text = line.rstrip("\r")
                if self._could_be_record(text):
                    return
                taken, length = taken + 1, length + len(text)
                yield text

        cells, error = self._parse(lines())
        return (cells, taken) if error is None and len(cells) == self._width else None

    def _could_be_record(self, text: str) -> bool:
        if self.is_record(text.split(self._delimiter)):
            return True
        return '"' in text and self.is_record(self._parse([text])[0])

    def _peek(self, index: int) -> str | None:
        while len(self._ahead) <= index:
            lines = self._blocks.next_block()
            if lines is None:
                return None
            self._ahead.extend(lines)
        return self._ahead[index]

    def _is_quoted(self, cells: Sequence[str], plain: Sequence[str]) -> bool:
        """Whether the quotes of a line of tab-delimited text are CSV's: they hold no tab, or they make the line complete."""
        return len(cells) in (self._width, len(plain)) or len(plain) > self._width

    def _note_end(self, last: int) -> None:
        if self._blocks.is_unterminated and not self._ahead:
            self.unterminated = last


def line_count(record: Line) -> int:
    """How many lines a record takes up."""
    return record[2].count("\n") + 1
