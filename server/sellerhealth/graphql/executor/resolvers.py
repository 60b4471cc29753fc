"""Calls the resolver of a field as Strawberry does, without its wrappers. What does not depend on a request is worked out once."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLField, GraphQLResolveInfo, GraphQLSchema
from strawberry.scalars import is_scalar
from strawberry.schema import schema_converter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField

Arguments: TypeAlias = Mapping[str, Any]
# From the object, the description of the field, and its arguments as graphql-core has read them.
Resolve: TypeAlias = Callable[[Any, GraphQLResolveInfo[Any], Arguments], Any]
# From these arguments to those of the method.
Convert: TypeAlias = Callable[[Arguments], dict[str, Any]]


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


def _converted_once(converted: Convert, constant: Arguments | None) -> Convert:
    """The same for constant arguments, converted now. Not objects: those are made for each call, because a resolver may change them."""
    if constant is None or (constant and not isinstance(converted, _AsTheyAre)):
        return converted
    once = converted(constant)
    return lambda arguments: once


def _of_method(schema: GraphQLSchema, declared: StrawberryField, constant: Arguments | None) -> Resolve:
    method: Any = declared.base_resolver and declared.base_resolver.wrapped_func
    converted = _converted_once(_converter(schema, declared), constant)
    info_parameter = declared.base_resolver and declared.base_resolver.info_parameter
    if info_parameter is None:
        return lambda source, info, arguments: method(source, **converted(arguments))
    name = info_parameter.name

    def resolve(source: Any, info: GraphQLResolveInfo[Any], arguments: Arguments) -> Any:
        return method(source, **{name: strawberry.Info(_raw_info=info, _field=declared)}, **converted(arguments))

    return resolve


class _AsTheyAre:
    """Renames arguments whose values need no conversion."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def __call__(self, arguments: Arguments) -> dict[str, Any]:
        return {self._names[name]: value for name, value in arguments.items()}


def _converter(schema: Any, declared: StrawberryField) -> Convert:
    of_strawberry = schema._strawberry_schema  # where Strawberry itself looks it up for a resolver
    scalars, config = of_strawberry.schema_converter.scalar_registry, of_strawberry.config
    if all(_is_scalar(each.type, scalars) for each in declared.arguments):
        return _AsTheyAre({config.name_converter.from_argument(each): each.python_name for each in declared.arguments})
    return lambda arguments: convert_arguments(dict(arguments), declared.arguments, scalars, config)


def _is_scalar(kind: Any, scalars: Mapping[object, Any]) -> bool:
    return is_scalar(kind.of_type if type(kind) is StrawberryOptional else kind, scalars)
