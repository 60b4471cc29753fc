"""Calls the resolver of a field as Strawberry does, without its wrappers. What does not depend on a request is worked out once."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLField, GraphQLResolveInfo, GraphQLSchema
from strawberry.schema import schema_converter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

Arguments: TypeAlias = Mapping[str, Any]
# From the object, the description of the field, and its arguments as graphql-core has read them.
Resolve: TypeAlias = Callable[[Any, GraphQLResolveInfo[Any], Arguments], Any]


def resolver_of(schema: GraphQLSchema, field: GraphQLField, constant: Arguments | None) -> Resolve:
    """What calls the resolver of a field. `constant`: its arguments, if they are always the same.

    Where it is not a method of the class that declares the field, or something else was put in its place, that is called as graphql-core does.
    """
    declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    resolve: Any = field.resolve
    if isinstance(declared, StrawberryField) and resolve.__module__ == schema_converter.__name__ and _is_method(declared):
        return _of_method(schema, declared, constant)
    return lambda source, info, arguments: resolve(source, info, **arguments)


def _is_method(declared: StrawberryField) -> bool:
    resolver = declared.base_resolver
    if resolver is None or declared.extensions:
        return False
    return resolver.self_parameter is not None and resolver.parent_parameter is None and resolver.root_parameter is None


def _of_method(schema: Any, declared: StrawberryField, constant: Arguments | None) -> Resolve:
    of_strawberry = schema._strawberry_schema  # where Strawberry itself looks it up for a resolver
    scalars, config = of_strawberry.schema_converter.scalar_registry, of_strawberry.config
    method: Any = declared.base_resolver and declared.base_resolver.wrapped_func

    def converted(arguments: Arguments) -> dict[str, Any]:
        return convert_arguments(dict(arguments), declared.arguments, scalars, config)

    once = {} if not declared.arguments else None if constant is None else converted(constant)
    wants = declared.base_resolver and declared.base_resolver.info_parameter
    if wants is None:
        return lambda source, info, arguments: method(source, **(converted(arguments) if once is None else once))
    name = wants.name

    def resolve(source: Any, info: GraphQLResolveInfo[Any], arguments: Arguments) -> Any:
        described = strawberry.Info(_raw_info=info, _field=declared)
        return method(source, **{name: described}, **(converted(arguments) if once is None else once))

    return resolve
