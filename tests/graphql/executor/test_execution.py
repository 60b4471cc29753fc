"""An operation ends between two fields when its deadline has passed. What its fields declare is read together, round by round."""

import asyncio
import datetime as dt
import gc
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLSchema
from graphql.execution.values import VariableValues

from sellerhealth.access import OWNER, Permission, Viewer
from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.decorators import field, object_type, resolver
from sellerhealth.graphql.document_cache import PreparedDocument
from sellerhealth.graphql.executor.execution import Execution, ExecutionArguments
from sellerhealth.graphql.executor.planned import PlannedExecution
from sellerhealth.graphql.permissions import enforce_permissions
from sellerhealth.graphql.reading import Loader, Reading
from sellerhealth.graphql.schema import make_schema
from sellerhealth.plugins.load import Loaded
from sellerhealth.testing import CLOCK, World


@pytest.mark.parametrize("plans", [True, False])
@pytest.mark.parametrize("document", ["{ viewer { name } }", "{ metricDefinitions { key } }"])
def test_a_deadline_ends_the_execution_as_a_whole(document: str, built_ins: Loaded, world: World, plans: bool) -> None:
    schema, clock = make_schema(built_ins, plans=plans), CLOCK.astimezone(dt.UTC)

    def run(deadline: Deadline) -> object:
        batch = MetricBatch(world.database, OWNER, clock)
        context = Context(OWNER, clock, batch, schema.loaded, deadline=deadline)
        return schema.execute_sync(document, context_value=context).data

    assert run(Deadline(60))
    with pytest.raises(asyncio.CancelledError):
        run(Deadline(0))


def test_what_an_operation_read_is_freed_when_it_ends(built_ins: Loaded, world: World) -> None:
    """It is not left to garbage collection, which stops all threads: beside large operations for half a second at a time."""
    world.account().order()
    world.save()
    document = """{
      accounts(first: 3) { nodes { metricResults { overallStatus windows { value } history(from: "2026-03-25") { value } } } }
      account(key: "seller-1") { orders(first: 1) { nodes { key packages { id } claims { id } } } }
    }"""
    schema, clock = make_schema(built_ins), CLOCK.astimezone(dt.UTC)

    def run() -> weakref.ref[MetricBatch]:
        batch = MetricBatch(world.database, OWNER, clock)
        result = schema.execute_sync(document, context_value=Context(OWNER, clock, batch, built_ins))
        assert not result.errors
        return weakref.ref(batch)

    run()  # a document that is new leaves something of its own
    gc.disable()
    try:
        assert run()() is None
    finally:
        gc.enable()


