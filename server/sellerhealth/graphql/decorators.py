"""How types are declared: what their docstrings say stands in the schema."""

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar, cast, dataclass_transform

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def object_type(cls: C) -> C:
    """A GraphQL object type."""
    return strawberry.type(cls, description=_docstring(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def interface(cls: C) -> C:
    """A GraphQL interface."""
    return strawberry.interface(cls, description=_docstring(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def input_type(cls: C) -> C:
    """A GraphQL input type."""
    return strawberry.input(cls, description=_docstring(cls))


def resolver(function: F) -> F:
    """A field whose value is worked out by a method. To a type checker it stays that method."""
    return cast("F", strawberry.field(resolver=function, description=_docstring(function)))


def enum_type(enum: type[Enum], description: str, **values: str) -> None:
    """Makes a GraphQL enum of a Python one. Strawberry itself can describe values only where they are defined."""
    strawberry.enum(enum, description=description)
    definition: StrawberryEnumDefinition = vars(enum)["__strawberry_definition__"]
    for value in definition.values:
        value.description = values[value.name]


def _docstring(thing: object) -> str:
    return " ".join((thing.__doc__ or "").split())
