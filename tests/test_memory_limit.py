"""The limit of memory fails a run, with and without workers; what tests leave is given back."""

import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from tests.support import forgetting, memory

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_run_that_needs_too_much_memory_fails(tmp_path: Path, workers: str) -> None:
    tmp_path.joinpath("conftest.py").write_text(
        "import itertools\nfrom tests.support import memory\n"
        "memory.LIMIT, memory.peak = 1_000_000, itertools.count(2_000_000, 3_000_000).__next__\npytest_plugins = ['tests.support.memory']\n"
    )
    tmp_path.joinpath("test_it.py").write_text("def test_it(): pass\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--numprocesses", workers],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout
    assert "1 passed" in ran.stdout
    assert f"FAILED: the process {'main' if workers == '0' else 'gw0'}, or one that its tests started, held " in ran.stdout
    assert "It grew most in: test_it.py 3 MB\n" in ran.stdout


class Garbage:
    """An object that refers to itself."""

    def __init__(self, size: int) -> None:
        self.itself, self.holds = self, b"x" * size


@pytest.mark.skipif(memory.held() == 0, reason="the system does not say how much memory a process holds")
def test_garbage_that_holds_much_is_found_after_a_test(request: pytest.FixtureRequest) -> None:
    gone = weakref.ref(Garbage(2 * forgetting._GROWTH))
    assert gone() is not None
    forgetting.pytest_runtest_teardown(request.node)
    assert gone() is None
