"""What is read of one account costs the days that it needs: with any statistics, SQLite never reads those of all accounts, nor PostgreSQL all
of one.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.compile import compile_queries
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.model.shard_routing import routed
from sellerhealth.store.database import Database
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


DAYS = 400


@pytest.fixture
def of_two(database: Database) -> Sequence[int]:
    """Two accounts with rows of many days in every rollup table, of which the server has no statistics."""
    if database.is_sqlite:
        pytest.skip("the test above is its own")
    world = World(database)
    accounts = [world.account().account_id for _ in range(2)]
    world.roll_up(METRICS)
    with database.writing() as connection:
        if connection.exec_driver_sql("SHOW is_superuser").scalar_one() == "off":
            pytest.skip("only a superuser may take the statistics of earlier tests away")
        tables = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE tablename LIKE 'rollup\\_%%_on%%'").scalars().all()
        for table in tables:
            for account_id in accounts:
                connection.exec_driver_sql(
                    f"INSERT INTO {table} (account_id, day, marketplace, channel, part)"
                    f" SELECT {account_id}, CAST('{TODAY}' AS date) - n, 'A', 'seller', '' FROM generate_series(1, {DAYS}) AS n"
                )
            connection.exec_driver_sql(f"DELETE FROM pg_statistic WHERE starelid = '{table}'::regclass")
            connection.exec_driver_sql(f"UPDATE pg_class SET reltuples = -1 WHERE oid = '{table}'::regclass")
    return accounts


def rows_read(plan: Any) -> Iterator[int]:
    """How many rows of rollups each scan of a plan reads."""
    for node in plan if isinstance(plan, list) else plan.values() if isinstance(plan, dict) else ():
        yield from rows_read(node)
    if isinstance(plan, dict) and plan.get("Relation Name", "").startswith("rollup_"):
        yield plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))


def test_without_statistics_each_end_of_a_window_is_one_day(
    database: Database, of_two: Sequence[int], sent: Sequence[tuple[str, Any]]
) -> None:
    for accounts in (AccountFilter(), AccountFilter(account_ids=tuple(of_two[:1])), AccountFilter(account_ids=tuple(of_two))):
        for queries, most in ((WINDOWS, 40), (PARTS, 40), (SERIES, 2 * DAYS)):
            plan = compile_queries(queries, accounts, CLOCK, sees_all=True, from_rollups=True)
            with database.reading() as connection:
                connection.execute(routed(plan.statement), {**OWNER.parameters, **plan.parameters})
                statement, parameters = sent[-1]
                explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters).scalar_one()
            scans = list(rows_read(explained))
            assert scans
            assert max(scans) <= most
