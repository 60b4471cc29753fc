"""A world for every test of a metric."""

import pytest

from sellerhealth.store.database import Database
from sellerhealth.testing import World


@pytest.fixture
def world(database: Database) -> World:
    """An empty store with a clock."""
    return World(database)
