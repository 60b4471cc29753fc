"""Migrations create exactly the declared tables, on SQLite and on PostgreSQL; a database that is not ready is refused with the reason."""

import io
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.schema import CreateIndex, CreateTable

from sellerhealth.errors import StoreNotReady, StoreUnreachable
from sellerhealth.model.tables import metadata
from sellerhealth.store import migrate
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import check, upgrade
from tests.support.stores import Kind, Stores


@pytest.fixture
def nothing(stores: Stores, store_kind: Kind, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    database = Database(stores.url_without_tables(tmp_path, store_kind))
    yield database
    database.close()


def clauses(statements: Iterable[str]) -> set[tuple[str, ...]]:
    """Statements as sets of clauses, in any order: SQLite writes a column that was added to a table into the line of the last one.

    The name of a table that a migration copied is quoted.
    """
    split = (re.split(r",(?=[ \n])|\n", statement.strip().replace('"', "")) for statement in statements)
    return {tuple(sorted(clause.strip() for clause in each if clause.strip())) for each in split} - {()}


def with_changed_columns(statements: Iterable[str]) -> list[str]:
    """The statements that create tables, with what later statements change of their columns. Changes of data are left out."""
    created: dict[str, str] = {}
    for statement in map(str.strip, statements):
        if added := re.fullmatch(r"ALTER TABLE (\w+) ADD COLUMN (.*)", statement, re.DOTALL):
            table = f"CREATE TABLE {added[1]} ("
            created[table] = created[table].replace("(", f"(\n{added[2]},", 1)
        elif renamed := re.fullmatch(r"ALTER TABLE (\w+) RENAME (\w+) TO (\w+)", statement):
            table, (_, old, new) = f"CREATE TABLE {renamed[1]} (", renamed.groups()
            created[table] = re.sub(rf"^(\s*){old} ", rf"\1{new} ", created[table], flags=re.MULTILINE)
            comment = created.pop(f"COMMENT ON COLUMN {renamed[1]}.{old}")
            created[f"COMMENT ON COLUMN {renamed[1]}.{new}"] = comment.replace(f".{old} ", f".{new} ", 1)
        elif nullable := re.fullmatch(r"ALTER TABLE (\w+) ALTER COLUMN (\w+) DROP NOT NULL", statement):
            table = f"CREATE TABLE {nullable[1]} ("
            created[table] = re.sub(rf"(\s{nullable[2]} \w+) NOT NULL,", r"\1,", created[table])
        elif dropped := re.fullmatch(r"ALTER TABLE (\w+) DROP CONSTRAINT (\w+)", statement):
            table = f"CREATE TABLE {dropped[1]} ("
            created[table] = re.sub(rf",\s*CONSTRAINT {dropped[2]} .*", "", created[table])
        elif dropped := re.fullmatch(r"DROP INDEX (\w+)", statement):
            del created[f"CREATE INDEX {dropped[1]}"]
        elif not statement.startswith(("INSERT", "UPDATE")):
            name = re.match(r"CREATE TABLE .*|CREATE INDEX \w+|COMMENT ON COLUMN \S+|", statement)
            created[(name[0].rstrip() if name else "") or statement] = statement
    return list(created.values())


def tables_of(database: Database) -> set[tuple[str, ...]]:
    """The statements that created the tables and indexes of a file. Of a server: those that would create what is there."""
    with database.reading() as connection:
        if not database.is_sqlite:
            found = sa.MetaData()
            found.reflect(connection)
            created: list[sa.ExecutableDDLElement] = []
            for table in found.sorted_tables:
                if table.name != "alembic_version":
                    created += [CreateTable(table), *map(CreateIndex, table.indexes)]
            # Migrations give all texts the order of code points, also where that of the database is another one.
            return clauses(str(statement.compile(connection)).replace(' COLLATE "C"', "") for statement in created)
        statements = connection.scalars(sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'"))
        return clauses(statements)


# ---------------------------------------------------------------- the tables


def test_migrations_create_the_declared_tables(database: Database, nothing: Database) -> None:
    with nothing.writing() as connection:
        metadata.create_all(connection)
    assert tables_of(database) == tables_of(nothing)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrations_create_the_same_tables_on_postgresql() -> None:
    declared: list[str] = []
    engine = sa.create_mock_engine("postgresql://", lambda statement, *_: declared.append(str(statement.compile(dialect=engine.dialect))))
    metadata.create_all(engine, checkfirst=False)
    migrated = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": migrated})
    with Operations.context(context):
        for script in reversed(list(migrate.scripts().walk_revisions())):
            script.module.upgrade()
    assert clauses(with_changed_columns(migrated.getvalue().split(";\n\n"))) == clauses(declared)
    assert "SERIAL" not in migrated.getvalue()


# ---------------------------------------------------------------- a database that is not ready


def test_the_file_of_a_migration_begins_with_its_revision() -> None:
    assert list(migrate.revisions()) == [script.revision for script in migrate.scripts().walk_revisions()][::-1]


def test_a_migrated_database_is_ready_and_migrating_it_again_changes_nothing(database: Database) -> None:
    before = tables_of(database)
    upgrade(database)
    check(database)
    assert tables_of(database) == before


def test_a_database_without_tables_is_not_ready(nothing: Database) -> None:
    with pytest.raises(StoreNotReady, match=r" has no tables yet\. Run `sellerhealth migrate`\.$"):
        check(nothing)
    upgrade(nothing)
    check(nothing)


def test_a_database_of_a_newer_version_is_not_ready(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreNotReady, match=r"newer version of sellerhealth, at revision 9999\. Install that version\.$"):
        check(database)


def test_a_database_that_is_behind_is_not_ready(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    newest = migrate.scripts().get_current_head()
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.scripts().dir, folder)
    (folder / "versions" / "9999_next.py").write_text(f"revision, down_revision = '9999', {newest!r}\ndef upgrade(): pass\n")
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)
    with pytest.raises(StoreNotReady, match=rf"is at revision {newest}, but this version needs 9999\. Run `sellerhealth migrate`\.$"):
        check(database)
    upgrade(database)
    check(database)


def test_a_database_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}")
    with pytest.raises(StoreUnreachable, match=r"nowhere/store\.db cannot be opened, because there is no folder .*nowhere\. Create it"):
        check(database)
    database.close()
