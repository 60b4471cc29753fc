"""Prints results to standard output; notes, errors and progress to standard error."""

import re
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

OUT = Console(highlight=False)
ERR = Console(highlight=False, stderr=True)
SHORT_ID = 10  # characters of an import's id that are printed
_UNLIMITED = 1_000  # the width when the output is not a terminal: other programs find each row on one line


def print_result(text: str = "") -> None:
    """Prints a part of the result, without markup or wrapping."""
    OUT.print(text, markup=False, soft_wrap=True)


def print_note(text: str) -> None:
    """Prints a message that is not part of the result."""
    ERR.print(text, markup=False, soft_wrap=True)


def print_error(text: str) -> None:
    """Prints why a command failed."""
    ERR.print(text, style="red", markup=False, soft_wrap=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table as a part of the result. None is an empty cell; columns of numbers are aligned to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    cells = [[_cell_text(cell) for cell in row] for row in rows]
    for index, column in enumerate(columns):
        texts = [row[index] for row in cells]
        is_numeric = bool(texts) and all(re.fullmatch(r"[\d,]+", text) for text in texts)
        is_unbreakable = all(re.fullmatch(r"[\d,.:% -]*", text) for text in texts)  # numbers, dates and times
        table.add_column(Text(column), justify="right" if is_numeric else "left", no_wrap=is_unbreakable, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    (OUT if OUT.is_terminal else Console(file=OUT.file, width=_UNLIMITED)).print(table)


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
