"""Declares GraphQL types, fields and enums: docstrings become their descriptions, and a field carries its cost and the permission that it needs."""

from collections.abc import Callable
from enum import Enum
from inspect import iscoroutinefunction
from types import UnionType
from typing import Any, TypeVar, Union, cast, dataclass_transform, get_args, get_origin, overload

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from sellerhealth.access import Permission
from sellerhealth.graphql.cost import Cost, metadata
from sellerhealth.graphql.displayed_field import DisplayedField
from sellerhealth.graphql.permissions import directives
from sellerhealth.graphql.reading import Reading

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])


def field(*, cost: Cost | None = None, requires: Permission | None = None, **options: Any) -> Any:
    """A field: an attribute, or computed by the `resolver` in the options, which are those of `strawberry.field`."""
    if "resolver" in options:
        _declare_what_is_made(options["resolver"])
    return strawberry.field(metadata=metadata(cost), directives=directives(requires), **options)


def displayed(*, description: str) -> Any:
    """A field with a text for people, which takes a locale."""
    return DisplayedField(description=description)


@overload
def resolver(function: F) -> F: ...
@overload
def resolver(*, cost: Cost | None = None, requires: Permission | None = None) -> Callable[[F], F]: ...
def resolver(function: F | None = None, *, cost: Cost | None = None, requires: Permission | None = None) -> F | Callable[[F], F]:
    """A field that is computed by a method, as `@resolver` or `@resolver(cost=..., requires=...)`. To a type checker it stays that method."""

    def declare(method: F) -> F:
        return cast("F", field(cost=cost, requires=requires, resolver=method, description=_docstring(method)))

    return declare if function is None else declare(function)


@dataclass_transform(kw_only_default=True, field_specifiers=(field, displayed, strawberry.field))
def object_type(cls: C) -> C:
    """A GraphQL object type."""
    return strawberry.type(cls, description=_docstring(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(field, displayed, strawberry.field))
def interface(cls: C) -> C:
    """A GraphQL interface."""
    return strawberry.interface(cls, description=_docstring(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(field, displayed, strawberry.field))
def input_type(cls: C) -> C:
    """A GraphQL input type."""
    return strawberry.input(cls, description=_docstring(cls))


def enum_type(enum: type[Enum], description: str, **values: str) -> None:
    """Declares a Python enum as a GraphQL enum and describes its values, which Strawberry cannot do for an enum defined elsewhere."""
    strawberry.enum(enum, description=description)
    definition: StrawberryEnumDefinition = vars(enum)["__strawberry_definition__"]
    for value in definition.values:
        value.description = values[value.name]


def _declare_what_is_made(resolver: Callable[..., Any]) -> None:
    """In the schema a resolver that returns `Reading[T]`, or `T | Reading[T]`, is one of T. Raises TypeError for a coroutine."""
    if iscoroutinefunction(resolver):
        raise TypeError(f"{resolver.__qualname__} is a coroutine, and nothing awaits it: a resolver returns a Reading.")
    returned = resolver.__annotations__.get("return")
    for each in get_args(returned) if get_origin(returned) in (Union, UnionType) else (returned,):
        if get_origin(each) is Reading:
            resolver.__annotations__["return"] = get_args(each)[0]


def _docstring(thing: object) -> str:
    return " ".join((thing.__doc__ or "").split())
