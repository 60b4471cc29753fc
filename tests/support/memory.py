"""Memory of test processes: modules give it back, and a run fails when one of its processes, or a process that a test started, ever held more than a gigabyte."""

import ctypes
import gc
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sellerhealth.engine import account_status, compile_unproven, sources, work
from sellerhealth.engine import compile as compilation
from sellerhealth.graphql.executor import plan
from sellerhealth.graphql.types import catalog, converters
from sellerhealth.metrics import expressions, worst_reading
from sellerhealth.rollups import buckets, count_tally, grain, keep_tallies, tally
from sellerhealth.rollups.falling_due import falling_due, uses_clock
from sellerhealth.store.database import Database
from sellerhealth.testing import empty_store

if TYPE_CHECKING:  # pytest rewrites the assertions of a plugin when it imports it, so no other may do that first
    from tests.support.stores import Stores

LIMIT = 1_000_000_000  # bytes
_PEAKS = pytest.StashKey[dict[str, int]]()  # by process
_HELD = pytest.StashKey[int]()  # by this process, after the last search for garbage


def peak() -> int:
    """The most bytes that this process ever held in memory, or one that it started, such as a worker."""
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return most if sys.platform == "darwin" else most * 1024


def held() -> int:
    """The bytes that this process holds in memory, or 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * resource.getpagesize() if statm.exists() else 0


def give_back() -> None:
    """Gives memory that is no longer used back to the system: the allocator would keep it for its threads."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc
    if trim is not None:
        trim(0)


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
        account_status.judged_queries,
        worst_reading._excludes,
    ):
        remembered.cache_clear()
    of_tallies = tally.tallies_of, sources._members_for, count_tally._statements, keep_tallies._looked_up
    for remembered in (grain.fingerprint, falling_due, uses_clock, grain.can_be_rolled_up, buckets._statements, *of_tallies):
        remembered.cache_clear()
    for remembered in (plan.types_by_class, converters.target, catalog.definition_of):  # they hold schemas, and metrics
        remembered.cache_clear()
    for database in (*databases, *(each for _, each in empty_store._closed)):
        database.reader.clear_compiled_cache()
        database.writer.clear_compiled_cache()  # it counts the facts for rollups


@pytest.fixture(scope="module", autouse=True)
def compiled_statements_are_forgotten(pytestconfig: pytest.Config, stores: "Stores") -> Iterator[None]:
    """A process remembers the statements of its metrics. Tests have thousands of metrics, and no two modules share one.

    A search for garbage takes half a second, so it waits until the process has grown.
    """
    yield
    forget_statements(stores.closed())
    if held() > pytestconfig.stash[_HELD] + LIMIT // 20:
        give_back()
        pytestconfig.stash[_HELD] = held()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_PEAKS] = {}
    config.stash[_HELD] = held()


def pytest_collection_finish() -> None:
    """What is imported by now stays until the end: `gc.collect` need not search it each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes from a worker of pytest-xdist what it measured. One that crashed has measured nothing, and fails the run anyway."""
    if (measured := getattr(node, "workeroutput", {}).get("peak_memory")) is not None:
        node.config.stash[_PEAKS][node.gateway.id] = measured


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:  # this process is a worker
        output["peak_memory"] = peak()
        return
    peaks = session.config.stash[_PEAKS]
    peaks["main"] = peak()
    if max(peaks.values()) > LIMIT and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    peaks = config.stash[_PEAKS]
    terminalreporter.write_line(
        "Peak memory: " + ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in peaks.items()) + f" (limit {LIMIT / 1e6:,.0f} MB)"
    )
    for name, size in peaks.items():
        if size > LIMIT:
            terminalreporter.write_line(
                f"FAILED: the process {name}, or one that its tests started, held {size / 1e6:,.0f} MB. Find what is not freed, "
                "for example with tracemalloc around its slowest tests.",
                red=True,
            )
