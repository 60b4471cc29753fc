"""Runs commands in this process, in a directory of their own with an empty database."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sellerhealth.cli import app
from tests.support import log

Invoke = Callable[..., "Done"]


class Done:
    """The outcome of a command."""

    def __init__(self, exit_code: int, out: str, err: str) -> None:
        self.exit_code, self.out, self.err = exit_code, out, err

    def rows(self) -> list[list[str]]:
        """The cells of the printed table, without its header."""
        return [line.split() for line in self.out.splitlines()[1:]]


@pytest.fixture
def keeps_rollups() -> bool:
    """Whether commands keep rollups: it takes them a second, and only those about rollups need it."""
    return False


@pytest.fixture
def folder(home: Path, monkeypatch: pytest.MonkeyPatch, keeps_rollups: bool) -> Iterator[Path]:
    """The working directory, with an empty store in which commands of this process look."""
    monkeypatch.chdir(home)
    for name in [name for name in os.environ if name.startswith("SELLERHEALTH_") or name == "CI"]:
        monkeypatch.delenv(name)
    if not keeps_rollups:
        monkeypatch.setenv("SELLERHEALTH_ROLLUPS", "false")
    yield home
    log.configure()  # a command configures the log of its process


@pytest.fixture
def invoke(folder: Path) -> Invoke:
    """Runs a command."""

    def run(*arguments: str, typed: str | None = None) -> Done:
        result = CliRunner().invoke(app, arguments, input=typed)
        return Done(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def claims(folder: Path, invoke: Invoke) -> Path:
    """A file with one claim."""
    path = folder / "claims.csv"
    path.write_text(invoke("import", "--template", "claims").out)
    return path


@pytest.fixture
def shop(claims: Path, invoke: Invoke) -> str:
    """The key of an account into which one claim was imported."""
    assert invoke("import", str(claims), "--account", "shop", "--create", "--name", "My shop").exit_code == 0
    return "shop"
