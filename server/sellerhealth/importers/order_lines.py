"""The lines of one order in a flat file, which follow each other, and what a line says of its order and of a part of it."""

from collections.abc import Iterator, Sequence
from typing import Any

from sellerhealth.facts import Order
from sellerhealth.importers.sales_channels import ELSEWHERE
from sellerhealth.sources import Entry, Fact, Known, OrderBlock, Row, Values

_MOST_LINES = 1_000  # of an order that are held at once


def by_order(entries: Iterator[Entry | None]) -> Iterator[list[Entry]]:
    """Entries in their order, those of one order of an account together. What is of no order goes with the lines before it.

    None parts the lines around it. A block is by itself, and parts none.
    """
    lines: list[Entry] = []
    order: tuple[str | None, str] | None = None
    for entry in entries:
        of_entry = order
        if isinstance(entry, Row):
            of_entry = entry.account, entry.values["order_id"]
        elif isinstance(entry, OrderBlock):
            yield [entry]
            continue
        elif entry is None:
            yield lines
            lines = []
            order = None
            continue
        elif isinstance(entry, Known):
            of_entry = None, entry.order_ids[-1]
        if of_entry != order or len(lines) == _MOST_LINES:
            yield lines
            lines = []
            order = of_entry
        lines.append(entry)
    yield lines


def order_on_amazon(values: Values) -> type[Fact] | None:
    """The fact of a line: none if its order is from another shop."""
    return None if values.get("marketplace") == ELSEWHERE else Order


def with_part(line: Row, part: type[Fact], names: Sequence[str], **of_order: Any) -> Row:
    """A line as its order, of which more is known, with a part of it that takes the columns of these names."""
    order: Values = line.values | of_order
    values = {"order_id": order["order_id"], **{name: order.pop(name) for name in names if name in order}}
    return line._replace(values=order, parts=(Row(part, values, line.observed_at, line.line),))
