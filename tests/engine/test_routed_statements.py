"""A statement that is prepared for a cluster gives the rows of the plain one, on any database."""

import datetime as dt
from typing import Any

import pytest

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.compile_unproven import compile_unproven
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.model.shard_routing import note_cluster
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, TODAY, World
from tests.support.random_facts import DE, observations, random_facts


@pytest.fixture
def world(database: Database) -> World:
    world = World(database)
    for seed in (1, 2):
        seller = world.account(time_zones={DE: "Europe/Berlin"})
        for fact, observed_at, values in observations(random_facts(seed, "UTC", orders=20)):
            seller.add(fact, observed_at=observed_at, **values)
        seller.save()
    return world


def rows(world: World, plan: Any, *, is_cluster: bool) -> list[Any]:
    with world.database.reading() as connection:
        was_cluster = connection.info.copy()
        note_cluster(connection, is_cluster=is_cluster)
        try:
            found = ReadSession(connection, OWNER, CLOCK).execute(plan.statement, plan.parameters)
            return sorted(([str(cell) for cell in row] for row in found), key=str)
        finally:
            connection.info.clear()
            connection.info.update(was_cluster)


@pytest.mark.parametrize("of_one", [True, False])
def test_the_rows_are_the_same(world: World, built_ins: Loaded, of_one: bool) -> None:
    accounts = AccountFilter(account_ids=(world.accounts[0].account_id,)) if of_one else AccountFilter()
    day = TODAY - dt.timedelta(40)
    metrics = [built_ins.registry[key] for key in ("order_defect_rate", "cancellation_rate", "on_time_delivery_rate")]
    queries = [MetricQuery(metric, metric.windows[0], day, part=part) for metric in metrics for part in (None, Part("marketplace"))]
    for compiled in (compile_queries, compile_unproven):
        plan = compiled(queries, accounts, CLOCK, sees_all=True)
        plain = rows(world, plan, is_cluster=False)
        assert plain
        assert rows(world, plan, is_cluster=True) == plain
