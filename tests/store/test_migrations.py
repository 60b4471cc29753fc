"""Migrations make exactly the tables that the code declares, on SQLite and on PostgreSQL, and a store that is not ready says why."""

import io
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from sellerhealth.errors import StoreNotReady
from sellerhealth.model.tables import metadata
from sellerhealth.store import migrate
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import check, upgrade


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    yield database
    database.close()


def clauses(statements: Iterable[str]) -> set[tuple[str, ...]]:
    """Statements by their lines, which in the statement of a table may stand in any order."""
    return {tuple(sorted(line.strip(" \t,") for line in statement.strip().splitlines())) for statement in statements} - {()}


def tables_of(database: Database) -> set[tuple[str, ...]]:
    """The statements that made the tables and indexes of a file."""
    with database.reading() as connection:
        statements = connection.scalars(sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'"))
        return clauses(statements)


# ---------------------------------------------------------------- the tables


def test_migrations_make_what_the_code_declares(database: Database, nothing: Database) -> None:
    with nothing.writing() as connection:
        metadata.create_all(connection)
    assert tables_of(database) == tables_of(nothing)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrations_make_the_same_on_postgresql() -> None:
    declared: list[str] = []
    engine = sa.create_mock_engine("postgresql://", lambda statement, *_: declared.append(str(statement.compile(dialect=engine.dialect))))
    metadata.create_all(engine, checkfirst=False)
    migrated = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": migrated})
    with Operations.context(context):
        for script in reversed(list(migrate.scripts().walk_revisions())):
            script.module.upgrade()
    assert clauses(migrated.getvalue().split(";\n\n")) == clauses(declared)
    assert "SERIAL" not in migrated.getvalue()


# ---------------------------------------------------------------- a store that is not ready


def test_a_store_that_is_up_to_date_is_ready_and_migrating_it_again_changes_nothing(database: Database) -> None:
    before = tables_of(database)
    upgrade(database)
    check(database)
    assert tables_of(database) == before


def test_a_store_without_tables_says_so(nothing: Database) -> None:
    with pytest.raises(StoreNotReady, match=r"new\.db has no tables yet\. Run `sellerhealth migrate`\.$"):
        check(nothing)
    upgrade(nothing)
    check(nothing)


def test_a_store_of_a_newer_version_says_so(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreNotReady, match=r"newer version of sellerhealth, at revision 9999\. Install that version\.$"):
        check(database)


def test_a_store_that_is_behind_says_so(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    newest = migrate.scripts().get_current_head()
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.scripts().dir, folder)
    (folder / "versions" / "next.py").write_text(f"revision, down_revision = 'next', {newest!r}\ndef upgrade(): pass\n")
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)
    with pytest.raises(StoreNotReady, match=rf"is at revision {newest}, but this version needs next\. Run `sellerhealth migrate`\.$"):
        check(database)
    upgrade(database)
    check(database)


def test_a_store_that_cannot_be_reached_says_so_without_its_password(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}")
    with pytest.raises(StoreNotReady, match=r"nowhere/store\.db cannot be reached\. Check the setting `database`\.$"):
        check(database)
    database.close()
