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


def print_page(markdown: str) -> None:
    """Prints a page of Markdown as a part of the result: laid out on a terminal, else as it is written."""
    if not OUT.is_terminal:
        print_result(markdown.rstrip("\n"))
        return
    from rich.markdown import Markdown

    OUT.print(Markdown(markdown, hyperlinks=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table as a part of the result. None is an empty cell; columns of numbers are aligned to the right.

    On a terminal that is too narrow for its words, each row becomes a list. Elsewhere a row is always one line, for other programs.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    cells = [[_cell_text(cell) for cell in row] for row in rows]
    for index, column in enumerate(columns):
        texts = [row[index] for row in cells]
        is_numeric = bool(texts) and all(re.fullmatch(r"[\d,]+", text) for text in texts)
        is_unbreakable = all(re.fullmatch(r"[\d,.:% -]*", text) for text in texts)  # numbers, dates and times
        table.add_column(Text(column), justify="right" if is_numeric else "left", no_wrap=is_unbreakable, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    if not OUT.is_terminal:
        Console(file=OUT.file, width=_UNLIMITED).print(table)
    elif OUT.measure(table, options=OUT.options.update(max_width=_UNLIMITED)).minimum <= OUT.width:
        OUT.print(table)
    else:
        _print_lists(columns, cells)


def _print_lists(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints rows one below the other, without their empty cells."""
    for number, row in enumerate(rows):
        if number:
            print_result()
        of_row = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        of_row.add_column(no_wrap=True, style="bold")
        of_row.add_column(overflow="fold")
        for column, cell in zip(columns, row, strict=True):
            if cell:
                of_row.add_row(Text(column), Text(cell))
        OUT.print(of_row)


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
