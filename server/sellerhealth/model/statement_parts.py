"""All that a statement is made of, each part once."""

from collections.abc import Collection
from typing import Any


def parts_of(statement: Any) -> Collection[Any]:
    """A statement or expression and its parts. `visitors.iterate` of SQLAlchemy comes to a part as often as it is used, half as often again."""
    found, left = {id(statement): statement}, [statement]
    while left:
        for child in left.pop().get_children():
            if id(child) not in found:
                found[id(child)] = child
                left.append(child)
    return found.values()
