"""Calls the resolvers of fields as Strawberry does, without its wrappers. What does not depend on a request is worked out once."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLSchema
from graphql.pyutils import Path
from strawberry.scalars import is_scalar
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField

from sellerhealth.graphql.declared import executed_declaration
from sellerhealth.graphql.permissions import Guarded

ArgumentValues: TypeAlias = Mapping[str, Any]  # by name, as graphql-core has read them
# Calls a resolver in an execution, for an object and the path of the object.
Resolve: TypeAlias = Callable[[Any, Path | None], Any]
# Makes that for an execution, of the `info` and the arguments of the field.
Bind: TypeAlias = Callable[[Any, ArgumentValues], Resolve]


def binder_of(schema: GraphQLSchema, field: GraphQLField) -> Bind:
    """What binds the resolver of a field for an execution: a method of the class that declares the field is called directly.

    Any other resolver is called as graphql-core does.
    """
    resolve: Any = field.resolve
    guard = resolve if isinstance(resolve, Guarded) else None
    declared = executed_declaration(field, guard and guard.resolve)
    if declared is not None and _is_method(declared):
        return _of_method(schema, declared, guard)
    return lambda info, arguments: lambda source, above: resolve(source, info.describe(above), **arguments)


def _is_method(declared: StrawberryField) -> bool:
    found = None if declared.extensions else declared.base_resolver
    return found is not None and found.self_parameter is not None and found.parent_parameter is None and found.root_parameter is None


def _of_method(schema: Any, declared: StrawberryField, guard: Guarded | None) -> Bind:
    resolver: Any = declared.base_resolver
    method, info_parameter = resolver.wrapped_func, resolver.info_parameter
    convert = _converter(schema, declared)

    def bind(info: Any, arguments: ArgumentValues) -> Resolve:
        if guard is not None:
            guard.check(info)  # of the viewer, who is the same for all objects
        converted = convert(arguments)
        if info_parameter is not None:
            converted[info_parameter.name] = info
        return lambda source, above: method(source, **converted)

    return bind


def _converter(schema: Any, declared: StrawberryField) -> Callable[[ArgumentValues], dict[str, Any]]:
    """Converts the values of arguments as Strawberry does: scalars are as they are."""
    of_strawberry = schema._strawberry_schema  # where Strawberry itself looks it up for a resolver
    scalars, config = of_strawberry.schema_converter.scalar_registry, of_strawberry.config
    kinds = (each.type.of_type if type(each.type) is StrawberryOptional else each.type for each in declared.arguments)
    if not all(is_scalar(kind, scalars) for kind in kinds):
        return lambda arguments: convert_arguments(dict(arguments), declared.arguments, scalars, config) if arguments else {}
    names = {config.name_converter.from_argument(each): each.python_name for each in declared.arguments}
    return lambda arguments: {names[name]: value for name, value in arguments.items()}
