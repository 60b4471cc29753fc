"""The values of a column as one text, with commas between: an aggregate."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

COMMA = ","


class Listed(FunctionElement[str]):
    """The list of a column. Lists in one row of a statement have one order, which may be any."""

    type = sa.String()
    inherit_cache = True


class ListedSums(Listed):
    """The list of sums of whole numbers, each of 64 bits.

    SQLite cannot add up to more. PostgreSQL can, to decimals, which a reader of numbers would round: there a larger one is an error of the statement, too.
    """

    inherit_cache = True


@compiles(Listed)
def _of_texts(listed: Listed, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = listed.clauses
    return compiler.process(sa.func.aggregate_strings(sa.cast(column, sa.String), COMMA), **options)


@compiles(Listed, "sqlite")
def _of_any(listed: Listed, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = listed.clauses  # SQLite needs no cast, which would take it a tenth of the time of a row
    return compiler.process(sa.func.aggregate_strings(sa.type_coerce(column, sa.String), COMMA), **options)


@compiles(ListedSums, "postgresql")
def _of_sums(listed: ListedSums, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = listed.clauses
    return compiler.process(Listed(sa.cast(column, sa.BigInteger)), **options)
