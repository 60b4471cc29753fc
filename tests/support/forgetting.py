"""Test modules give back the memory of what the process remembers of their metrics and of the statements of those."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest

from sellerhealth.engine import (
    account_status,
    compile_unproven,
    covering,
    driver_columns,
    judged_alike,
    kept_numbers,
    queries,
    sources,
    work,
)
from sellerhealth.engine import compile as compilation
from sellerhealth.graphql import declared
from sellerhealth.graphql.types import catalog, converters
from sellerhealth.metrics import expressions, worst_reading
from sellerhealth.rollups import buckets, count_tally, grain, keep_tallies, one_pass, tally
from sellerhealth.rollups.falling_due import falling_due, uses_clock
from sellerhealth.store.database import Database
from sellerhealth.testing import empty_store
from tests.support import memory

if TYPE_CHECKING:  # pytest rewrites the assertions of a plugin when it imports it, so no other may do that first
    from tests.support.stores import Stores

_GROWTH = 10_000_000  # bytes
_HELD = pytest.StashKey[int]()  # by this process, after the last search for garbage


def forget_statements(databases: Iterable[Database] = ()) -> None:
    """Forgets what this process remembers of metrics and their statements, and what these databases and those in memory do."""
    for statements in (compilation._plan, compilation._statement, compile_unproven._plan, compile_unproven._unproven_statement):
        statements.cache_clear()
    of_measures = expressions.columns_read, expressions.instants_compared
    for remembered in (
        *of_measures,
        expressions.kinds_read,
        expressions.number_of_lookups,
        expressions.number_of_looks,
        work._whole,
        work._judged,
        account_status.health_queries,
        account_status._judged_queries,
        covering._covering,
        driver_columns.driver_names,
        judged_alike._result_of_alike,
        judged_alike._parts_of_alike,
        judged_alike._judged,
        kept_numbers._kind,
        kept_numbers.remembered,
        queries.query_of,
        worst_reading._excludes,
    ):
        remembered.cache_clear()
    of_tallies = tally.tallies_of, sources._members_for, count_tally._plain_statements, keep_tallies._looked_up
    for remembered in (
        grain.fingerprint,
        falling_due,
        uses_clock,
        grain.can_be_rolled_up,
        buckets._plain_statements,
        one_pass._one_pass,
        *of_tallies,
    ):
        remembered.cache_clear()
    for remembered in (declared.types_by_class, converters.target, catalog.definition_of):  # they hold schemas, and metrics
        remembered.cache_clear()
    for database in (*databases, *(each for _, each in empty_store._closed)):
        database.reader.clear_compiled_cache()
        database.writer.clear_compiled_cache()  # it counts the facts for rollups


@pytest.fixture(scope="module", autouse=True)
def compiled_statements_are_forgotten(pytestconfig: pytest.Config, stores: "Stores") -> Iterator[None]:
    """A process remembers the statements of its metrics. Tests have thousands of metrics, and no two modules share one."""
    yield
    forget_statements(stores.closed())
    _give_back(pytestconfig)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    _give_back(item.config)  # a few objects may hold megabytes, so that Python would not search for long


def _give_back(config: pytest.Config) -> None:
    """Searches for garbage if the process has grown: a search takes half a second."""
    if memory.held() > config.stash[_HELD] + _GROWTH:
        memory.give_back()
        config.stash[_HELD] = memory.held()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_HELD] = memory.held()
