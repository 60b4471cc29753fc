"""The lines of one order in a flat file, which follow each other."""

from collections.abc import Iterator

from sellerhealth.sources import Entry, Row

_MOST_LINES = 1_000  # of an order that are held at once


def by_order(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Entries in their order, those of one order of an account together. What is no row goes with the lines before it."""
    lines: list[Entry] = []
    order = None
    for entry in entries:
        is_next = isinstance(entry, Row) and (entry.account, entry.values["order_id"]) != order
        if is_next or len(lines) == _MOST_LINES:
            yield lines
            lines = []
        if isinstance(entry, Row):
            order = entry.account, entry.values["order_id"]
        lines.append(entry)
    yield lines
