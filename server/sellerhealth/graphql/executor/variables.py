"""Reads the variables of an operation. Texts, truth values and whole numbers need no coercion; anything else is left to graphql-core."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    get_nullable_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

MAX_ERRORS = 50  # as graphql-core has it by default
_CLASSES: Mapping[GraphQLInputType, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool, GraphQLInt: int}


class _Variable(NamedTuple):
    """A variable whose values of a class are taken as they are; None for no class."""

    signature: GraphQLVariableSignature
    of_class: type | None
    may_be_missing: bool


class VariableReader:
    """Reads the variables of an operation of a valid document."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema, self._operation = schema, operation
        self._variables = [_variable(get_variable_signature(schema, each)) for each in operation.variable_definitions or ()]

    def read(self, sent: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values of the variables, or what is wrong with them."""
        sources: dict[str, VariableValueSource] = {}
        values: dict[str, Any] = {}
        for signature, of_class, may_be_missing in self._variables:
            name = signature.name
            value: Any = sent.get(name, Undefined)
            if value is Undefined and may_be_missing:
                sources[name] = VariableValueSource(signature)
            elif _is_usual(value, of_class):
                sources[name] = VariableValueSource(signature, value)
                values[name] = value
            else:
                return get_variable_values(self._schema, self._operation.variable_definitions or (), sent, MAX_ERRORS)
        return VariableValues(sources, values)


def _is_usual(value: Any, of_class: type | None) -> bool:
    return value.__class__ is of_class and (not isinstance(value, int) or -(2**31) <= value < 2**31)


def _variable(signature: Any) -> _Variable:
    may_be_missing = signature.default is None and not is_non_null_type(signature.type)
    return _Variable(signature, _CLASSES.get(get_nullable_type(signature.type)), may_be_missing)
