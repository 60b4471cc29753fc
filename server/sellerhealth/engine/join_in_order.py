"""A join that reads its left side first. SQLite decides otherwise by statistics, and those of a few accounts made it read the days of all."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class JoinInOrder(sa.Join):
    """An inner join. In SQLite, which never reorders a CROSS JOIN, it is one with a condition."""

    inherit_cache = True


@compiles(JoinInOrder, "sqlite")
def _cross_join(join: JoinInOrder, compiler: SQLCompiler, **options: Any) -> str:
    sides = (compiler.process(side, **{**options, "asfrom": True, "from_linter": None}) for side in (join.left, join.right))
    on: Any = join.onclause  # our joins have one
    condition = compiler.process(on, **{**options, "from_linter": None})
    return f"{' CROSS JOIN '.join(sides)} ON {condition}"
