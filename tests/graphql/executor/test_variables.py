"""Variables are read as graphql-core reads them, and most of them without it."""

from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse
from graphql.execution.values import get_variable_values

from sellerhealth.graphql.executor import variables
from sellerhealth.graphql.executor.variables import VariableReader

SCHEMA = build_schema(
    'enum Colour { RED } input Filter { name: String = "a", sizes: [Int!] } '
    "type Query { field(a: String, b: ID, c: Int, d: Boolean, e: Float, f: [String!], g: Colour, h: Filter): Int }"
)
KINDS = ["String", "ID", "Int", "Boolean", "Float", "[String!]", "Colour", "Filter"]
VALUES = ["a", "RED", "", 7, 2**31, -(2**31), True, None, 0.5, float("nan"), [], ["a"], [None], {}, {"sizes": [1]}, {"other": 1}]
DEFAULTS = {"String": '"a"', "Int": "3", "Boolean": "true", "Filter": "{}"}


def operation_of(text: str) -> OperationDefinitionNode:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def outcome(found: Any) -> Any:
    if isinstance(found, list):
        return [(error.message, error.locations) for error in found]
    return repr(found.coerced), {name: repr(source.value) for name, source in found.sources.items()}


def expected(operation: OperationDefinitionNode, sent: dict[str, Any]) -> Any:
    return outcome(get_variable_values(SCHEMA, operation.variable_definitions or (), sent, variables.MAX_ERRORS))


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_is_read_as_by_graphql_core(kind: str) -> None:
    for declared in (kind, f"{kind}!", *([f"{kind} = {DEFAULTS[kind]}"] if kind in DEFAULTS else ())):
        operation = operation_of(f"query ($first: String, $v: {declared}) {{ field }}")
        reader = VariableReader(SCHEMA, operation)
        for sent in ({}, {"first": "a"}, *({"first": "a", "v": value, "more": 1} for value in VALUES)):
            assert outcome(reader.read(sent)) == expected(operation, sent), (declared, sent)


def test_usual_values_need_no_graphql_core(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise GraphQLError("not needed")

    reader = VariableReader(SCHEMA, operation_of("query ($a: String!, $b: ID!, $c: Int, $d: Boolean, $e: Float) { field }"))
    monkeypatch.setattr(variables, "get_variable_values", refuse)
    sent = {"a": "x", "b": "y", "c": 1, "d": False}
    found = reader.read(sent)
    assert not isinstance(found, list)
    assert found.coerced == sent
    with pytest.raises(GraphQLError):
        reader.read({**sent, "e": 0.5})
