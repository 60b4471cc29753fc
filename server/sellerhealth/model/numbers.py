"""Many numbers as one parameter: the text of a statement does not depend on how many there are, and no limit of the database does either."""

import json
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Numbers(sa.types.TypeDecorator[frozenset[int]]):
    """The type of such a parameter: an array, or JSON for SQLite, which has no arrays."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """The type that the driver gets."""
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.ARRAY(sa.BigInteger))

    def process_bind_param(self, value: frozenset[int] | None, dialect: sa.Dialect) -> Any:
        """The value that the driver gets."""
        numbers = value or frozenset()
        return _json(numbers) if dialect.name == "sqlite" else sorted(numbers)


@lru_cache(8)  # 100,000 numbers take 80 ms, and every statement of a request has the same
def _json(numbers: frozenset[int]) -> str:
    return json.dumps(sorted(numbers))


class is_one_of(FunctionElement[bool]):  # noqa: N801 - it is called like a function
    """Whether a number is one of those in a parameter, as `is_one_of(column, parameter)`."""

    inherit_cache = True
    type = sa.Boolean()

    def self_group(self, against: Any = None) -> Any:
        """The condition itself: as any other function it would become `… = 1` on SQLite, which then uses no index."""
        return self


@compiles(is_one_of)
def _in_array(element: Any, compiler: Any, **options: Any) -> str:
    number, numbers = (compiler.process(each, **options) for each in element.clauses)
    return f"{number} = ANY ({numbers})"


@compiles(is_one_of, "sqlite")
def _in_json(element: Any, compiler: Any, **options: Any) -> str:
    number, numbers = (compiler.process(each, **options) for each in element.clauses)
    return f"{number} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608 - both are SQL that was compiled
