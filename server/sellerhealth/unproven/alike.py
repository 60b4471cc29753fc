"""Measures that count the same rows, and which of those rows unknown cells can make unproven."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.util import ClauseAdapter

from sellerhealth.facts import Order
from sellerhealth.metrics.expressions import SHARED_KEYS, base_table, expressions, fact_named, of_same, table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.unproven import UnknownCell
from sellerhealth.model.unknown_cells import any_unknown, gaps, missing_source_cells, unknown_cell
from sellerhealth.unproven.three_valued import unknown_columns

Bool = sa.ColumnElement[bool]
MissingCells = Mapping[UnknownCell, "list[tuple[sa.Table, Bool]]"]


class Lookup(NamedTuple):
    """Rows of a table with an unknown cell. Equal ones have the same text."""

    table: sa.Table
    text: str
    condition: Bool


class Alike(NamedTuple):
    """The measures of a metric that count the rows of one table on one day column, and the columns whose unknown cells matter to them."""

    table: sa.Table
    on: "sa.Column[Any]"
    measures: tuple[Measure, ...]
    read: "frozenset[sa.Column[Any]]"

    @property
    def may_lack_day(self) -> bool:
        """Whether a row without its day can count on the day of its order."""
        return unknown_cell(self.on) is not None and "order_id" in self.table.c and self.table is not Order.__table__

    @property
    def lookups(self) -> Iterator[Lookup]:
        """The rows whose unknown cells can make rows of the measures unproven."""
        tables = sorted({column.table for column in self.read}, key=lambda table: table.name)
        found = [(table, guard) for table in tables for guard in guards(table, self.read)]
        found += [(self.table, self.on.is_(None))] if self.may_lack_day else []
        yield from (Lookup(table, str(guard), guard) for table, guard in found)


class DatedRows(NamedTuple):
    """Rows that may be unproven: where they come from, their day, and the conditions that make them such rows."""

    source: sa.FromClause
    day: Any
    where: tuple[Bool, ...]


def alike_measures(measures: Iterable[Measure], named: Iterable[str]) -> Iterator[Alike]:
    """Measures by what they count. `named` are the columns of the scope and the part, whose unknown cells matter too, where a table has them."""
    by_day: dict[Any, list[Measure]] = {}
    for measure in dict.fromkeys(measures):
        by_day.setdefault((table_of(measure), measure.on.key), []).append(measure)
    for (table, on), alike in by_day.items():
        read = {column for measure in alike for column in _unknown_columns(measure)} | set(unknown_named(table, named))
        yield Alike(table, table.c[on], tuple(alike), frozenset(read - {table.c[on]}))


def unknown_named(table: sa.Table, named: Iterable[str]) -> "Iterator[sa.Column[Any]]":
    """Those of some columns of a table whose cells can be unknown."""
    yield from (table.c[name] for name in named if name in table.c and unknown_cell(table.c[name]) is not None)


def _unknown_columns(measure: Measure) -> "Iterator[sa.Column[Any]]":
    """The columns that a measure reads and whose cell can be unknown, those of related facts included."""
    for expression in expressions(measure):
        for column in unknown_columns(expression):
            table = base_table(column.table)
            assert table is not None  # noqa: S101 - only columns of facts are found
            yield table.c[column.key]


def with_day(alike: Alike, of_account: Callable[[Any], Bool]) -> DatedRows:
    """The rows with their day that lack a cell which is read, or are related to a fact that does. `of_account`: the condition that a row is of the accounts.

    All related facts that lack a cell are found first.
    """
    table = alike.table
    lacking = list(guards(table, alike.read))
    for other in related_tables(alike):
        for shared in (key for key in SHARED_KEYS if key in table.c and key in other.c):
            related = other.alias()
            lacks = sa.or_(*(_adapted(guard, related) for guard in guards(other, alike.read)))
            found = sa.select(related.c.account_id, related.c[shared]).where(of_account(related), lacks)
            lacking.append(sa.tuple_(table.c.account_id, table.c[shared]).in_(found))
    return DatedRows(table, alike.on, (sa.or_(sa.false(), *lacking),))


def with_day_among_few(alike: Alike) -> DatedRows:
    """The same where the caller names a few days: the facts that are related to each row are looked up."""
    own = guards(alike.table, alike.read)
    lacking = [holds(guard, other, alike.table) for other in related_tables(alike) for guard in guards(other, alike.read)]
    return DatedRows(alike.table, alike.on, (sa.or_(sa.false(), *own, *lacking),))


def without_day(alike: Alike) -> DatedRows:
    """The rows without their day, on the day of their order."""
    table, order = alike.table, Order.__table__.alias("of_order")
    joined = table.join(order, sa.and_(order.c.account_id == table.c.account_id, order.c.order_id == table.c.order_id))
    return DatedRows(joined, order.c.placed_on, (alike.on.is_(None),))


def related_tables(alike: Alike) -> list[sa.Table]:
    """The other tables of which cells are read."""
    return sorted({column.table for column in alike.read} - {alike.table}, key=lambda table: table.name)


def missing_cells(read: "Iterable[sa.Column[Any]]") -> MissingCells:
    """The cells of sources that may be missing where a column is unknown, each with the condition and the table whose rows miss it."""
    missing: dict[UnknownCell, list[tuple[sa.Table, Bool]]] = {}
    for column in sorted(read, key=str):
        for name, is_missing in missing_source_cells(column).items():
            missing.setdefault(UnknownCell(*name.split(".")), []).append((column.table, is_missing))
    return missing


def bits_of(table: sa.Table, missing: "Iterable[Iterable[tuple[sa.Table, Bool]]]") -> sa.ColumnElement[int]:
    """The cells that a row, or facts related to it, are missing, as bits."""
    bits: Any = sa.literal_column("0", sa.Integer())
    for index, conditions in enumerate(missing):
        is_missing = sa.or_(*(holds(condition, other, table) for other, condition in conditions))
        bits = bits + sa.case((is_missing, sa.literal_column(str(1 << index))), else_=sa.literal_column("0"))
    return bits  # type: ignore[no-any-return]  # a sum of integers is one


def holds(condition: Bool, of: sa.Table, table: sa.Table) -> Any:
    """A condition of the rows of a table itself, or of facts in another one that are related to them."""
    if of is table:
        return condition
    related = of.alias()
    return sa.exists().where(of_same(related, table), _adapted(condition, related))


def guards(table: sa.Table, read: "Iterable[sa.Column[Any]]") -> Iterator[Bool]:
    """The conditions that find the rows with an unknown cell among some columns: those of the gaps, and one for the other columns."""
    fact = fact_named(table.name)
    assert fact is not None  # noqa: S101 - metrics read facts alone
    names = {column.name for column in read if column.table is table}
    found = [gap for gap in gaps(fact) if not names.isdisjoint(gap.columns)]
    yield from (gap.condition for gap in found)
    if others := names.difference(*(gap.columns for gap in found)):
        yield any_unknown(*(table.c[name] for name in sorted(others)))


def _adapted(condition: Any, row: Any) -> Any:
    """A condition over a table as one over an alias of it."""
    return ClauseAdapter(row).traverse(condition)
