"""An operation ends between two fields when its deadline has passed."""

import asyncio
import datetime as dt

import pytest

from sellerhealth.access import OWNER
from sellerhealth.deadline import Deadline
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.schema import Schema
from sellerhealth.testing import CLOCK, World


@pytest.mark.parametrize("document", ["{ viewer { name } }", "{ metricDefinitions { key } }"])
def test_a_deadline_ends_the_execution_as_a_whole(document: str, built_in_schema: Schema, world: World) -> None:
    clock = CLOCK.astimezone(dt.UTC)

    def run(deadline: Deadline) -> object:
        batch = MetricBatch(world.database, OWNER, clock)
        context = Context(OWNER, clock, world.database, batch, built_in_schema.loaded, deadline=deadline)
        return asyncio.run(built_in_schema.execute(document, context_value=context)).data

    assert run(Deadline(60))
    with pytest.raises(asyncio.CancelledError):
        run(Deadline(0))
