"""An operation ends between two fields when its deadline has passed. A field that fails does not end what others wait for."""

import asyncio
import datetime as dt

import pytest
import strawberry
from graphql import ExecutionResult, execute, parse
from graphql.execution.values import VariableValues

from sellerhealth.access import OWNER
from sellerhealth.deadline import Deadline
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.document_cache import PreparedDocument
from sellerhealth.graphql.executor.execution import Arguments, Execution
from sellerhealth.graphql.executor.planned import PlannedExecution
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
        return asyncio.run(schema.execute(document, context_value=context)).data

    assert run(Deadline(60))
    with pytest.raises(asyncio.CancelledError):
        run(Deadline(0))


@strawberry.type
class Part:
    @strawberry.field
    async def fails(self) -> str:
        raise ValueError("it fails")

    @strawberry.field
    async def text(self, info: strawberry.Info) -> str:
        return await info.context


@strawberry.type
class Query:
    @strawberry.field
    def part(self) -> Part | None:
        return Part()


def test_a_field_that_fails_does_not_cancel_what_others_wait_for() -> None:
    async def run() -> ExecutionResult:
        shared = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.01, lambda: shared.done() or shared.set_result("of both"))
        document = parse("{ wrong: part { text fails } right: part { text } }")
        return await execute(strawberry.Schema(Query)._schema, document, context_value=shared, executor_class=Execution)

    assert asyncio.run(run()).data == {"wrong": None, "right": {"text": "of both"}}


ENDED: list[str] = []


@strawberry.type
class Required:
    @strawberry.field
    async def waits(self, info: strawberry.Info) -> str:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ENDED.append(info.field_name)
        return "never"

    @strawberry.field
    async def fails(self) -> str:
        raise ValueError("it fails")

    @strawberry.field
    async def fails_later(self) -> str:
        await asyncio.sleep(0)
        raise ValueError("it fails")


@pytest.mark.parametrize("failing", ["fails", "failsLater"])
def test_what_still_waits_is_ended_when_the_whole_answer_is_null(failing: str) -> None:
    schema = strawberry.Schema(Required)._schema
    document = PreparedDocument(schema, f"{{ waits {failing} }}", (), 100)
    no_variables = VariableValues({}, {})
    (operation,) = document.operations
    arguments = Arguments(schema, {}, {}, None, None, operation, no_variables)
    execution = PlannedExecution(arguments, document.plan(operation, no_variables))
    ENDED.clear()
    result = asyncio.run(asyncio.wait_for(execution.execute_operation(), 10))
    assert result.data is None
    assert [error.path for error in result.errors or ()] == [[failing]]
    assert ENDED == ["waits"]
