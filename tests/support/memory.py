"""Memory of test processes: a run fails when one of its processes, or a process that a test started, ever held more than a gigabyte."""

import ctypes
import gc
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LIMIT = 1_000_000_000  # bytes
_PEAKS = pytest.StashKey[dict[str, int]]()  # by process
_GROWTHS = pytest.StashKey[list[tuple[int, str]]]()  # how much the tests of each module raised the peak, of this process or of all
_SUMMARY = 5  # modules


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


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_PEAKS] = {}
    config.stash[_GROWTHS] = []


@pytest.fixture(scope="module", autouse=True)
def growth_of_the_peak(request: pytest.FixtureRequest) -> Iterator[None]:
    """Notes by how much the tests of a module raise the peak."""
    before = peak()
    yield
    if (growth := peak() - before) > 0:
        request.config.stash[_GROWTHS].append((growth, request.node.nodeid))


def pytest_collection_finish() -> None:
    """What is imported by now stays until the end: `gc.collect` need not search it each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes from a worker of pytest-xdist what it measured. One that crashed has measured nothing, and fails the run anyway."""
    if (measured := getattr(node, "workeroutput", {}).get("peak_memory")) is not None:
        node.config.stash[_PEAKS][node.gateway.id] = measured
        node.config.stash[_GROWTHS] += node.workeroutput["peak_growths"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:  # this process is a worker
        output["peak_memory"], output["peak_growths"] = peak(), session.config.stash[_GROWTHS]
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
    growths = Counter[str]()  # a module may run in parts, or on several processes
    for growth, module in config.stash[_GROWTHS]:
        growths[module] += growth
    if growths:
        terminalreporter.write_line(
            "It grew most in: " + ", ".join(f"{module} {growth / 1e6:,.0f} MB" for module, growth in growths.most_common(_SUMMARY))
        )
    for name, size in peaks.items():
        if size > LIMIT:
            terminalreporter.write_line(
                f"FAILED: the process {name}, or one that its tests started, held {size / 1e6:,.0f} MB. Find what is not freed, "
                "for example with tracemalloc around the tests of those modules.",
                red=True,
            )
