"""Generates the functions that read the plain fields of an object: those without a resolver, which are attributes of it.

A generated function takes only what it expects: objects of the class that declares the type, lists, and values of the class of a scalar or
an enum. With anything else it fails, and graphql-core completes the object, which says what is wrong and where.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from strawberry.schema import schema_converter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from sellerhealth.graphql.displayed_field import DisplayedField, Writers
from sellerhealth.graphql.reading import Reading

Read: TypeAlias = Callable[[Any, Writers], Any]

# What a value of the class of a built-in scalar must be besides, so that it is sent as it is: {0} is the value.
_AS_IT_IS: Mapping[GraphQLLeafType, tuple[str, str]] = {
    GraphQLBoolean: ("bool", ""),
    GraphQLFloat: ("float", " and {0} - {0} == 0.0"),  # neither infinite nor not a number
    GraphQLID: ("str", ""),
    GraphQLInt: ("int", " and -2147483648 <= {0} <= 2147483647"),
    GraphQLString: ("str", ""),
}

FUNCTION, COMPILED = 1_000, 12  # bytes of a function, and for a character of its text


class Unexpected(Exception):
    """A value is not as its type says."""


def declaration_of(field: GraphQLField, resolve: object = None) -> StrawberryField | None:
    """What declares a field. None if its resolver, or the one that is passed, is not Strawberry's own, but for example checks a permission."""
    declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    is_own = getattr(resolve or field.resolve, "__module__", None) == schema_converter.__name__
    return declared if is_own and isinstance(declared, StrawberryField) else None


def attribute_of(field: GraphQLField) -> str | None:
    """The attribute that a plain field reads, also one with a displayed text. None for a field with a resolver."""
    declared = declaration_of(field)
    if declared is None or declared.default_resolver is not getattr:
        return None
    return declared.python_name if declared.is_basic_field or isinstance(declared, DisplayedField) else None


def class_of(kind: GraphQLObjectType) -> type | None:
    """The class that declares an object type."""
    declared = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return declared.origin if isinstance(declared, StrawberryObjectDefinition) else None


class Functions:
    """The generated functions of a plan. Threads may share them.

    Their text has names of fields, types and attributes, and of what a client wrote response keys alone.
    """

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"Unexpected": Unexpected, "items": _items}
        self._leaves: dict[GraphQLLeafType, str] = {}
        self._numbers, self._fields = itertools.count(), itertools.count()  # a next is that of one thread alone
        self.texts: list[str] = []
        self.bytes = 0  # of memory that they take, about

    def of_object(self, kind: GraphQLObjectType, entries: Mapping[str, str]) -> Read:
        """A function that reads an object of a type to a dict with these entries: expressions of `source`, by their key."""
        lines = "".join(f'        "{key}": {entry},\n' for key, entry in entries.items())
        expected = self._name(f"kind_{kind.name}", class_of(kind))
        return self._define(
            "source, write", f"    if source.__class__ is not {expected}:\n        raise Unexpected\n    return {{\n{lines}    }}\n"
        )

    def of_value(self, expression: str) -> Read:
        """A function that returns an expression of `value`."""
        return self._define("value, write", f"    return {expression}\n")

    def written(self, value: str, field: object) -> str:
        """The expression of a displayed text, as the writer of its field makes it."""
        return f"write[{self._name(f'field_{next(self._fields)}', field)}]({value})"

    def expression(
        self, kind: GraphQLOutputType, value: str, read_object: Callable[[GraphQLObjectType], str | None], name: str = "v"
    ) -> str | None:
        """An expression that completes a value of a type. None where a field with a resolver is below it, or an interface.

        `value`: the expression of the value. `name`: a variable for it. `read_object`: the name of the function that reads an object.
        """
        if is_non_null_type(kind):
            return self._present(kind.of_type, value, read_object, name)
        present = self._present(kind, name, read_object, name)
        return None if present is None else f"None if {_bound(name, value)} is None else {present}"

    def _present(self, kind: Any, value: str, read_object: Callable[[GraphQLObjectType], str | None], name: str) -> str | None:
        if is_list_type(kind):
            item = self.expression(kind.of_type, f"{name}i", read_object, f"{name}i")
            return None if item is None else f"[{item} for {name}i in items({value})]"
        if is_object_type(kind):
            read = read_object(kind)
            return None if read is None else f"{read}({value}, write)"
        return self._leaf(kind, value, name) if is_leaf_type(kind) else None

    def _leaf(self, kind: GraphQLLeafType, value: str, name: str) -> str:
        complete = self._leaves.get(kind)
        if complete is None:
            complete = self._leaves[kind] = self._name(f"leaf_{kind.name}", _checked(kind))
        if kind in _AS_IT_IS:
            expected, also = _AS_IT_IS[kind]
            return f"{name} if {_bound(name, value)}.__class__ is {expected}{also.format(name)} else {complete}({name})"
        if (enum := _enum_by_its_names(kind)) is not None:
            expected = self._name(f"kind_{kind.name}", enum)
            return f"{name}._name_ if {_bound(name, value)}.__class__ is {expected} else {complete}({name})"
        return f"{complete}({value})"

    def _name(self, name: str, value: Any) -> str:
        self._names.setdefault(name, value)
        return name

    def _define(self, parameters: str, body: str) -> Read:
        name = f"read_{next(self._numbers)}"
        text = f"def {name}({parameters}):\n{body}"
        exec(compile(text, f"<{name} of a plan>", "exec"), self._names)  # noqa: S102 - it has names of the schema and of response keys alone
        self.texts.append(text)
        self.bytes += FUNCTION + len(text) * COMPILED
        read: Read = self._names[name]
        return read


def _bound(name: str, value: str) -> str:
    return name if name == value else f"({name} := {value})"


def _items(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    raise Unexpected


def _checked(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    """Completes a value of a scalar or an enum, and raises Unexpected for what graphql-core would refuse."""

    def complete(value: Any) -> Any:
        if value is None or isinstance(value, Exception | Reading):
            raise Unexpected
        completed = kind.coerce_output_value(value)
        if completed is None or completed is Undefined:
            raise Unexpected
        return completed

    return complete


def _enum_by_its_names(kind: GraphQLLeafType) -> type | None:
    """The Python enum of an enum that takes its members, and whose values have their names."""
    declared = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF) if isinstance(kind, GraphQLEnumType) else None
    if not isinstance(declared, StrawberryEnumDefinition):
        return None
    enum: Any = declared.wrapped_cls
    try:
        return enum if all(kind.coerce_output_value(member) == member._name_ for member in enum) else None
    except GraphQLError:  # it takes the values of the members
        return None
