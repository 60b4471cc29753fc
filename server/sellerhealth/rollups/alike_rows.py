"""Rows that are alike, on SQLite: the rows of a key that answer all conditions of some statements in the same way, as one row.

A statement that counts has large conditions, of a few small ones: `status = 'SHIPPED'`, `late_by > 0`, whether a related fact exists. Each is
worked out once for each row, and the answers become bits of a number. Rows of one key with the same bits are one row for every statement that
reads no more: 50,000 orders of a year are three thousand rows. The plain way is the statement as it is; a test compares the two.
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
_ALIKE = "alike_rows"  # the name of the table


class _NotAlikeError(Exception):
    """A statement reads more of a row than its key and whether it meets conditions."""


class AlikeRows:
    """The rows of a table that are alike for some statements, in a temporary table, which no other connection sees."""

    def __init__(self, counted: sa.Table, key: Mapping[str, sa.ColumnElement[Any]]) -> None:
        """`key`: what rows are grouped by, by label."""
        self._counted, self._key = counted, key
        self.is_read = False  # by any statement
        own: Mapping[str, Sequence[Any]] = {
            name: [each for each in visitors.iterate(column) if self._is_own(each)] for name, column in key.items()
        }
        cast = [column for name, each in own.items() if isinstance(key[name], sa.Cast) for column in each]
        self._has_text_parts = all(map(_is_text, cast))  # else a condition on such a column would read the text
        self._by_column = {column: name for name, each in own.items() for column in each}
        self._predicates: dict[str, Any] = {}  # by their text
        self._totals: dict[str, tuple[str, Any]] = {}  # sums and least values of the rows: the name of the function, and of what
        self._rows = sa.table(_ALIKE, *(sa.column(name, column.type) for name, column in key.items()), sa.column("alike", sa.Integer()))

    def over(self, statement: Any) -> Any:
        """A statement that counts rows of the table, as one over rows that are alike. As it is if it reads more of a row."""
        before = len(self._predicates), len(self._totals)
        replacement: Any = self._replaced  # SQLAlchemy types only functions of a narrower kind
        if not self._has_text_parts:
            return statement
        try:
            over = visitors.replacement_traverse(statement, {}, replacement)
            self.is_read = True
        except _NotAlikeError:
            for collected, number in zip((self._predicates, self._totals), before, strict=True):
                for each in list(collected)[number:]:
                    del collected[each]
            return statement
        return over

    @property
    def create(self) -> sa.Executable:
        """The statement that creates the table, after all statements are made."""
        grouped = [*self._key, *self._numbers]
        return sa.text(f"CREATE TEMPORARY TABLE {_ALIKE} ({', '.join(self._columns)}, UNIQUE ({', '.join(grouped)}))")

    @property
    def drop(self) -> sa.Executable:
        """The statement that drops it."""
        return sa.text(f"DROP TABLE {_ALIKE}")

    def fill(self, where: Sequence[Any]) -> sa.Executable:
        """The statement that fills the table from the rows that meet some conditions: each is added to the one that is like it.

        To group the rows, SQLite sorts all of them, which takes 2.1 microseconds for each of 200,000 in place of 1.5.
        """
        columns = self._columns
        rows = sa.select(*(column.label(name) for name, column in columns.items())).select_from(self._counted).where(*where)
        statement = sqlite.insert(sa.table(_ALIKE, *map(sa.column, columns))).from_select(list(columns), rows)
        added: dict[str, Any] = {"alike": sa.literal_column(f"{_ALIKE}.alike + 1")}
        for name, (function, _) in self._totals_by_name.items():
            both: Any = sa.literal_column(f"{_ALIKE}.{name}"), statement.excluded[name]
            total = both[0] + both[1] if function == "sum" else sa.func.min(*both)
            added[name] = sa.func.coalesce(total, *both)  # where one is null the other
        return statement.on_conflict_do_update(set_=added)

    @property
    def _numbers(self) -> Mapping[str, Any]:
        """The numbers whose bits are the answers."""
        predicates = [*self._predicates.values()]
        numbers = [predicates[at : at + _IN_A_NUMBER] for at in range(0, len(predicates), _IN_A_NUMBER)]
        return {
            f"bits_{number}": sum((_bits(each, at) for at, each in enumerate(some)), start=sa.literal_column("0"))
            for number, some in enumerate(numbers)
        }

    @property
    def _totals_by_name(self) -> Mapping[str, tuple[str, Any]]:
        return {f"total_{at}": each for at, each in enumerate(self._totals.values())}

    @property
    def _columns(self) -> Mapping[str, Any]:
        """The columns of the table, each as a row alone has it."""
        totals = {name: of for name, (_, of) in self._totals_by_name.items()}
        return {**self._key, **self._numbers, "alike": sa.literal_column("1"), **totals}

    def _replaced(self, node: Any, **_: Any) -> Any:
        if node is self._counted:
            return self._rows
        if isinstance(node, sa.ScalarSelect) or self._looks_among_all(node):
            raise _NotAlikeError
        if isinstance(node, sa.Exists):
            return self._answer(node)
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
        """What a function adds up over rows that are alike. As it is where it adds up what was counted already."""
        if node.name == "count":
            return sa.func.sum(self._rows.c.alike, type_=sa.Integer())
        (of,) = node.clauses
        if any(isinstance(getattr(each, "table", None), sa.Subquery) for each in visitors.iterate(of)):
            return None
        at = _position(self._totals, f"{node.name} {_text(of)}", (node.name, of))
        return getattr(sa.func, node.name)(sa.literal_column(f"{_ALIKE}.total_{at}", node.type), type_=node.type)

    def _is_own(self, node: Any) -> bool:
        return isinstance(node, sa.Column) and node.table is self._counted

    def _is_of_account(self, node: Any) -> bool:
        return isinstance(node, elements.BinaryExpression) and node.operator is operators.eq and node.left is self._counted.c.account_id

    def _looks_among_all(self, node: Any) -> bool:
        """Whether a node looks something up in the table itself, in other rows than those that the statement counts."""
        is_among = isinstance(node, elements.BinaryExpression) and node.operator in (operators.in_op, operators.not_in_op)
        return is_among and any(each is self._counted for each in visitors.iterate(node.right))

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
        number, position = divmod(_position(self._predicates, _text(predicate), predicate), _IN_A_NUMBER)
        return sa.literal_column(f"nullif({_ALIKE}.bits_{number} >> {2 * position} & 3, 2)", sa.Boolean())


def _is_text(column: Any) -> bool:
    return isinstance(getattr(column.type, "impl_instance", column.type), sa.String)


def _position(among: dict[str, Any], text: str, value: Any) -> int:
    """The position of a value by its text, to which it is added if it is not there yet."""
    if text not in among:
        among[text] = value
    return list(among).index(text)


def _bits(predicate: Any, position: int) -> Any:
    answer: Any = sa.type_coerce(predicate, sa.Integer())
    operator = getattr(predicate, "operator", None)
    if operator not in _NEVER_NULL:
        answer = sa.func.coalesce(answer, sa.literal_column("2"))
    if operator is operators.in_op and isinstance(found := getattr(predicate.right, "element", predicate.right), sa.Select):
        # Whether anything is found is looked at once: to look in an empty list takes SQLite as long as in a short one, for each row.
        answer = sa.case((found.exists(), answer), else_=sa.literal_column("0"))
    return answer * sa.literal_column(str(4**position))


def _text(predicate: Any) -> str:
    """A predicate with its values. Its expressions cannot be compared themselves if they are of a mapped class."""
    compiled = predicate.compile(dialect=_DIALECT)
    return f"{compiled} {sorted(compiled.params.items())}"
