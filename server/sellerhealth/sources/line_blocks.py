"""Lines of a stream of bytes, some hundred at a time, in bounded memory for any content.

The bytes are read as Latin-1, which never fails and leaves delimiters, quotes and line ends as they are in every encoding that
extends ASCII.
"""

from typing import BinaryIO

LONGEST_HEAD = 100_000  # characters; text whose first line is longer is not delimited text
LONGEST_LINE = 1_000_000  # characters; a longer line is cut off behind the next one
_BLOCK = 2**17  # bytes that are read at once


class LineBlocks:
    """Lines end with LF or CR LF. In a file whose first line ends with a lone CR, as old programs write it, each CR ends a line.

    `first` is the first line, and the blocks are what follows it; `above`, how many lines were skipped above it. `is_unterminated` says,
    once all lines were read, whether the last one has no line end.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._has_cr_lines = self._is_after_cr = False
        self._begun = ""  # what was read beyond the first line
        self._rest = ""  # what follows the last line end
        self.is_unterminated = False
        self.above = 0
        text = self._with_line("")
        if "\r" in text.partition("\n")[0].removesuffix("\r"):
            self._has_cr_lines = True
            text = self._unified(text)
        self.first = self._cut(text)

    def skip_first(self) -> None:
        """Takes the line after the first one for the first."""
        self.above += 1
        self.first = self._cut(self._with_line(self._begun))

    def second(self) -> str:
        """The line after the first one, which is not taken."""
        self._begun = self._with_line(self._begun)
        return self._begun.partition("\n")[0].removesuffix("\r")

    def _with_line(self, text: str) -> str:
        """A text with as much behind it that it has the end of its first line, if that is not too long."""
        while "\n" not in text and len(text) <= LONGEST_HEAD and (piece := self._stream.read(_BLOCK)):
            more = piece.decode("latin-1")
            text += self._unified(more) if self._has_cr_lines else more
        return text

    def _cut(self, text: str) -> str:
        line, _, self._begun = text.partition("\n")
        return line.removesuffix("\r")

    def next_block(self) -> list[str] | None:
        """The next lines, without LF, but with the CR of CR LF; None at the end."""
        while (text := self._next_text()) is not None:
            lines = text.split("\n")
            lines[0] = self._rest + lines[0] if len(self._rest) <= LONGEST_LINE else self._rest
            self._rest = lines.pop()[: LONGEST_LINE + 1]
            if lines:
                return lines
        last, self._rest = self._rest, ""
        self.is_unterminated = self.is_unterminated or bool(last.removesuffix("\r"))
        return [last] if last else None

    def _next_text(self) -> str | None:
        if self._begun:
            text, self._begun = self._begun, ""
            return text
        piece = self._stream.read(_BLOCK)
        if not piece:
            return None
        text = piece.decode("latin-1")
        return self._unified(text) if self._has_cr_lines else text

    def _unified(self, text: str) -> str:
        """A text with LF in place of CR LF and CR, also where a CR ended the text before."""
        text = text.removeprefix("\n") if self._is_after_cr else text
        self._is_after_cr = text.endswith("\r")
        return text.replace("\r\n", "\n").replace("\r", "\n")
