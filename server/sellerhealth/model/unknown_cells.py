"""Unknown cells: empty cells of facts whose value no source reported. Others are empty because there is nothing to report, or not yet."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import elements, operators, visitors

from sellerhealth.model.tables import UNKNOWN, Fact


class Gap(NamedTuple):
    """Columns of a fact whose unknown cells are looked up together, and the condition that one of them is unknown.

    The condition holds no parameters, so that it can be that of a partial index.
    """

    columns: tuple[str, ...]
    condition: sa.ColumnElement[bool]


@cache
def unknown_cell(column: "sa.Column[Any]") -> sa.ColumnElement[bool] | None:
    """The condition that the cell of a column of a fact is unknown; None if it never is."""
    unknown = column.info.get("unknown", False)
    if callable(unknown):
        return _without_parameters(unknown())
    if not unknown:
        return None
    stands_for_unknown = isinstance(column.default, sa.ColumnDefault) and column.default.arg == UNKNOWN
    return _without_parameters(column == UNKNOWN) if stands_for_unknown else column.is_(None)


@cache
def missing_source_cells(column: "sa.Column[Any]") -> Mapping[str, sa.ColumnElement[bool]]:
    """The cells that a source should have filled, as `orders.status`: one of them is missing where the cell of a column is unknown, each with the condition that it is."""
    is_unknown = unknown_cell(column)
    if is_unknown is None:
        return {}
    lacks = column.info.get("lacks") or str(column)
    if isinstance(lacks, str):
        return {lacks: is_unknown}
    return {name: sa.and_(is_unknown, _without_parameters(is_missing())) for name, is_missing in lacks.items()}


@cache
def gaps(fact: type[Fact]) -> tuple[Gap, ...]:
    """The groups of columns that a fact declares, each with a condition."""
    return tuple(Gap(names, any_unknown(*(fact.__table__.c[name] for name in names))) for names in fact.gaps)


def index_gaps(fact: type[Fact]) -> None:
    """Adds a partial index for each gap of a fact to its table, so that looking for unknown cells costs nothing where there are none.

    Orders are looked up by their day, facts of orders by their order.
    """
    table = fact.__table__
    by = "placed_on" if "placed_on" in table.c else "order_id"
    for columns, condition in gaps(fact):
        name = f"ix_{table.name}_unknown_{columns[0]}"
        sa.Index(name, table.c.account_id, table.c[by], sqlite_where=condition, postgresql_where=condition)


def any_unknown(*columns: "sa.Column[Any]") -> sa.ColumnElement[bool]:
    """The condition that the cell of any of these columns is unknown."""
    cells = [cell for column in columns if (cell := unknown_cell(column)) is not None]
    return sa.or_(sa.false(), *{str(part): part for cell in cells for part in _alternatives(cell)}.values())


def _alternatives(cell: Any) -> Iterable[Any]:
    """The conditions that a condition joins with OR: a cell may rest on another one, and share them with it."""
    joined = isinstance(cell, elements.BooleanClauseList) and cell.operator is operators.or_
    return cell.clauses if joined else [cell]


def _without_parameters(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """A condition with its values, which are words, as literals."""

    def literal(node: Any, **_: Any) -> Any:
        return sa.literal_column(f"'{node.value}'", node.type) if isinstance(node, sa.BindParameter) else None

    replace: Any = literal  # the type that SQLAlchemy asks for has no name
    plain: sa.ColumnElement[bool] = visitors.replacement_traverse(condition, {}, replace)
    return plain
