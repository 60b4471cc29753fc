"""Migrates a database to the tables that this version of the code needs.

Alembic is imported where it is needed: a database is migrated seldom, and looked at whenever a server starts.
"""

import time
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from sellerhealth.database_url import redacted
from sellerhealth.errors import StoreBusy, StoreNotReady, StoreNotRecognised
from sellerhealth.model.records import Account
from sellerhealth.store.database import Database
from sellerhealth.store.distribution import distribute_new
from sellerhealth.store.faults import describe
from sellerhealth.store.postgresql_server import wait_a_moment, wait_to_migrate
from sellerhealth.store.text_order import order_by_code_points

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

T = TypeVar("T")

_TRIES, _PAUSE = 15, 2.0  # seconds, together as long as other writers are waited for: readers wait for a tenth of it at most
_REVISION = sa.table("alembic_version", sa.column("version_num", sa.String()))  # of one row
MIGRATIONS = files("sellerhealth.store") / "migrations"


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def scripts() -> "ScriptDirectory":
    """The migrations of this version, from the newest to the first."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def revisions() -> Sequence[str]:
    """The revisions of the migrations of this version, oldest first: their files begin with them."""
    return _revisions(str(MIGRATIONS))


@cache  # readiness needs them every few seconds
def _revisions(folder: str) -> Sequence[str]:
    names = (each.name for each in Path(folder, "versions").iterdir())
    return tuple(sorted(name.partition("_")[0] for name in names if name[0].isdigit()))


def upgrade(database: Database) -> None:
    """Runs the migrations that the database lacks, in one transaction. Several that do take turns."""
    from alembic import command

    config = _config()
    with database.writing() as connection:
        if not database.is_sqlite:
            wait_to_migrate(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        order_by_code_points(connection)  # also of columns that a migration adds
        distribute_new(connection)


def change_tables(database: Database, change: Callable[[sa.Connection], T]) -> T:
    """The result of a function that changes tables in a transaction, while others read them. Raises StoreBusy.

    On a server a change waits for whoever reads the table, which a backup does for as long as it takes. So it is tried again and again.
    """
    tries = 1 if database.is_sqlite else _TRIES
    while True:
        try:
            with database.writing() as connection:
                if not database.is_sqlite:
                    wait_a_moment(connection)
                return change(connection)
        except StoreBusy:
            if (tries := tries - 1) == 0:
                raise
            time.sleep(_PAUSE)


def operations_on(connection: sa.Connection) -> "Operations":
    """Changes of tables, as migrations make them."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    return Operations(MigrationContext.configure(connection))


def reason_to_migrate(database: Database) -> str | None:
    """Why the database has to be migrated; None if it has exactly the tables that this code needs. Only reads, so it waits for no writer.

    Raises StoreNotReady for a database of a newer version, StoreNotRecognised for one of another program.
    """
    current, known = revision_of(database), revisions()
    if current is None:
        return "has no tables yet"
    if current not in known:
        raise StoreNotReady(
            f"The database {redacted(database.url)} was used by a newer version of sellerhealth, at revision {current}. Install that version."
        )
    return None if current == known[-1] else f"is at revision {current}, but this version needs {known[-1]}"


def revision_of(database: Database) -> str | None:
    """The newest migration of the database; None if it has no tables. Raises StoreNotRecognised if its tables are of another program."""
    if database.file is not None and not database.file.exists() and database.file.parent.is_dir():
        return None
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        tables = inspector.get_table_names() if database.is_sqlite else ()  # on a server others may have tables, too
        if tables and Account.__tablename__ not in tables:
            raise describe(StoreNotRecognised, database.url)
        if not inspector.has_table(_REVISION.name):
            return None
        revision: str | None = connection.scalar(sa.select(_REVISION.c.version_num))
        return revision


def check(database: Database) -> None:
    """Raises StoreNotReady unless the database has exactly the tables that this code needs."""
    if reason := reason_to_migrate(database):
        raise StoreNotReady(f"The database {redacted(database.url)} {reason}. Run `sellerhealth migrate`.")


def check_readable(database: Database) -> None:
    """Raises StoreNotReady as `check` does, and another StoreFault if rows cannot be read: on a cluster, those of any worker."""
    check(database)
    with database.reading() as connection:
        connection.execute(sa.select(Account.account_id).limit(1)).first()  # a cluster asks every shard for its first row
