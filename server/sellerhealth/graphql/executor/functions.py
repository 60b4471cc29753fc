"""Generates the functions of a plan, which read the plain fields of an object: those without a resolver, which are attributes of it.

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
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from sellerhealth.graphql.declared import class_of, enum_of, executed_declaration
from sellerhealth.graphql.displayed_field import DisplayedField, Writers
from sellerhealth.graphql.reading import Reading

Function: TypeAlias = Callable[[Any, Writers], Any]
NameOf: TypeAlias = Callable[[GraphQLObjectType], str | None]  # of the function that reads an object of a type

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


def attribute_of(field: GraphQLField) -> str | None:
    """The attribute that a plain field reads, also one with a displayed text. None for a field with a resolver."""
    declared = executed_declaration(field)
    if declared is None or declared.default_resolver is not getattr:
        return None
    return declared.python_name if declared.is_basic_field or isinstance(declared, DisplayedField) else None


class Functions:
    """The generated functions of a plan. Threads may share them.

    Their text has names of fields, types and attributes, and of what a client wrote response keys alone.
    """

    def __init__(self) -> None:
        self._globals: dict[str, Any] = {"Unexpected": Unexpected, "items": _items}
        self._numbers, self._fields = itertools.count(), itertools.count()  # a next is that of one thread alone
        self.texts: list[str] = []
        self.bytes = 0  # of memory that they take, about

    def of_object(self, kind: GraphQLObjectType, entries: Mapping[str, str]) -> Function:
        """A function that reads an object of a type to a dict with these entries: expressions of `source`, by their key."""
        lines = "".join(f'        "{key}": {entry},\n' for key, entry in entries.items())
        expected = self._global(f"kind_{kind.name}", class_of(kind))
        return self._define(
            "source, write", f"    if source.__class__ is not {expected}:\n        raise Unexpected\n    return {{\n{lines}    }}\n"
        )

    def of_value(self, expression: str) -> Function:
        """A function that returns an expression of `value`."""
        return self._define("value, write", f"    return {expression}\n")

    def displayed(self, text: str, field: object) -> str:
        """The expression of a text in a locale. `text`: its expression in none. `field`: by which `Writers` find what writes it."""
        return f"write[{self._global(f'field_{next(self._fields)}', field)}]({text})"

    def expression(self, kind: GraphQLOutputType, value: str, name_of: NameOf, variable: str = "v") -> str | None:
        """An expression that completes a value of a type. None where a field with a resolver is below it, or an interface.

        `value`: the expression of the value. `variable`: a name for it where it is used more than once.
        """
        if is_non_null_type(kind):
            return self._present(kind.of_type, value, name_of, variable)
        present = self._present(kind, variable, name_of, variable)
        return None if present is None else f"None if {_assigned(variable, value)} is None else {present}"

    def _present(self, kind: Any, value: str, name_of: NameOf, variable: str) -> str | None:
        """The same of a value that is not null."""
        if is_list_type(kind):
            item = f"{variable}i"
            completed = self.expression(kind.of_type, item, name_of, item)
            return None if completed is None else f"[{completed} for {item} in items({value})]"
        if is_object_type(kind):
            name = name_of(kind)
            return None if name is None else f"{name}({value}, write)"
        return self._leaf(kind, value, variable) if is_leaf_type(kind) else None

    def _leaf(self, kind: GraphQLLeafType, value: str, variable: str) -> str:
        complete = self._global(f"leaf_{kind.name}", _checked(kind))
        if kind in _AS_IT_IS:
            expected, also = _AS_IT_IS[kind]
            return f"{variable} if {_assigned(variable, value)}.__class__ is {expected}{also.format(variable)} else {complete}({variable})"
        if is_enum_type(kind) and (enum := _enum_by_its_names(kind)) is not None:
            expected = self._global(f"kind_{kind.name}", enum)
            return f"{variable}._name_ if {_assigned(variable, value)}.__class__ is {expected} else {complete}({variable})"
        return f"{complete}({value})"

    def _global(self, name: str, value: Any) -> str:
        """The name of a value for the functions."""
        self._globals.setdefault(name, value)
        return name

    def _define(self, parameters: str, body: str) -> Function:
        name = f"read_{next(self._numbers)}"
        text = f"def {name}({parameters}):\n{body}"
        exec(compile(text, f"<{name} of a plan>", "exec"), self._globals)  # noqa: S102 - it has names of the schema and response keys alone
        size = FUNCTION + COMPILED * len(text)
        self.texts.append(text)
        self.bytes += size
        function: Function = self._globals[name]
        return function


def _assigned(variable: str, value: str) -> str:
    return variable if variable == value else f"({variable} := {value})"


def _items(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    raise Unexpected


def _checked(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    """Completes a value of a scalar or an enum, and raises Unexpected for what graphql-core would refuse."""

    def complete(value: Any) -> Any:
        completed = None if value is None or isinstance(value, Exception | Reading) else kind.coerce_output_value(value)
        if completed is None or completed is Undefined:
            raise Unexpected
        return completed

    return complete


def _enum_by_its_names(kind: GraphQLEnumType) -> type | None:
    """The Python enum of an enum that takes its members, and whose values have their names."""
    enum: Any = enum_of(kind)
    try:
        return enum if enum and all(kind.coerce_output_value(member) == member._name_ for member in enum) else None
    except GraphQLError:  # it takes the values of the members
        return None
