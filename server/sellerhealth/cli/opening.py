"""What commands open: the settings, with options before everything else, the log, the store; and what is looked up there by name."""

import contextlib
import logging
import sys
from collections.abc import Container, Iterator
from typing import Any

import sqlalchemy as sa
import structlog
from alembic.util import CommandError
from structlog.typing import EventDict

from sellerhealth.access import OWNER
from sellerhealth.checks.metric_checks import EmptyTables, checker
from sellerhealth.errors import NotFound, StoreNotReady, did_you_mean
from sellerhealth.graphql_names import fold
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Account
from sellerhealth.plugins.load import Loaded, PluginState, load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import check, upgrade

# With the traceback of what is logged as an exception: the renderer alone would only say that there was one.
_AS_JSON = (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())


def read_settings(*, quiet: bool = True, untold: Container[str] = (), **options: Any) -> Settings:
    """The settings, an option that was given before all other sources.

    `quiet`: the log tells of nothing less than a warning. `untold`: events that it leaves out, because the command shows them itself.
    """

    def leave_out(logger: object, level: str, event: EventDict) -> EventDict:
        if event["event"] in untold:
            raise structlog.DropEvent
        return event

    settings = Settings(**{name: value for name, value in options.items() if value is not None})
    least = logging.getLevelNamesMapping()[settings.log_level.upper()]
    # To the standard error: the standard output is for the answer.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(max(least, logging.WARNING) if quiet else least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            leave_out,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.dev.ConsoleRenderer()] if sys.stderr.isatty() else _AS_JSON),
        ],
        cache_logger_on_first_use=False,
    )
    return settings


def loaded_plugins(settings: Settings) -> Loaded:
    """The plugins as a server would load them, for commands that need no store."""
    return load_plugins(settings, check_metric=checker(EmptyTables()))


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The store, ready for use, and closed in the end. A file is migrated by itself; a server database must not be behind."""
    database = Database(settings.database)
    try:
        make_ready(database)
        yield database
    finally:
        database.close()


def account_named(database: Database, key: str) -> int:
    """The id of the account with a key. Raises NotFound, which offers what was perhaps meant."""
    with database.reading() as connection:
        account_id = accounts.find(connection, key)
        if account_id is None:
            known = connection.scalars(OWNER.accounts(Account.key)).all()
            raise NotFound(f"There is no account {key!r}.{did_you_mean(key, known)} `sellerhealth account list` names them all.")
    return account_id


def metric_named(loaded: Loaded, name: str) -> Metric:
    """A metric by its key or its field. The NotFound of one whose plugin takes no part says so."""
    try:
        return loaded.registry.find(name)
    except NotFound as unknown:
        idle = [plugin for plugin in loaded.plugins if plugin.state is not PluginState.ACTIVE]
        for plugin in idle:
            if fold(plugin.name) == fold(name):
                unknown.add_note(f"The plugin {plugin} is {plugin.state}: {plugin.reason}")
        if idle:
            unknown.add_note(f"Plugins that take no part: {len(idle)}. `sellerhealth plugins` says which, and why.")
        raise


def make_ready(database: Database) -> None:
    """Migrates a file. Raises StoreNotReady where a server database is behind: others may be using it."""
    if database.is_sqlite:
        bring_up_to_date(database)
    else:
        check(database)


def bring_up_to_date(database: Database) -> None:
    """Runs the migrations that the database lacks. Raises StoreNotReady when that cannot be done."""
    shown = database.url.render_as_string()
    try:
        upgrade(database)
    except sa.exc.DatabaseError as error:
        raise StoreNotReady(f"The database {shown} cannot be used: {error.orig}. Check the setting `database`.") from error
    except CommandError as error:
        raise StoreNotReady(f"The database {shown} was used by a newer version of sellerhealth: {error}. Install that version.") from error
