"""How commands write: answers and tables to the standard output, everything else to the standard error."""

import re
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

OUT = Console(highlight=False)
ERR = Console(highlight=False, stderr=True)
_WIDE = 1_000  # where nobody looks, lines are not folded, so that other programs find each row on one


def say(text: str = "") -> None:
    """Writes a part of the answer, as it stands."""
    OUT.print(text, markup=False, soft_wrap=True)


def tell(text: str) -> None:
    """Writes what is of interest but no part of the answer."""
    ERR.print(text, markup=False, soft_wrap=True)


def complain(text: str) -> None:
    """Writes why a command failed."""
    ERR.print(text, style="red", markup=False, soft_wrap=True)


def show(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a table. None is shown as nothing; numbers stand to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    cells = [[_text(cell) for cell in row] for row in rows]
    for index, column in enumerate(columns):
        texts = [row[index] for row in cells]
        numbers = all(re.fullmatch(r"[\d,]+", text) for text in texts)
        whole = all(re.fullmatch(r"[\d,.:% -]*", text) for text in texts)  # numbers, days and instants
        table.add_column(Text(column), justify="right" if texts and numbers else "left", no_wrap=whole, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    (OUT if OUT.is_terminal else Console(file=OUT.file, width=_WIDE)).print(table)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
