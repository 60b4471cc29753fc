"""Writes the limits of a server into the descriptions of its schema, where they stand as `{limits.page_size}`."""

import re
from collections.abc import Iterator

from graphql import GraphQLArgument, GraphQLInputField, GraphQLSchema, is_input_object_type, is_interface_type, is_object_type

from sellerhealth.settings import DocumentLimits

_STANDS_FOR = re.compile(r"\{limits\.(\w+)\}")


def state_limits(schema: GraphQLSchema, limits: DocumentLimits) -> None:
    """Replaces the names of limits in the descriptions of all arguments by their numbers."""
    for argument in _arguments(schema):
        if argument.description:
            argument.description = _STANDS_FOR.sub(lambda found: str(getattr(limits, found[1])), argument.description)


def _arguments(schema: GraphQLSchema) -> Iterator[GraphQLArgument | GraphQLInputField]:
    """The arguments of fields, and the fields of inputs."""
    for kind in schema.type_map.values():
        if is_object_type(kind) or is_interface_type(kind):
            for field in kind.fields.values():
                yield from field.args.values()
        elif is_input_object_type(kind):
            yield from kind.fields.values()
