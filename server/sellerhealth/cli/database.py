"""Opens and migrates the database for commands, and finds accounts in it."""

import contextlib
import datetime as dt
import shlex
from collections.abc import Iterator

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.cli.output import print_note
from sellerhealth.errors import NotFound, StoreReadOnly, did_you_mean
from sellerhealth.model.records import Account
from sellerhealth.settings import STALE_AFTER, Settings, StaleAfter
from sellerhealth.store.database import Database
from sellerhealth.store.lookups import accounts_by_key
from sellerhealth.store.migrate import check, reason_to_migrate, upgrade


@contextlib.contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database, ready for use, and closed at the end."""
    database = Database.of(settings)
    try:
        prepare_database(database)
        yield database
    finally:
        database.close()


def prepare_database(database: Database) -> None:
    """Migrates an SQLite file that is behind. Raises StoreNotReady if a server database is behind: other programs may be using it."""
    if database.is_sqlite:
        migrate_database(database)
    else:
        check(database)


def migrate_database(database: Database) -> None:
    """Runs the pending migrations. Without any it only reads: no other program, however long it writes, keeps it waiting."""
    reason = reason_to_migrate(database)
    if reason is None:
        return
    try:
        upgrade(database)
    except StoreReadOnly as fault:
        fault.add_note(f"It {reason}, so it has to be migrated first.")
        raise


def note_exposed_files(database: Database) -> None:
    """Says which files of the database others can read, as those of older versions may be, and how to change that."""
    if files := " ".join(shlex.quote(str(file)) for file in database.exposed_files()):
        print_note(f"Other users of this machine can read or write the database. To keep it to yourself: chmod 600 {files}")


@contextlib.contextmanager
def owner_session(database: Database, clock: dt.datetime | None = None, stale_after: StaleAfter = STALE_AFTER) -> Iterator[ReadSession]:
    """A session in which all accounts are visible: whoever runs a command is the owner."""
    with database.reading() as connection:
        yield ReadSession(connection, OWNER, clock or dt.datetime.now(dt.UTC), stale_after)


def find_account_id(database: Database, key: str) -> int:
    """The id of the account with this key. Raises NotFound, which suggests a similar key."""
    with owner_session(database) as session:
        found = accounts_by_key(session, [key])
        if key not in found:
            known = session.execute(session.visible_accounts(Account.key)).scalars().all()
            lists_all = " `sellerhealth account list` lists them all." if known else ""
            raise NotFound(f"There is no account {key!r}.{did_you_mean(key, known)}{lists_all}", argument="account")
    return found[key].account_id
