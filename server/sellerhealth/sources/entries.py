"""What importers yield: the entries of a file."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, compress, islice, repeat
from types import MappingProxyType
from typing import Any, NamedTuple

from sellerhealth.errors import BadRow
from sellerhealth.facts import Item, Order
from sellerhealth.model.records import FigureUnit
from sellerhealth.model.tables import Fact
from sellerhealth.sources.known_lines import LINES_HASH, remember_lines

Columns = Mapping[str, Sequence[Any]]  # values by column of a fact, as many of each


class Row(NamedTuple):
    """One fact in a file: its key and the reported columns that the source knows. None, like a missing column, means unknown.

    `observed_at` is the instant as of which the row is true, in UTC; None means that of the file. `parts` are further facts that
    the same row of the file reports: they count with it, not by themselves. `lines` is how many lines of the file it takes up: it
    counts as that many, so that the counts of an import add up to the lines of its file. `account`: the key of the account whose
    row it is, if the file says so.
    """

    fact: type[Fact]
    values: dict[str, Any]
    observed_at: dt.datetime | None
    line: int
    parts: tuple["Row", ...] = ()
    lines: int = 1
    account: str | None = None


class Reported(NamedTuple):
    """A figure that Amazon itself reports, by Amazon's name of it. It is kept beside the facts, and never counted. None means unknown.

    A rate is a fraction. `channel` is None where Amazon does not split the figure. `taken_at` is the instant as of which it is true, in
    UTC; None means that of the file. `first_on` and `last_on` are the days that it covers.
    """

    figure: str
    marketplace: str
    line: int
    unit: FigureUnit
    value: Decimal | None = None
    channel: str | None = None
    numerator: int | None = None
    denominator: int | None = None
    status: str | None = None
    first_on: dt.date | None = None
    last_on: dt.date | None = None
    target: Decimal | None = None
    target_condition: str | None = None
    taken_at: dt.datetime | None = None
    lines: int = 1
    account: str | None = None


class Rejected(NamedTuple):
    """A row that cannot be imported: why, and its text, so that it can be corrected and imported again.

    `beside`: the rows without which it says nothing, each with its line and its text. A `FileSet` adds those of the other files.
    """

    error: BadRow
    text: str
    values: Mapping[str, Any] = MappingProxyType({})  # those that could be read, by column of the fact
    lines: int = 1
    account: str | None = None
    beside: tuple[tuple[int, str], ...] = ()

    @property
    def line(self) -> int:
        """The line where it begins."""
        return self.error.line


class Skipped(NamedTuple):
    """A valid row that is not imported, for example an order of another shop. It counts as read. The reason, if any, is reported.

    The fact of a row with values is not gone from the report: see `Importer.lists`.
    """

    line: int
    reason: str | None = None
    lines: int = 1
    values: Mapping[str, Any] = MappingProxyType({})  # those that could be read, by column of the fact
    account: str | None = None


class Remark(NamedTuple):
    """An oddity of the next row that changes no number, such as a value that was left out. It is reported, and does not count as a row."""

    line: int
    field: str
    text: str

    @property
    def lines(self) -> int:
        """None: the lines are those of the row."""
        return 0

    @property
    def account(self) -> None:
        """None: the account is that of the row."""
        return


class Known(NamedTuple):
    """Lines of some orders that were read before, and all of which was stored: see `known_lines`. `outline`: some values of each, by column.

    `read_last` yields the same, but with the lines of the last order read after all.
    """

    line: int
    order_ids: Sequence[str]
    outline: Mapping[str, Sequence[Any]]
    lines: int
    read_last: Callable[[], Iterator["Entry"]]

    @property
    def account(self) -> None:
        """None: only lines of a file of one account are known."""
        return

    def settled(self) -> "Known":
        """The same once none of the lines will be read after all: without their cells, which take most of the memory."""
        return self._replace(read_last=_read_nothing)

    @staticmethod
    def remember(lines: Sequence[dict[str, Any]], *, stand_alone: bool) -> None:
        """Lets an order remember its lines, of which these are the values, if all of them were read. They are then not read again.

        `stand_alone`: what they say depends on no other lines of their file, and decides about none. Else they must not be remembered.
        """
        remember_lines(lines, stand_alone=stand_alone)


class OrderBlock(NamedTuple):
    """Orders with their lines, each of which names its product. What `rows` has row by row.

    Each order is of another number, and has an instant of its own, a marketplace, a channel, and a status that is not cancelled. No
    cancellation of the order was requested, and none of its items is known. Its lines follow each other and say the same of the order:
    `sizes` has their number. `numbers` are those of the lines in the file, and `items` are of lines; all else is of orders. `hashes`
    are those by which the lines of each order are known again.
    """

    numbers: Sequence[int]
    sizes: Sequence[int]
    observed_at: Sequence[dt.datetime]
    hashes: Sequence[int]
    orders: Columns
    items: Columns

    @classmethod
    def joined(cls, blocks: Sequence["OrderBlock"]) -> "OrderBlock":
        """Blocks of one file as one, in their order. Two of them may have an order of the same number."""
        return cls(
            list(chain.from_iterable(each.numbers for each in blocks)),
            list(chain.from_iterable(each.sizes for each in blocks)),
            list(chain.from_iterable(each.observed_at for each in blocks)),
            list(chain.from_iterable(each.hashes for each in blocks)),
            _joined([each.orders for each in blocks]),
            _joined([each.items for each in blocks]),
        )

    @property
    def line(self) -> int:
        """The line where it begins."""
        return self.numbers[0]

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.numbers)

    @property
    def account(self) -> None:
        """None: only the lines of a file of one account are read in blocks."""
        return

    def by_line(self, of_orders: Sequence[Any]) -> Sequence[Any]:
        """A value of each order, by line."""
        return of_orders if len(self.sizes) == len(self.numbers) else list(chain.from_iterable(map(repeat, of_orders, self.sizes)))

    def those(self, chosen: Sequence[bool]) -> "OrderBlock":
        """Some of the orders."""
        if all(chosen):
            return self
        of_lines = self.by_line(chosen)
        return OrderBlock(
            list(compress(self.numbers, of_lines)),
            list(compress(self.sizes, chosen)),
            list(compress(self.observed_at, chosen)),
            list(compress(self.hashes, chosen)),
            _those(self.orders, chosen),
            _those(self.items, of_lines),
        )

    def rows(self) -> Iterator[Row]:
        """The orders row by row, each line with its item."""
        orders, lines = _rows({**self.orders, LINES_HASH: self.hashes}), zip(self.numbers, _rows(self.items), strict=True)
        for size, observed_at, order in zip(self.sizes, self.observed_at, orders, strict=True):
            for number, item in islice(lines, size):
                yield Row(Order, dict(order), observed_at, number, (Row(Item, item, observed_at, number),))


Entry = Row | Reported | Rejected | Skipped | Remark | Known | OrderBlock


def _read_nothing() -> Iterator[Entry]:
    return iter(())


def _joined(columns: Sequence[Columns]) -> Columns:
    return {name: list(chain.from_iterable(each[name] for each in columns)) for name in columns[0]}


def _rows(columns: Columns) -> Iterable[dict[str, Any]]:
    return (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))


def _those(columns: Columns, chosen: Sequence[bool]) -> Columns:
    return {name: list(compress(values, chosen)) for name, values in columns.items()}
