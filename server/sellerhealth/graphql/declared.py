"""What declares the fields and types of the schema: Strawberry keeps it in the extensions of graphql-core's."""

from collections.abc import Mapping
from functools import lru_cache

from graphql import GraphQLEnumType, GraphQLField, GraphQLObjectType, GraphQLSchema, is_object_type
from strawberry.schema import schema_converter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

_KEY = GraphQLCoreConverter.DEFINITION_BACKREF


def declaration_of(field: GraphQLField) -> StrawberryField | None:
    """The declaration of a field."""
    declared = field.extensions.get(_KEY)
    return declared if isinstance(declared, StrawberryField) else None


def executed_declaration(field: GraphQLField, resolve: object = None) -> StrawberryField | None:
    """The declaration of a field that is resolved by it. None if its resolver, or the one that is passed, is not Strawberry's own.

    Another one checks a permission, for example.
    """
    is_own = getattr(resolve or field.resolve, "__module__", None) == schema_converter.__name__
    return declaration_of(field) if is_own else None


def class_of(kind: GraphQLObjectType) -> type | None:
    """The class that declares an object type. None for a type of introspection."""
    declared = kind.extensions.get(_KEY)
    return declared.origin if isinstance(declared, StrawberryObjectDefinition) else None


@lru_cache(maxsize=8)
def types_by_class(schema: GraphQLSchema) -> Mapping[type, GraphQLObjectType]:
    """The object types of a schema by the classes that declare them."""
    kinds = [kind for kind in schema.type_map.values() if is_object_type(kind)]
    return {found: kind for kind in kinds if (found := class_of(kind)) is not None}


def enum_of(kind: GraphQLEnumType) -> type | None:
    """The Python enum that declares an enum."""
    declared = kind.extensions.get(_KEY)
    return declared.wrapped_cls if isinstance(declared, StrawberryEnumDefinition) else None
