"""A join that reads its left side first, and then what it needs of a table by its key.

A database decides otherwise by statistics, which may be old or missing. SQLite read the days of all accounts. PostgreSQL looked the end of a
window up for each row of a rollup, instead of the row for the end: 2,000 days took seconds.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class JoinInOrder(sa.Join):
    """An inner join. In SQLite, which never reorders a CROSS JOIN, it is one with a condition; in PostgreSQL a table is read in a subquery."""

    inherit_cache = True


class JoinOfConstants(JoinInOrder):
    """One whose left side has constants alone. In PostgreSQL it is a plain join: nothing is looked up for each row, and Citus refuses such look-ups."""

    inherit_cache = True


def looked_up(select: "sa.Select[*tuple[Any, ...]]") -> "sa.Select[*tuple[Any, ...]]":
    """A SELECT of distinct rows with look-ups in its columns, as the left side of such a join. PostgreSQL makes each look-up once a row.

    Without DISTINCT it would make them in the condition of the join, and Citus refuses a subquery that is read for each row of VALUES.
    """
    return select.prefix_with("DISTINCT", dialect="postgresql")


@compiles(JoinInOrder, "sqlite")
def _cross_join(join: JoinInOrder, compiler: SQLCompiler, **options: Any) -> str:
    left, right, condition = _parts(join, compiler, options)
    return f"{left} CROSS JOIN {right} ON {condition}"


@compiles(JoinOfConstants, "postgresql")
def _plain_join(join: JoinOfConstants, compiler: SQLCompiler, **options: Any) -> str:
    left, right, condition = _parts(join, compiler, options)
    return f"{left} JOIN {right} ON {condition}"


@compiles(JoinInOrder, "postgresql")
def _lateral_join(join: JoinInOrder, compiler: SQLCompiler, **options: Any) -> str:
    left, right, condition = _parts(join, compiler, options)
    if not isinstance(join.right, sa.Table):
        return f"{left} JOIN {right} ON {condition}"
    # OFFSET 0 changes no row. A subquery that has it is planned on its own.
    return f"{left} CROSS JOIN LATERAL (SELECT * FROM {right} WHERE {condition} OFFSET 0) AS {right}"  # noqa: S608 - compiled, no input


def _parts(join: JoinInOrder, compiler: SQLCompiler, options: dict[str, Any]) -> tuple[str, str, str]:
    left, right = (compiler.process(side, **{**options, "asfrom": True, "from_linter": None}) for side in (join.left, join.right))
    on: Any = join.onclause  # our joins have one
    return left, right, compiler.process(on, **{**options, "from_linter": None})
