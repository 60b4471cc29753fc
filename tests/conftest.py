"""Fixtures for all tests: an empty store, and the classifier of the built-in plugins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sellerhealth.engine import compile as compilation
from sellerhealth.engine import work
from sellerhealth.metrics import expressions
from sellerhealth.store.database import Database
from sellerhealth.testing.empty_store import open_empty_store
from tests.support.memory import give_back

pytest_plugins = [
    "tests.support.memory",
    "tests.support.scheduling",
    "tests.support.every_statement",
    "tests.support.api",
    "tests.support.imports",
    "tests.support.example",
]


@pytest.fixture(scope="module", autouse=True)
def compiled_statements_are_forgotten() -> Iterator[None]:
    """A process remembers the statements of its metrics. Tests have thousands of metrics, and no two modules share one."""
    yield
    compilation._statement.cache_clear()
    compilation._unproven_statement.cache_clear()
    for remembered in (expressions.columns_read, expressions.kinds_read, expressions.instants_compared, work.judged_work, work._rows_work):
        remembered.cache_clear()
    give_back()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store of its own."""
    database = open_empty_store(tmp_path / "store.db")
    yield database
    database.close()
