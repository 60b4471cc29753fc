"""Fast path of counting, on SQLite: a statement about many rows of an account reads its tables in their order, each once.

Facts that are related to the rows are found once, and not looked up for each row: `EXISTS (a related fact that …)` becomes `order_id IN (the
orders of all facts of the account that …)`, and false where the account has no fact in that table, as when its orders are imported first: an
empty list takes SQLite as long as a short one, which is a quarter of the time of counting then. Rows are not looked up by their day either, but
read in the order of their key. Of 50,000 orders of a year the first halves the time of counting; of 200,000 the second halves it again. The
plain way is the statement as it is, by which rollups are verified; a test compares the two.
"""

import datetime as dt
import math
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import elements, operators, visitors

from sellerhealth.facts import FACTS
from sellerhealth.metrics.expressions import SHARED_KEYS, base_table
from sellerhealth.model.conjuncts import conjuncts

_ROWS = 5_000  # fewer are counted in less time than it takes to make and compile such a statement
_SHARE = 8  # to look up the rows of a day takes this much longer than to read as many in their order


class _Related(NamedTuple):
    """Facts that an EXISTS looks up: their table, what they share with the counted fact, and what else is required of them."""

    table: Any
    key: str
    conditions: Sequence[Any]

    def is_same(self, other: "_Related") -> bool:
        """Whether both look up the same facts."""
        if (self.table, self.key, len(self.conditions)) != (other.table, other.key, len(other.conditions)):
            return False
        return all(one.compare(another) for one, another in zip(self.conditions, other.conditions, strict=True))

    @property
    def keys(self) -> Any:
        """The statement for what such facts of the account share with others."""
        key = self.table.c[self.key]
        filled = [key.is_not(None)] if key.nullable else []
        return sa.select(key).where(self.table.c.account_id == sa.bindparam("of_account"), *filled, *self.conditions)


class FoundOnce:
    """Facts that are related to the rows of a table, those of the account `of_account`, each found once for all statements about the rows."""

    def __init__(self, counted: sa.Table, empty: Collection[sa.Table] = ()) -> None:
        """`empty`: tables without rows of the account, in which nothing is found."""
        self._counted, self._empty = counted, empty
        self._found: list[tuple[_Related, sa.CTE]] = []

    def over(self, statement: Any) -> Any:
        """A statement with the same result. A condition that looks up rows in another way than by one key is left as it is."""
        replacement: Any = self._replaced  # SQLAlchemy types only functions of a narrower kind
        return visitors.replacement_traverse(statement, {}, replacement)

    def _replaced(self, node: Any, **_: Any) -> Any:
        if _is_among(node, self._empty):
            return sa.false()
        if _is_first_of(node, self._counted, self._empty):
            return sa.null()
        related = _looked_up(node, self._counted) if isinstance(node, sa.Exists) else None
        if related is None:
            return None
        if base_table(related.table) in self._empty:
            return sa.false()
        keys = self._keys_of(related)
        column = self._counted.c[related.key]
        among = column.in_(sa.select(keys.c[related.key]))
        return sa.and_(column.is_not(None), among).self_group() if column.nullable else among

    def _keys_of(self, related: _Related) -> sa.CTE:
        keys = next((keys for other, keys in self._found if other.is_same(related)), None)
        if keys is None:
            keys = related.keys.cte(f"related_{len(self._found)}")
            self._found.append((related, keys))
        return keys


def in_order(column: Any) -> sa.ColumnElement[Any]:
    """A column of the counted rows as a value by which SQLite looks up no row: it would take the index of the days, also to group all rows."""
    return elements.UnaryExpression(column, operator=operators.custom_op("+"), type_=column.type)


def is_faster(connection: sa.Connection, counted: sa.Column[Any], account_id: int, days: Collection[dt.date] | None) -> bool:
    """Whether it saves time to count the rows of an account in this way: on some days by a column of their table, or on all.

    On PostgreSQL it does not: it decides itself how to look related rows up, and nothing but memory bounds what IN holds there.
    """
    if connection.dialect.name != "sqlite" or not _has_many(connection, counted, account_id):
        return False
    return days is None or len(days) * _SHARE > _days_between(connection, counted, account_id)


def are_most(connection: sa.Connection, counted: sa.Column[Any], account_id: int, days: Collection[dt.date]) -> bool:
    """Whether some days are more than half of those of an account with many rows.

    Then all days are counted: no row is looked at for its day, and the statements are those of the first import, so that they are made already.
    """
    return _has_many(connection, counted, account_id) and len(days) * 2 > _days_between(connection, counted, account_id)


