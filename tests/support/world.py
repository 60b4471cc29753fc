"""What our own tests need beside the testing kit: the built-in metrics by key, and several questions put at once."""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from sellerhealth import Metric
from sellerhealth.access import OWNER
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import Ask, Measured
from sellerhealth.testing import World


def built_in(key: str, **settings: Any) -> Metric:
    """A built-in metric. Raises ValidationError for settings that it does not have."""
    module = import_module(f"sellerhealth_metrics.{key}")
    declared = getattr(module, key)
    return declared if isinstance(declared, Metric) else declared(module.Settings.model_validate(settings, extra="forbid"))


def ask_all(world: World, *asks: Ask) -> Sequence[Measured]:
    """The answers, all of one batch."""

    async def asked() -> Sequence[Measured]:
        batch = MetricBatch(world.database, OWNER, world.clock)
        return await asyncio.gather(*(batch.measure(ask) for ask in asks))

    return asyncio.run(asked())
