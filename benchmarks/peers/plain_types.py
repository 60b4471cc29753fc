"""Plain Strawberry types of a small schema, and their instances: what somebody writes who has all answers in memory."""

import enum
from collections.abc import Iterable
from typing import Any, NewType

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_specified_scalar_type,
)
from strawberry.schema.config import StrawberryConfig

BUILT_IN: dict[str, Any] = {"Int": int, "Float": float, "String": str, "Boolean": bool, "ID": strawberry.ID}


def plain_schema(schema: GraphQLSchema, accounts: Iterable[dict[str, Any]], **options: Any) -> strawberry.Schema:
    """A schema of plain types over accounts as they are in an answer."""
    types, fields = _PlainTypes(), schema.type_map["Query"].fields  # type: ignore[attr-defined]  # it is an object
    of_account, of_page = fields["account"].type, fields["accounts"].type
    account_type, page_type = types.annotation(of_account), types.annotation(of_page)
    page = types.named(of_page)
    by_key = {each["key"]: types.instance(of_account, each) for each in accounts}

    def account(key: str):  # type: ignore[no-untyped-def]  # its type is made above
        return by_key.get(key)

    def first_accounts(first: int | None = strawberry.UNSET):  # type: ignore[no-untyped-def]  # as above
        return page(nodes=list(by_key.values())[: first or None])

    account.__annotations__["return"], first_accounts.__annotations__["return"] = account_type, page_type
    resolvers = {"account": strawberry.field(resolver=account), "accounts": strawberry.field(resolver=first_accounts)}
    query = strawberry.type(type("Query", (), resolvers))
    return strawberry.Schema(query, config=StrawberryConfig(scalar_map=types.scalars), **options)


class _PlainTypes:
    """Makes each type once, those of its fields before it: an object may not contain itself."""

    def __init__(self) -> None:
        self._made = dict(BUILT_IN)
        self.scalars: dict[object, Any] = {}

    def annotation(self, kind: Any) -> Any:
        """How a type of GraphQL is written in Python."""
        if isinstance(kind, GraphQLNonNull):
            return self._not_null(kind.of_type)
        return self._not_null(kind) | None

    def instance(self, kind: Any, value: Any) -> Any:
        """A value of an answer as an instance of its type."""
        if isinstance(kind, GraphQLNonNull):
            return self.instance(kind.of_type, value)
        if value is None:
            return None
        if isinstance(kind, GraphQLList):
            return [self.instance(kind.of_type, each) for each in value]
        if isinstance(kind, GraphQLObjectType):
            members = {_python_name(name): self.instance(field.type, value[name]) for name, field in kind.fields.items()}
            return self._made[kind.name](**members)
        return self._made[kind.name][value] if isinstance(kind, GraphQLEnumType) else value

    def named(self, kind: Any) -> Any:
        """The class of an object, once its annotation was made."""
        return self._made[get_named_type(kind).name]

    def _not_null(self, kind: Any) -> Any:
        if isinstance(kind, GraphQLList):
            return list[self.annotation(kind.of_type)]  # type: ignore[misc]  # a type that is made here
        if kind.name not in self._made:
            self._made[kind.name] = self._make(kind)
        return self._made[kind.name]

    def _make(self, kind: Any) -> Any:
        if isinstance(kind, GraphQLObjectType):
            annotations = {_python_name(name): self.annotation(field.type) for name, field in kind.fields.items()}
            named = {_python_name(name): strawberry.field(name=name) for name in kind.fields}
            return strawberry.type(type(kind.name, (), {"__annotations__": annotations, **named}))
        if isinstance(kind, GraphQLEnumType):
            return strawberry.enum(enum.EnumMeta.__call__(enum.Enum, kind.name, {name: name for name in kind.values}))
        if not isinstance(kind, GraphQLScalarType) or is_specified_scalar_type(kind):
            raise TypeError(f"{kind} has no plain type")
        scalar = NewType(kind.name, object)  # type: ignore[misc]  # its name is that of the scalar
        self.scalars[scalar] = strawberry.scalar(name=kind.name, serialize=lambda value: value)
        return scalar


def _python_name(name: str) -> str:
    return f"{name}_" if name == "from" else name