def _has_many(connection: sa.Connection, counted: sa.Column[Any], account_id: int) -> bool:
    own = counted.table.c.account_id == sa.bindparam("of_account")
    nth: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(counted.table).where(own).offset(_ROWS - 1).limit(1)
    return connection.execute(nth, {"of_account": account_id}).first() is not None


def _days_between(connection: sa.Connection, counted: sa.Column[Any], account_id: int) -> float:
    """How many days are from the first row of an account to the last one; infinitely many if none has its day."""
    own = counted.table.c.account_id == sa.bindparam("of_account")
    ends = (sa.select(end(counted)).where(own).scalar_subquery() for end in (sa.func.min, sa.func.max))
    first, last = connection.execute(sa.select(*ends), {"of_account": account_id}).one()
    return math.inf if first is None else (last - first).days


def empty_tables(connection: sa.Connection, account_id: int) -> frozenset[sa.Table]:
    """The tables of facts in which an account has none: most of them when its orders are imported first."""
    tables = [fact.__table__ for fact in FACTS]
    have_rows = connection.execute(_have_rows(), {"of_account": account_id}).one()
    return frozenset(table for table, has_rows in zip(tables, have_rows, strict=True) if not has_rows)


@cache
def _have_rows() -> sa.Executable:
    own = (sa.exists(sa.literal_column("1")).where(fact.__table__.c.account_id == sa.bindparam("of_account")) for fact in FACTS)
    return sa.select(*own)


def _is_among(node: Any, empty: Collection[sa.Table]) -> bool:
    """Whether a node is the condition that something is among facts of which the account has none."""
    if not isinstance(node, elements.BinaryExpression) or node.operator is not operators.in_op:
        return False
    select: Any = getattr(node.right, "element", node.right)
    return isinstance(select, sa.Select) and _reads_only(select.get_final_froms(), empty)


def _is_first_of(node: Any, counted: sa.Table, empty: Collection[sa.Table]) -> bool:
    """Whether a node is the least value of facts of which the account has none."""
    select: Any = node.element if isinstance(node, sa.ScalarSelect) else None
    if not isinstance(select, sa.Select) or [getattr(each, "name", None) for each in select.selected_columns] not in (["min"], ["min_1"]):
        return False
    return _reads_only([each for each in select.get_final_froms() if each is not counted], empty)


def _reads_only(sources: Sequence[Any], empty: Collection[sa.Table]) -> bool:
    """Whether rows come from tables without rows of the account. Of no table there is a row."""
    return bool(sources) and all(base_table(each) in empty for each in sources)


def _looked_up(exists: sa.Exists, counted: sa.Table) -> _Related | None:
    select: Any = getattr(exists.element, "element", exists.element)
    tables = [each for each in select.get_final_froms() if each is not counted]
    if len(tables) != 1 or base_table(tables[0]) is None:
        return None
    criteria = [each for where in select._where_criteria for each in conjuncts(where)]
    ties = [_tie(each, tables[0], counted) for each in criteria]
    shared = [name for name in ties if name is not None and name != "account_id"]
    others = [each for each, name in zip(criteria, ties, strict=True) if name is None]
    if "account_id" not in ties or len(shared) != 1 or any(_reads(each, counted) for each in others):
        return None
    return _of_table(_Related(tables[0], shared[0], others), counted)


def _of_table(related: _Related, counted: sa.Table) -> _Related:
    """Facts that an alias of a table looks up, as rows of the table, so that the same facts are found by any alias."""
    alias, table = related.table, base_table(related.table)
    if table is None or table is alias or table is counted or any(_reads(each, table) for each in related.conditions):
        return related

    def replaced(node: Any, **_: Any) -> Any:
        return table.c[node.key] if getattr(node, "table", None) is alias else None

    replacement: Any = replaced
    return _Related(table, related.key, [visitors.replacement_traverse(each, {}, replacement) for each in related.conditions])


def _tie(condition: Any, related: Any, counted: sa.Table) -> str | None:
    """The column that a condition ties a related fact to the counted one by."""
    if not isinstance(condition, elements.BinaryExpression) or condition.operator is not operators.eq:
        return None
    sides = (condition.left, condition.right)
    if {getattr(each, "table", None) for each in sides} != {related, counted} or sides[0].key != sides[1].key:
        return None
    return next((name for name in ("account_id", *SHARED_KEYS) if name == sides[0].key), None)


def _reads(expression: Any, counted: sa.Table) -> bool:
    return any(getattr(node, "table", None) is counted or node is counted for node in visitors.iterate(expression))
