"""What every test may use: an empty store, and the classifier of the built-in plugins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade

pytest_plugins = ["tests.support.memory", "tests.support.api", "tests.support.imports", "tests.support.example"]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()  # the last connection to close takes what stands in the write-ahead log into the file
    return path


@pytest.fixture
def database(empty_store: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty store of its own."""
    path = tmp_path / "store.db"
    path.write_bytes(empty_store.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()
