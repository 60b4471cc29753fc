"""Tests that stop a program with Ctrl-C pass where the test run itself ignores it."""

import subprocess
import sys
from pathlib import Path

CHILD = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
RUN = f"""
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
from tests.support.signals import pytest_configure
pytest_configure()
subprocess.run([sys.executable, "-c", {CHILD!r}], check=True)
"""


def test_a_program_that_is_started_by_a_run_in_the_background_can_be_interrupted() -> None:
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", RUN], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
