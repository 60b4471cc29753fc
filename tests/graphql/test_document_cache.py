"""Documents are parsed and validated once, and nobody can see by the time whether another viewer has sent one that quotes a text."""

import gc
import tracemalloc
from typing import Any

import pytest

from sellerhealth.access import OWNER, Permission, Viewer
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.graphql import document_cache, operation_checks
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.document_cache import DocumentCache
from sellerhealth.graphql.schema import Schema, make_schema
from sellerhealth.plugins.load import Loaded
from sellerhealth.testing import CLOCK, World
from tests.support.api import Execute

A, B = (Viewer(name, "of the same name", frozenset({Permission.READ}), granted=frozenset()) for name in ("a", "b"))


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was parsed and validated, and not remembered."""
    done: list[str] = []

    def noting(name: str) -> None:
        function: Any = getattr(document_cache, name)
        monkeypatch.setattr(document_cache, name, lambda *each, **options: done.append(name) or function(*each, **options))

    noting("parse")
    noting("validate_document")
    return done


BOTH = ["parse", "validate_document"]


def test_a_document_that_quotes_a_text_is_remembered_for_each_viewer_alone(execute: Execute, done: list[str]) -> None:
    for viewer, work in {A: BOTH, B: BOTH * 2}.items():
        for _ in range(2):
            assert execute('{ account(key: "of-a-viewer-alone") { name } }', viewer=viewer).data == {"account": None}
            assert done == work


def test_any_other_is_remembered_for_all(execute: Execute, done: list[str]) -> None:
    for viewer in (A, B, A):
        assert execute("query ForAll($key: String!) { account(key: $key) { name } }", viewer=viewer, key="x").data == {"account": None}
    assert done == BOTH


def test_a_cost_is_remembered_for_the_variables_that_it_depends_on(execute: Execute, monkeypatch: pytest.MonkeyPatch) -> None:
    estimated: list[Any] = []
    estimate = operation_checks.estimate
    monkeypatch.setattr(operation_checks, "estimate", lambda *each: estimated.append(each[3]) or estimate(*each))
    document = "query Weighed($key: String!, $first: Int = 3) { account(key: $key) { orders(first: $first) { nodes { key } } } }"

    def cost(**variables: Any) -> int:
        return execute(document, **variables).extensions["cost"]["requestedQueryCost"]

    three = cost(key="a")
    assert [cost(key="b"), len(estimated)] == [three, 1]
    ten = cost(key="a", first=10)
    assert (ten > three, len(estimated)) == (True, 2)
    assert [cost(key="c", first=10), cost(key="c"), len(estimated)] == [ten, three, 2]


def test_what_depends_on_a_text_of_a_viewer_is_not_remembered(execute: Execute, monkeypatch: pytest.MonkeyPatch) -> None:
    estimated: list[Any] = []
    estimate = operation_checks.estimate
    monkeypatch.setattr(operation_checks, "estimate", lambda *each: estimated.append(each[3]) or estimate(*each))
    for _ in range(2):
        execute("query Named($id: ID!) { node(id: $id) { id } }", id="of-a-viewer")
    assert len(estimated) == 2


def test_the_documents_that_were_used_last_are_remembered_up_to_a_size(built_in_schema: Schema) -> None:
    documents = DocumentCache(built_in_schema._schema, (), 1_000, max_bytes=8_000)
    texts = ["{ viewer { name } }", "{ plugins { name } }", "{ __typename }"]
    for text in texts:
        documents.remember("a", documents.prepare("a", text))
    first = documents.prepare("a", texts[0])
    documents.remember("a", first)
    assert documents.prepare("b", texts[0]) is first  # without a quoted text
    documents.remember("a", documents.prepare("a", "{ metricDefinitions { key } }"))
    assert documents.bytes <= 8_000
    assert documents.prepare("a", texts[0]) is first
    assert documents.prepare("a", texts[1]) is not documents.prepare("a", texts[1])  # forgotten


@pytest.mark.parametrize(
    "selected", ["__typename", 'account(key: "x") { metrics { id } health { status } name }', "viewer { name permissions }"]
)
def test_each_plan_of_a_document_counts(world: World, built_ins: Loaded, selected: str) -> None:
    """Each combination of conditions has one, and a client chooses how many there are."""
    schema, number = make_schema(built_ins), 8
    declared = " ".join(f"$v{each}: Boolean!" for each in range(number))
    document = (
        f"query ({declared}) {{ last: {selected} {' '.join(f'f{each}: __typename @include(if: $v{each})' for each in range(number))} }}"
    )

    def run(combination: int) -> None:
        context = Context(OWNER, CLOCK, MetricBatch(world.database, OWNER, CLOCK), built_ins)
        variables = {f"v{each}": bool(combination >> each & 1) for each in range(number)}
        assert not schema.execute_sync(document, variables, context).errors

    run(0)
    gc.collect()
    counted = schema._documents.bytes
    tracemalloc.start()
    try:
        for combination in range(1, 101):
            run(combination)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.8 * taken < schema._documents.bytes - counted < 2 * taken


def test_what_is_wrong_with_a_document_is_remembered_too(execute: Execute, done: list[str]) -> None:
    first, again = (execute("{ nothingOfThatName }", viewer=A).errors for _ in range(2))
    assert first == again != []
    assert done == BOTH
