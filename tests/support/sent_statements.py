"""The statements that tests count."""

from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.store.database import Database


@pytest.fixture
def sent(database: Database) -> Any:
    """The statements that read, as they are sent, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, parameters))

    sa.event.listen(database.reader, "before_cursor_execute", note)
    yield statements
    sa.event.remove(database.reader, "before_cursor_execute", note)
