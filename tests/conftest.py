"""Fixtures for all tests: an empty store, and the classifier of the built-in plugins."""

from collections.abc import Iterator

import pytest

from sellerhealth.store.database import Database
from sellerhealth.testing.empty_store import empty_database

pytest_plugins = [
    "tests.support.memory",
    "tests.support.log",
    "tests.support.scheduling",
    "tests.support.every_statement",
    "tests.support.api",
    "tests.support.imports",
    "tests.support.example",
]


@pytest.fixture
def database() -> Iterator[Database]:
    """An empty store of its own."""
    with empty_database() as database:
        yield database