class Shelf:
    """A reader of titles, which notes what it reads."""

    def __init__(self) -> None:
        self.read: list[list[str]] = []
        self.titles: Loader[str, str] = Loader(self._titles)

    def _titles(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.read.append(list(keys))
        if "broken" in keys:
            raise ValueError("the shelf is broken")
        return {key: f"title of {key}" for key in keys if key != "unknown"}


@object_type
class Book:
    """A book."""

    key: str

    @resolver
    def title(self, info: strawberry.Info) -> Reading[str]:
        """Null is an error."""
        return info.context.titles.reading(self.key, lambda title: title)

    @resolver
    def sequel(self, info: strawberry.Info) -> Reading["Book | None"]:
        """Read after the title is known."""
        return info.context.titles.reading(
            self.key, lambda title: info.context.titles.reading(f"{self.key}+", lambda _: Book(key=f"{self.key}+"))
        )

    @resolver
    def fails(self) -> str:
        """It fails."""
        raise ValueError("it fails")


@object_type
class Query:
    """Books."""

    @resolver
    def books(self, keys: list[str]) -> list[Book | None]:
        """One for each key."""
        return [Book(key=key) for key in keys]

    @resolver
    def titles(self, info: strawberry.Info, keys: list[str]) -> list[str | None]:
        """Each is read."""
        return [info.context.titles.reading(key, lambda title: title) for key in keys]

    @resolver
    def fails(self) -> str:
        """It fails."""
        raise ValueError("it fails")


def run(text: str, shelf: Shelf, *, plans: bool = True) -> ExecutionResult:
    schema = strawberry.Schema(Query)._schema
    if plans:
        return planned(schema, text, shelf)
    result: Any = Execution(_prepared(schema, text, shelf)[1]).execute_operation()
    return result


def planned(schema: GraphQLSchema, text: str, context: Any) -> ExecutionResult:
    """The result of a document by its plan."""
    document, arguments = _prepared(schema, text, context)
    plan = document.plan(arguments.operation, arguments.variable_values, NEVER.check_may_wait)
    assert plan is not None
    return PlannedExecution(arguments, plan).execute_operation()


def _prepared(schema: GraphQLSchema, text: str, context: Any) -> tuple[PreparedDocument, ExecutionArguments]:
    document = PreparedDocument(schema, text, (), 1000)
    (operation,) = document.operations
    no_variables = VariableValues({}, {})
    return document, ExecutionArguments(schema, document.fragments, document.fragment_details, None, context, operation, no_variables)


def test_what_all_objects_need_is_read_together_in_each_round() -> None:
    shelf = Shelf()
    result = run('{ books(keys: ["a", "b", "a"]) { title sequel { title } } titles(keys: ["b", "c"]) }', shelf)
    a, b = ({"title": f"title of {key}", "sequel": {"title": f"title of {key}+"}} for key in "ab")
    assert result == ExecutionResult({"books": [a, b, a], "titles": ["title of b", "title of c"]})
    assert shelf.read == [["a", "b", "c"], ["a+", "b+"]]


@pytest.mark.parametrize(
    "document",
    [
        '{ books(keys: ["a", "unknown", "b"]) { key title } }',
        '{ books(keys: ["a", "broken"]) { key title } titles(keys: ["broken"]) }',
        '{ books(keys: ["a"]) { key title fails } titles(keys: ["a", "unknown"]) }',
        '{ titles(keys: ["a"]) fails }',
    ],
)
def test_errors_are_those_of_graphql_core(document: str) -> None:
    def answer(*, plans: bool) -> tuple[Any, Any]:
        result = run(document, Shelf(), plans=plans)
        return result.data, sorted((str(error.path), error.message) for error in result.errors or ())

    data, errors = answer(plans=True)
    of_core, errors_of_core = answer(plans=False)
    if '"broken"' in document:  # graphql-core reads each key by itself
        assert data == {"books": [None, None], "titles": [None]}
        assert {message for _, message in errors} == {"the shelf is broken"}
    else:
        assert (data, errors) == (of_core, errors_of_core)
        assert errors


@pytest.mark.parametrize(
    "fields",
    [
        "viewer { name } metricDefinitions @skip(if: $condition) { key }",
        "viewer { name @include(if: $condition) } metricDefinitions { key }",
        'account(key: "seller-1") { name metrics { lateShipmentRate { value window { from @include(if: $condition) } } } }',
        'account(key: "seller-1") { name metrics { ...ids lateShipmentRate { value } } }',
    ],
)
def test_a_condition_that_is_null_is_an_error_where_graphql_core_finds_it(fields: str, built_ins: Loaded, world: World) -> None:
    document = f"query ($condition: Boolean = true) {{ {fields} }} fragment ids on AccountMetrics {{ id @skip(if: $condition) }}"
    document = document if "...ids" in fields else document.partition(" fragment")[0]
    world.account().save()

    def answer(*, plans: bool) -> tuple[Any, Any]:
        context = Context(OWNER, CLOCK, MetricBatch(world.database, OWNER, CLOCK), built_ins)
        result = make_schema(built_ins, plans=plans).execute_sync(document, {"condition": None}, context)
        return result.data, [(error.message, error.path) for error in result.errors or ()]

    of_plan = answer(plans=True)
    assert of_plan == answer(plans=False)
    assert "Argument 'if' has invalid value" in of_plan[1][0][0]


def test_nothing_more_is_read_when_the_whole_answer_is_null() -> None:
    shelf = Shelf()
    result = run('{ books(keys: ["a"]) { title } fails }', shelf)
    assert result.data is None
    assert [error.path for error in result.errors or ()] == [["fails"]]
    assert not shelf.read


class Endless:
    """A reader that always has something more to read."""

    def results(self, keys: object) -> Mapping[Any, Any]:
        return {None: None}

    def known(self, keys: object) -> None:
        """Nothing."""

    def reading(self) -> Reading[str]:
        return Reading(self, (None,), lambda _: self.reading())


def test_the_deadline_ends_what_always_selects_more_to_read(world: World, built_ins: Loaded) -> None:
    @object_type
    class Query:
        """What is never read."""

        @resolver
        def title(self) -> Reading[str]:
            """Its reading selects another one."""
            return Endless().reading()

    context = Context(OWNER, CLOCK, MetricBatch(world.database, OWNER, CLOCK), built_ins, deadline=Deadline(0.05))
    with pytest.raises(asyncio.CancelledError):
        planned(strawberry.Schema(Query)._schema, "{ title }", context)


def test_an_attribute_that_needs_a_permission_asks_for_it(built_ins: Loaded, world: World) -> None:
    @object_type
    class Secret:
        """What not everybody may see."""

        text: str
        hidden: str | None = field(requires=Permission.ADMIN, description="For administrators.")

    @object_type
    class Query:
        """A secret."""

        @resolver
        def secret(self) -> Secret:
            """It."""
            return Secret(text="a", hidden="b")

    schema = strawberry.Schema(Query)._schema
    enforce_permissions(schema)
    for viewer, hidden in ((Viewer("reader", "reader", frozenset({Permission.READ}), granted=None), None), (OWNER, "b")):
        result = planned(
            schema, "{ secret { text hidden } }", Context(viewer, CLOCK, MetricBatch(world.database, viewer, CLOCK), built_ins)
        )
        assert result.data == {"secret": {"text": "a", "hidden": hidden}}
        assert [error.path for error in result.errors or ()] == ([] if hidden else [["secret", "hidden"]])


def test_a_coroutine_is_no_resolver() -> None:
    async def title(self: object) -> str:
        return "never"

    with pytest.raises(TypeError, match="title is a coroutine"):
        resolver(title)
