"""How results are printed: tables on terminals of any width, and for other programs."""

import io
import re
from collections.abc import Callable

import pytest
from rich.console import Console

from sellerhealth.cli import output

COLUMNS = ("started", "file", "rows", "note")
ROWS = [("2026-03-01 09:30", "orders.txt", 1_200_000, None), ("2026-03-02 09:30", "a_very_long_name_of_a_file.csv", 3, "not all of it")]


def printed(monkeypatch: pytest.MonkeyPatch, width: int, *, terminal: bool) -> list[str]:
    return lines_of(monkeypatch, lambda: output.print_table(COLUMNS, ROWS), width, terminal=terminal)


def lines_of(monkeypatch: pytest.MonkeyPatch, print_it: Callable[[], None], width: int, *, terminal: bool) -> list[str]:
    text = io.StringIO()
    monkeypatch.setattr(output, "OUT", Console(file=text, width=width, force_terminal=terminal, no_color=True, highlight=False))
    print_it()
    plain = re.sub(r"\x1b\[[\d;]*m", "", text.getvalue())
    return [line.rstrip() for line in plain.splitlines()]


def test_a_table_that_fits_a_terminal_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, 80, terminal=True)
    assert [line.split()[-1] for line in lines] == ["note", "1,200,000", "it"]


def test_a_table_that_does_not_fit_a_terminal_is_a_list_without_empty_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, 40, terminal=True)
    assert lines == [
        "started  2026-03-01 09:30",
        "file     orders.txt",
        "rows     1,200,000",
        "",
        "started  2026-03-02 09:30",
        "file     a_very_long_name_of_a_file.csv",
        "rows     3",
        "note     not all of it",
    ]
    assert max(map(len, printed(monkeypatch, 20, terminal=True))) <= 20


def test_other_programs_find_each_row_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(printed(monkeypatch, 20, terminal=False)) == 3


def test_a_page_is_laid_out_on_a_terminal_with_the_targets_of_its_links(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "# Cats\n\n- see [care](care.md)\n"
    laid_out = "\n".join(lines_of(monkeypatch, lambda: output.print_page(page), 40, terminal=True))
    assert "care (care.md)" in laid_out
    assert "#" not in laid_out
    assert lines_of(monkeypatch, lambda: output.print_page(page), 40, terminal=False) == page.splitlines()
