"""Takes a condition apart at its ANDs."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.sql import elements, operators


def conjuncts(condition: Any) -> Iterator[Any]:
    """The conditions that a condition joins with AND; itself if it joins none."""
    if isinstance(condition, elements.Grouping):
        yield from conjuncts(condition.element)
    elif isinstance(condition, elements.BooleanClauseList) and condition.operator is operators.and_:
        for each in condition.clauses:
            yield from conjuncts(each)
    else:
        yield condition
