"""The comparison with other servers: what they get of ours is enough to answer the same documents with the same data."""

import json

import pytest
from graphql import build_schema, lexicographic_sort_schema, parse, print_schema, validate
from starlette.testclient import TestClient

from benchmarks.peers import data, python_server
from benchmarks.peers.documents import DASHBOARD, DATA, METRICS, PORTFOLIO, dashboard, portfolio
from benchmarks.peers.plain_types import plain_schema
from benchmarks.peers.selected_schema import selected_schema
from sellerhealth import testing
from sellerhealth.graphql_names import field_name

SHAPES = {"dashboard": dashboard("seller-2"), "portfolio": portfolio(2)}


@pytest.fixture
def folder(tmp_path, world, execute, built_in_schema):
    """What other servers read: the data of three accounts, one of them without orders."""
    for number in (0, 40, 60):
        seller = world.account()
        testing.orders(seller, number)
    found = execute(DATA, first=3)
    assert not found.errors
    data.write(tmp_path, built_in_schema._schema, json.dumps({"data": found.data}, default=str).encode())
    return tmp_path


def servers(folder):
    """The applications in memory."""
    return {
        "strawberry": python_server.application(python_server.strawberry_in_memory(folder), with_middleware=False),
        "executor": python_server.application(python_server.executor_in_memory(folder), with_middleware=True),
    }


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("server", ["strawberry", "executor"])
def test_servers_in_memory_answer_as_ours_does(folder, execute, server, name):
    document, variables = SHAPES[name]
    ours = execute(document, **variables)
    assert not ours.errors
    with TestClient(servers(folder)[server], "http://localhost") as client:
        response = client.post("/graphql", json={"query": document, "variables": variables})
    assert response.json()["data"] == ours.data
    assert "errors" not in response.json()


def test_the_plain_types_are_the_small_schema(folder):
    small = data.read(folder).schema
    plain = build_schema(plain_schema(small, []).as_str())
    assert print_schema(lexicographic_sort_schema(plain)) == print_schema(lexicographic_sort_schema(small))


@pytest.mark.parametrize("document", [DASHBOARD, PORTFOLIO])
def test_the_small_schema_allows_what_ours_does(folder, built_in_schema, document):
    for schema in (built_in_schema._schema, data.read(folder).schema):
        assert validate(schema, parse(document)) == []


def test_every_metric_is_compared(built_ins):
    assert sorted(METRICS) == sorted(map(field_name, built_ins.registry))


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        ("{ nothing }", "Cannot query field"),
        ('{ node(id: "x") { id } }', "id is not selected on an object"),
        ("{ accounts(filter: {}) { nodes { key } } }", "an argument of accounts is of no built-in scalar"),
    ],
)
def test_what_has_no_small_schema_is_refused(built_in_schema, document, mistake):
    with pytest.raises(ValueError, match=mistake):
        selected_schema(built_in_schema._schema, [document])
