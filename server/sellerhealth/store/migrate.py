"""Migrations: bringing a database to the tables that this version of the code needs."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from sellerhealth.errors import StoreNotReady
from sellerhealth.store.database import Database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("sellerhealth.store") / "migrations"))
    return config


def upgrade(database: Database) -> None:
    """Runs the migrations that the database lacks, in one transaction."""
    config = _config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(database: Database) -> None:
    """Raises StoreNotReady unless the database has exactly the tables that this code needs."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    try:
        with database.reading() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except sa.exc.OperationalError as unreachable:
        raise StoreNotReady(
            f"The database {database.url.render_as_string()} cannot be reached. Check the setting `database`."
        ) from unreachable
    if current != newest:
        state = "has no tables yet" if current is None else f"is at revision {current}, but this version needs {newest}"
        raise StoreNotReady(f"The database {database.url.render_as_string()} {state}. Run `sellerhealth migrate`.")
