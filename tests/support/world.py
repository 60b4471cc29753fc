"""Additions to the testing kit for our own tests: the built-in metrics by key, and several queries at once."""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from sellerhealth import Metric
from sellerhealth.access import OWNER
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.testing import World


def built_in(key: str, **settings: Any) -> Metric:
    """A built-in metric. Raises ValidationError for settings that it does not have."""
    module = import_module(f"sellerhealth_metrics.{key}")
    declared = getattr(module, key)
    return declared if isinstance(declared, Metric) else declared(module.Settings.model_validate(settings, extra="forbid"))


def measure_all(world: World, *queries: tuple[int, MetricQuery]) -> Sequence[QueryResult]:
    """The results of queries about accounts, all of one batch."""

    async def measured() -> Sequence[QueryResult]:
        batch = MetricBatch(world.database, OWNER, world.clock)
        return await asyncio.gather(*(batch.measure(*query) for query in queries))

    return asyncio.run(measured())
