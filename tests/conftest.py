"""Fixtures for all tests: an empty store, and the classifier of the built-in plugins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sellerhealth.store.database import Database
from sellerhealth.testing.empty_store import open_empty_store

pytest_plugins = [
    "tests.support.memory",
    "tests.support.scheduling",
    "tests.support.every_statement",
    "tests.support.api",
    "tests.support.imports",
    "tests.support.example",
]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store of its own."""
    database = open_empty_store(tmp_path / "store.db")
    yield database
    database.close()
