"""Fixtures of imports: an account in a store of its own, and the built-in formats without the other plugins. Reads what was stored."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER
from sellerhealth.facts import FeedbackClass
from sellerhealth.intake import ImportSummary, create_account, import_stream
from sellerhealth.model.tables import Table
from sellerhealth.plugins.classifier import Classifier
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.registry import MetricRegistry
from sellerhealth.store.database import Database
from tests.support.importers import IMPORTERS, NOW, ORIGIN, registered
from tests.support.running import ROLLUPS


def pytest_configure(config: pytest.Config) -> None:
    """Most tests keep no rollups, which take as long as a small import itself. Those of rollups do, and the demo that is served."""
    os.environ[ROLLUPS] = "false"


@pytest.fixture
def loaded() -> Loaded:
    def classify(rating: int, comment: str | None) -> FeedbackClass:
        return FeedbackClass.NEGATIVE if rating < 3 else FeedbackClass.POSITIVE

    return Loaded(MetricRegistry(()), registered(IMPORTERS), Classifier((ORIGIN, classify)), (), keeps_rollups=False)


@pytest.fixture
def account(database: Database) -> int:
    return create_account(database, OWNER, "SHOP-1", "A shop")


@pytest.fixture
def import_text(database: Database, loaded: Loaded, account: int, tmp_path: Path) -> Callable[..., ImportSummary]:
    """Imports a text as a file into the account. Rejected rows go to a file in the folder of the test."""

    def import_text(text: str | bytes, name: str = "file.csv", **options: Any) -> ImportSummary:
        stream = io.BytesIO(text.encode() if isinstance(text, str) else text)
        file = Path(name)
        rejects = tmp_path / f"{file.stem}.rejected{file.suffix}"
        defaults = {"observed_at": NOW, "rejects": lambda name: rejects}
        return import_stream(database, loaded, OWNER, account, stream, name, **(defaults | options))

    return import_text


def stored(database: Database, table: type[Table]) -> list[dict[str, Any]]:
    """The rows of a table, in the order of its key."""
    of_table = sa.inspect(table)
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(*of_table.columns).order_by(*of_table.primary_key)).mappings()]
