"""Migrates a database to the tables that this version of the code needs."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from sellerhealth.database_url import redacted
from sellerhealth.errors import StoreNotReady, StoreNotRecognised
from sellerhealth.model.records import Account
from sellerhealth.store.database import Database
from sellerhealth.store.distribution import distribute_new
from sellerhealth.store.faults import describe
from sellerhealth.store.postgresql_server import wait_to_migrate
from sellerhealth.store.text_order import order_by_code_points

MIGRATIONS = files("sellerhealth.store") / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def scripts() -> ScriptDirectory:
    """The migrations of this version, from the newest to the first."""
    return ScriptDirectory.from_config(_config())


def upgrade(database: Database) -> None:
    """Runs the migrations that the database lacks, in one transaction. Several that do take turns."""
    config = _config()
    with database.writing() as connection:
        if not database.is_sqlite:
            wait_to_migrate(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        order_by_code_points(connection)  # also of columns that a migration adds
        distribute_new(connection)


def reason_to_migrate(database: Database) -> str | None:
    """Why the database has to be migrated; None if it has exactly the tables that this code needs. Only reads, so it waits for no writer.

    Raises StoreNotReady for a database of a newer version, StoreNotRecognised for one of another program.
    """
    current, newest = revision_of(database), scripts().get_current_head()
    if current is None:
        return "has no tables yet"
    if current not in {script.revision for script in scripts().walk_revisions()}:
        raise StoreNotReady(
            f"The database {redacted(database.url)} was used by a newer version of sellerhealth, at revision {current}. Install that version."
        )
    return None if current == newest else f"is at revision {current}, but this version needs {newest}"


def revision_of(database: Database) -> str | None:
    """The newest migration of the database; None if it has no tables. Raises StoreNotRecognised if its tables are of another program."""
    if database.file is not None and not database.file.exists() and database.file.parent.is_dir():
        return None
    with database.reading() as connection:
        tables = sa.inspect(connection).get_table_names() if database.is_sqlite else ()  # on a server others may have tables, too
        if tables and Account.__tablename__ not in tables:
            raise describe(StoreNotRecognised, database.url)
        return MigrationContext.configure(connection).get_current_revision()


def check(database: Database) -> None:
    """Raises StoreNotReady unless the database has exactly the tables that this code needs."""
    if reason := reason_to_migrate(database):
        raise StoreNotReady(f"The database {redacted(database.url)} {reason}. Run `sellerhealth migrate`.")


def check_readable(database: Database) -> None:
    """Raises StoreNotReady as `check` does, and another StoreFault if rows cannot be read: on a cluster, those of any worker."""
    check(database)
    with database.reading() as connection:
        connection.execute(sa.select(Account.account_id).limit(1)).first()  # a cluster asks every shard for its first row
