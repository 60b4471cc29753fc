"""Fast path of counting, on SQLite: rows that are alike are counted first, and what is counted is worked out once for all of them.

A statement that counts has large conditions, of a few small ones: `status = 'SHIPPED'`, `late_by > 0`, whether a related fact exists. Each is
worked out once for each row, the answers become bits of a number, and rows of one key with the same bits are one row for the statement. So 50,000
orders of a year are two thousand rows, and the statements of their tallies take two thirds of the time. Those of measures, whose conditions share
little, would take as long as before. The plain way is the statement as it is; a test compares the two.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import elements, operators, visitors
from sqlalchemy.sql.functions import FunctionElement

_PREDICATES = {
    operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge,
    operators.is_, operators.is_not, operators.in_op, operators.not_in_op, operators.is_distinct_from, operators.is_not_distinct_from,
}  # fmt: skip
_NEVER_NULL = {operators.is_, operators.is_not, operators.is_distinct_from, operators.is_not_distinct_from}
_DIALECT = sqlite.dialect()
_IN_A_NUMBER = 30  # predicates, of two bits each


class _NotAlikeError(Exception):
    """A statement reads more of a row than its key and whether it meets conditions."""


def alike_first(statement: Any, counted: sa.Table, key: Mapping[str, sa.ColumnElement[Any]], where: Sequence[Any]) -> Any:
    """A statement that counts rows of a table, so that it counts those that are alike first. Unchanged if it cannot.

    `key`: what rows are grouped by, by label; `where`: the conditions of the rows of the account, by which they are found.
    """
    try:
        return _Alike(counted, key, where).over(statement)
    except _NotAlikeError:
        return statement


class _Alike:
    """The rows that are alike: collects what a statement reads of each row."""

    def __init__(self, counted: sa.Table, key: Mapping[str, sa.ColumnElement[Any]], where: Sequence[Any]) -> None:
        self._counted, self._key, self._where = counted, key, where
        own: Mapping[str, Sequence[Any]] = {
            name: [each for each in visitors.iterate(column) if self._is_own(each)] for name, column in key.items()
        }
        if any(not isinstance(column.type, sa.String) for name, each in own.items() for column in each if isinstance(key[name], sa.Cast)):
            raise _NotAlikeError
        self._by_column = {column: name for name, each in own.items() for column in each}
        self._predicates: list[Any] = []
        self._positions: dict[str, int] = {}  # by their text
        self._totals: list[tuple[str, Any]] = []  # sums and least values of the rows, by the name of the function
        self._rows = sa.table("alike", *(sa.column(name, column.type) for name, column in key.items()), sa.column("alike", sa.Integer()))

    def over(self, statement: Any) -> Any:
        """The statement over rows that are alike."""
        replacement: Any = self._replaced  # SQLAlchemy types only functions of a narrower kind
        over = visitors.replacement_traverse(statement, {}, replacement)
        numbers = [self._predicates[at : at + _IN_A_NUMBER] for at in range(0, len(self._predicates), _IN_A_NUMBER)]
        packed: Sequence[Any] = [sum((_bits(each, at) for at, each in enumerate(some)), start=sa.literal_column("0")) for some in numbers]
        labelled = [column.label(name) for name, column in self._key.items()]
        labelled += [each.label(f"bits_{at}") for at, each in enumerate(packed)]
        totals = [getattr(sa.func, name)(each).label(f"total_{at}") for at, (name, each) in enumerate(self._totals)]
        alike = sa.select(*labelled, sa.func.count().label("alike"), *totals).select_from(self._counted).where(*self._where)
        return over.add_cte(alike.group_by(*(each.name for each in labelled)).cte("alike").prefix_with("MATERIALIZED"))

    def _replaced(self, node: Any, **_: Any) -> Any:
        if node is self._counted:
            return self._rows
        if isinstance(node, sa.Exists | sa.ScalarSelect):
            raise _NotAlikeError
        if isinstance(node, FunctionElement) and node.name in ("count", "sum", "min"):
            return self._total(node)
        if self._is_of_account(node):
            return sa.literal_column("1", sa.Boolean())
        if self._is_predicate(node):
            return self._answer(node)
        if not self._is_own(node):
            return None
        if (name := self._by_column.get(node)) is not None:
            return self._rows.c[name]
        if isinstance(node.type, sa.Boolean):
            return self._answer(node)
        raise _NotAlikeError

    def _total(self, node: Any) -> Any:
        if node.name == "count":
            return sa.func.sum(self._rows.c.alike, type_=sa.Integer())
        (of,) = node.clauses
        self._totals.append((node.name, of))
        return getattr(sa.func, node.name)(sa.literal_column(f"alike.total_{len(self._totals) - 1}", node.type), type_=node.type)

    def _is_own(self, node: Any) -> bool:
        return isinstance(node, sa.Column) and node.table is self._counted

    def _is_of_account(self, node: Any) -> bool:
        return isinstance(node, elements.BinaryExpression) and node.operator is operators.eq and node.left is self._counted.c.account_id

    def _is_predicate(self, node: Any) -> bool:
        """Whether a node compares something of a row besides its key, and no part of it does."""
        if not isinstance(node, elements.BinaryExpression) or node.operator not in _PREDICATES:
            return False
        parts = [node.left] if node.operator in (operators.in_op, operators.not_in_op) else [node.left, node.right]
        inner = [each for part in parts for each in visitors.iterate(part)]
        compared = {each for each in inner if self._is_own(each)} - self._by_column.keys()
        is_made_of_others = any(
            isinstance(each, elements.Case) or (isinstance(each, elements.BinaryExpression) and each.operator in _PREDICATES)
            for each in inner
        )
        return bool(compared) and not is_made_of_others

    def _answer(self, predicate: Any) -> Any:
        """The answer to a predicate: 1, 0 or null."""
        at = self._positions.setdefault(_text(predicate), len(self._predicates))
        if at == len(self._predicates):
            self._predicates.append(predicate)
        number, position = divmod(at, _IN_A_NUMBER)
        return sa.literal_column(f"nullif(alike.bits_{number} >> {2 * position} & 3, 2)", sa.Boolean())


def _bits(predicate: Any, position: int) -> Any:
    answer: Any = sa.type_coerce(predicate, sa.Integer())
    if getattr(predicate, "operator", None) not in _NEVER_NULL:
        answer = sa.func.coalesce(answer, sa.literal_column("2"))
    return answer * sa.literal_column(str(4**position))


def _text(predicate: Any) -> str:
    """A predicate with its values. Its expressions cannot be compared themselves if they are of a mapped class."""
    compiled = predicate.compile(dialect=_DIALECT)
    return f"{compiled} {sorted(compiled.params.items())}"
