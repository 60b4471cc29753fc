"""Help is fast, and the version is printed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_help_imports_nothing_slow():
    slow = ["uvicorn", "starlette", "strawberry", "alembic", "graphql", "ijson", "sqlalchemy", "pydantic", "sellerhealth.facts"]
    code = f"import sys; from sellerhealth.cli import app; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("shell", "words"), [("bash", "COMP_WORDS"), ("zsh", "_TYPER_COMPLETE_ARGS"), ("fish", "_TYPER_COMPLETE_ARGS")])
def test_commands_are_completed_in_every_shell(shell, words):
    command = Path(sys.executable).with_name("sellerhealth")
    asked = {
        "_SELLERHEALTH_COMPLETE": f"complete_{shell}",
        words: "sellerhealth imp",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run([str(command)], env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert all(name in done.stdout for name in ("import", "imports")), done.stderr
    assert "serve" not in done.stdout


def test_the_version_is_that_of_the_distribution(invoke):
    from importlib.metadata import version

    assert invoke("--version").out == f"sellerhealth {version('sellerhealth')}\n"
