"""The metric catalog: a page of Markdown, made from datasheets."""

from collections.abc import Iterable, Iterator, Sequence

from sellerhealth.describe.datasheet import Datasheet

_HEAD = """# The metric catalog

Made by `sellerhealth metric catalog` from what the plugins declare. `sellerhealth metric show KEY` shows one of them, with the
type that it has in the API.

Values are worked out from the measures, exactly, and rounded for display alone. A judged window, or part of a breakdown, counts for
the overall status; the first window is the default.

The SQL counts what the API counts, for one account over the first window. Its parameters: `:account_id`, `:first_day` and
`:last_day` of the window, both included, and `:now`, an instant in UTC (for SQLite the text `2026-01-31 12:00:00.000000`); `:now_less_24h` is one 24 hours before it. Rows sorted
into classes have a statement of their own, with a row for each class."""


def catalog_page(sheets: Sequence[Datasheet]) -> str:
    """The page: a list of all metrics, then a section for each, in the given order."""
    parts = [_HEAD, "\n".join(_overview(sheets)), *("\n".join(_section(sheet)) for sheet in sheets)]
    return "\n\n".join(parts) + "\n"


def _overview(sheets: Iterable[Datasheet]) -> Iterator[str]:
    yield from _table(
        ("metric", "value", "windows", "target"),
        (
            (
                f"[`{each.key}`](#{each.key})",
                f"`{each.value}`" if len(each.value) < 60 else each.unit.lower(),
                "; ".join(window.words for window in each.windows),
                "" if each.target is None else each.target.words,
            )
            for each in sheets
        ),
    )


def _section(sheet: Datasheet) -> Iterator[str]:
    yield from (f"## `{sheet.key}`", "", f"**{sheet.title}.** {sheet.description}", "")
    if sheet.deprecated is not None:
        yield from (f"*Deprecated.* {sheet.deprecated}", "")
    yield from _table(("", ""), sheet.summary())
    yield ""
    yield from _table(
        ("measure", "counts", "by"),
        ((f"`{each.key}`" + " (hidden)" * each.hidden, each.description, f"`{each.counted_by}`") for each in sheet.measures),
    )
    if sheet.figures:
        yield ""
        yield from _table(
            ("figure", "meaning", "value", "target"),
            (
                (f"`{each.key}`", each.description, f"`{each.value}` ({each.unit})", "" if each.target is None else each.target.words)
                for each in sheet.figures
            ),
        )
    if sheet.settings:
        yield ""
        yield from _table(
            ("setting", "value", "default"),
            ((f"`{each.key}`", each.value, "required" if each.default is None else each.default) for each in sheet.settings),
        )
    yield from ("", "<details><summary>SQL</summary>", "", "```sql", sheet.statements(), "```", "", "</details>")


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (columns, ["---"] * len(columns), *rows):
        yield f"| {' | '.join(map(_cell, row))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
