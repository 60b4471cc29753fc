"""What is read of one account costs its own days: with any statistics, SQLite never reads those of all accounts."""

from collections.abc import Sequence
from typing import Any

import pytest

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.testing import CLOCK, DAY, TODAY, World
from tests.support.reference_metrics import DEFINITIONS
from tests.support.world import built_in

METRICS = list(map(built_in, DEFINITIONS))
WINDOWS = [MetricQuery(metric, window, TODAY) for metric in METRICS for window in metric.windows]
PARTS = [MetricQuery(metric, metric.windows[0], TODAY, part=Part("marketplace")) for metric in METRICS]
SERIES = [MetricQuery(metric, metric.windows[0], TODAY, since=TODAY - 300 * DAY) for metric in METRICS]


@pytest.mark.sqlite_file
@pytest.mark.parametrize("queries", [WINDOWS, PARTS, SERIES], ids=["windows", "parts", "series"])
@pytest.mark.parametrize("accounts", [AccountFilter(), AccountFilter(account_ids=(1,))], ids=["all", "one"])
def test_only_days_of_the_accounts_are_read(
    world: World, sent: Sequence[tuple[str, Any]], queries: Sequence[MetricQuery], accounts: AccountFilter
) -> None:
    world.roll_up(METRICS)
    with world.database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")
        # One account, of which there are many days: to read all is then the shortest way.
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name LIKE 'rollup_%' AND type = 'table'").scalars().all()
        for table in tables:
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, '1464 1464 4 2 1 1')", (table, table))
        connection.exec_driver_sql("ANALYZE sqlite_schema")
    plan = compile_queries(queries, accounts, CLOCK, sees_all=True, from_rollups=True)
    with world.database.reading() as connection:
        ReadSession(connection, OWNER, CLOCK).execute(plan.statement, plan.parameters)
        statement, parameters = sent[-1]
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    of_rollups = [step.detail for step in steps if "rollup_" in step.detail]
    assert of_rollups
    assert {step for step in of_rollups if "(account_id=?" not in step} == set()
