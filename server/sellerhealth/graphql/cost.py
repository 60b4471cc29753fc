"""The cost of a field, declared where the field is declared, like the directives @cost and @listSize, and kept in its extensions.

A field costs 1 plus the cost of the fields selected below it. A list multiplies that by the number of its items, which `Cost`
estimates from the arguments.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLSchema, ValueNode, get_named_type, is_interface_type, is_object_type, value_from_ast_untyped
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

ASSUMED_SIZE = 10  # of a list whose length no argument sets: metrics, figures, marketplaces
MAX_LENGTH = 100  # items of a list in an argument; more of them do not raise the cost

_KEY = "cost"  # in the metadata of a StrawberryField, and in the extensions of a GraphQLField


@dataclass(frozen=True)
class FieldArguments:
    """The arguments of a field as a document gives them. They need not be valid."""

    nodes: Mapping[str, ValueNode]
    variables: dict[str, Any]
    today: dt.date

    def get(self, name: str) -> Any:
        """The value of an argument; None when it is left out."""
        node = self.nodes.get(name)
        return None if node is None else value_from_ast_untyped(node, self.variables)


Size: TypeAlias = int | Callable[[FieldArguments], int]


def size_of(size: Size, arguments: FieldArguments) -> int:
    """A size for certain arguments."""
    return size if isinstance(size, int) else size(arguments)


def length_of(name: str) -> Size:
    """A size that is the length of the list in this argument."""

    def size(arguments: FieldArguments) -> int:
        value = arguments.get(name)
        if value is None:
            return ASSUMED_SIZE
        return min(len(value), MAX_LENGTH) if isinstance(value, list) else 1  # GraphQL reads a single value as a list of one

    return size


@dataclass(frozen=True)
class Cost:
    """What a field adds to the cost of an operation, in addition to 1 for itself."""

    items: Size = 1  # the number of objects that the field returns
    page: Size = 1  # the number of items on a page of the connection that it returns
    sized_fields: tuple[str, ...] = ()  # the fields of that connection that hold the items
    values: Size = 0  # plain values in lists, which have no fields to count
    once_per_path: bool = False  # whether the field may not be selected below itself
    is_item: bool = False  # whether it is one of the sized fields of a connection


LIST = Cost(items=ASSUMED_SIZE)
_ITEM = Cost(is_item=True)


def metadata(cost: Cost | None) -> dict[str, Cost]:
    """The metadata of a StrawberryField with that cost."""
    return {} if cost is None else {_KEY: cost}


def attach_costs(schema: GraphQLSchema) -> None:
    """Copies the declared costs from Strawberry's fields to the extensions of the schema's, where `cost_of` finds them."""
    for kind in schema.type_map.values():
        if is_object_type(kind) or is_interface_type(kind):
            for field in kind.fields.values():
                _attach(field)


def cost_of(field: GraphQLField) -> Cost | None:
    """The declared cost of a field of a schema. None if the field declares none."""
    cost: Cost | None = field.extensions.get(_KEY)
    return cost


def _attach(field: GraphQLField) -> None:
    declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    cost = declared.metadata.get(_KEY) if isinstance(declared, StrawberryField) else None
    if cost is None:
        return
    field.extensions[_KEY] = cost
    connection = get_named_type(field.type)
    if cost.sized_fields and is_object_type(connection):
        for name in cost.sized_fields:
            connection.fields[name].extensions[_KEY] = _ITEM
