"""Migrates a database to the tables that this version of the code needs."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from sellerhealth.errors import StoreNotReady
from sellerhealth.store.database import Database

MIGRATIONS = files("sellerhealth.store") / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def scripts() -> ScriptDirectory:
    """The migrations of this version, from the newest to the first."""
    return ScriptDirectory.from_config(_config())


def upgrade(database: Database) -> None:
    """Runs the migrations that the database lacks, in one transaction."""
    config = _config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(database: Database) -> None:
    """Raises StoreNotReady unless the database has exactly the tables that this code needs."""
    url, newest = database.url.render_as_string(), scripts().get_current_head()
    try:
        with database.reading() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except sa.exc.OperationalError as unreachable:
        raise StoreNotReady(f"The database {url} cannot be reached. Check the setting `database`.") from unreachable
    if current is None:
        raise StoreNotReady(f"The database {url} has no tables yet. Run `sellerhealth migrate`.")
    if current not in {script.revision for script in scripts().walk_revisions()}:
        raise StoreNotReady(f"The database {url} was used by a newer version of sellerhealth, at revision {current}. Install that version.")
    if current != newest:
        raise StoreNotReady(f"The database {url} is at revision {current}, but this version needs {newest}. Run `sellerhealth migrate`.")
