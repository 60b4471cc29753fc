"""Copies a store into another one, of any kind: each account in one transaction, then what belongs to the store as a whole.

A copy that was interrupted is continued by the next one: an account is in the target as a whole, or not at all. An account that was
imported into since is replaced, if all imports that the target has of it are in the source as well. Nothing else is ever overwritten.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import UTCDateTime

from sellerhealth.database_url import redacted
from sellerhealth.errors import CopyRefused
from sellerhealth.model.records import Account, ApiKey, ImportBatch, ImportState, RejectedRow, RollupState
from sellerhealth.store import api_keys, revocations
from sellerhealth.store.bulk import insert_columns
from sellerhealth.store.database import Database
from sellerhealth.store.every_table import metadata
from sellerhealth.store.migrate import check, revision_of, upgrade
from sellerhealth.store.rollup_tables import erase_rollups
from sellerhealth.store.statistics import analyse

ROWS = 10_000  # read and written at a time
# Those that others refer to come first. Rollups are made anew by the target.
TABLES: Sequence[sa.Table] = [table for table in metadata.sorted_tables if table.info["copied"]]
_ACCOUNTS: sa.Table = Account.__table__
_ROLLUP_STATES: sa.Table = RollupState.__table__
_OF_AN_ACCOUNT = [table for table in TABLES if table.info["of_an_account"]]
_OF_THE_STORE = [table for table in TABLES if not table.info["of_an_account"] and table is not _ACCOUNTS]

Progress = Callable[[int, int, int], None]  # accounts that are copied, how many there are to copy, and rows so far


class AccountState(NamedTuple):
    """What changes whenever something of an account is stored."""

    key: str
    name: str
    time_zone: str
    version: int
    updated_at: Any
    imports: int = 0
    last_import: Any = None
    rejected: int = 0


class Copied(NamedTuple):
    """How many accounts and rows were copied, and how many accounts were in the target already."""

    accounts: int
    rows: int
    already: int


def account_states(connection: sa.Connection) -> Mapping[int, AccountState]:
    """The state of every account."""
    imports = _by_account(connection, ImportBatch.__table__, sa.func.max(ImportBatch.started_at))
    rejected = _by_account(connection, RejectedRow.__table__)
    columns = (_ACCOUNTS.c.account_id, *(_ACCOUNTS.c[name] for name in ("key", "name", "time_zone", "version", "updated_at")))
    rows = connection.execute(sa.select(*columns))
    return {id_: AccountState(*row, *imports.get(id_, (0, None)), *rejected.get(id_, (0,))) for id_, *row in rows}


def _by_account(connection: sa.Connection, table: sa.Table, *more: Any) -> Mapping[int, Sequence[Any]]:
    counted = sa.select(table.c.account_id, sa.func.count(), *more).group_by(table.c.account_id)
    return {account_id: row for account_id, *row in connection.execute(counted)}


def prepare_target(target: Database) -> None:
    """Makes the tables of a new file. Raises StoreNotReady for any other database that lacks migrations."""
    if target.is_sqlite and revision_of(target) is None:
        upgrade(target)
    check(target)


def copy_store(source: Database, target: Database, progress: Progress = lambda *_: None) -> Copied:
    """Copies what the target lacks. Both have the tables of this version.

    Raises CopyRefused if the target has content that is not from the source; then nothing is copied.
    """
    with source.reading() as here, target.reading() as there:
        if _identity(source, here) == _identity(target, there):
            raise CopyRefused(f"Both URLs name the same database, {redacted(source.url)}. Nothing was copied.")
        expected, found = account_states(here), account_states(there)
        if reason := _other_content(here, there, expected, found):
            raise CopyRefused(f"The database {redacted(target.url)} {reason} Nothing was copied.")
    missing = [account_id for account_id, state in expected.items() if found.get(account_id) != state]
    written = Counter[sa.Table]()
    for number, account_id in enumerate(missing):
        progress(number, len(missing), written.total())
        for table, rows in _copy_account(source, target, account_id, is_new=account_id not in found):
            written[table] += rows
            progress(number, len(missing), written.total())
    for table, rows in _copy_store_wide(source, target):
        written[table] += rows
    progress(len(missing), len(missing), written.total())
    analyse(target, written)
    return Copied(len(missing), written.total(), len(expected) - len(missing))


def _identity(database: Database, connection: sa.Connection) -> object:
    """What two URLs of one database have in common. A standby is the same database as its primary server."""
    if database.is_sqlite:
        return database.file and (database.file.stat().st_dev, database.file.stat().st_ino)
    cluster = sa.select(sa.literal_column("system_identifier")).select_from(sa.func.pg_control_system()).scalar_subquery()
    tables = sa.cast(sa.func.to_regclass(_ACCOUNTS.name), sa.Text())
    return tuple(connection.execute(sa.select(cluster, sa.func.current_database(), tables, sa.func.current_schema())).one())


def _other_content(
    here: sa.Connection, there: sa.Connection, expected: Mapping[int, AccountState], found: Mapping[int, AccountState]
) -> str | None:
    """Why the target is no earlier copy of the source; None if it is, or is empty."""
    for account_id, state in found.items():
        source = expected.get(account_id)
        if source is None:
            return f"has an account {state.key!r} that the source lacks: erase it there, or copy into an empty database."
        if state != source and not _is_earlier(here, there, account_id, state, source):
            return f"has an account {state.key!r} with other content than the source: erase it there, or copy into an empty database."
    keys, copies = (
        {row.key_id: row.revoked_at for row in connection.execute(sa.select(ApiKey.key_id, ApiKey.revoked_at))}
        for connection in (here, there)
    )
    if strange := sorted(copies.keys() - keys.keys()):
        return f"has an API key {strange[0]} that the source lacks, so it is in use. Copy into an empty database."
    if revoked := sorted(key for key, at in copies.items() if at is not None and keys[key] is None):
        return f"has revoked the API key {revoked[0]}, which the source did not, so it is in use. Revoke the key in the source too."
    return None


def _is_earlier(here: sa.Connection, there: sa.Connection, account_id: int, state: AccountState, source: AccountState) -> bool:
    """Whether an account of the target is what the source's was before: all its imports are in the source."""
    done = sa.select(ImportBatch.batch_id, ImportBatch.started_at, ImportBatch.finished_at).where(
        ImportBatch.account_id == account_id, ImportBatch.state == ImportState.DONE
    )
    is_subset = set(map(tuple, there.execute(done))) <= set(map(tuple, here.execute(done)))
    return state[:3] == source[:3] and state.version <= source.version and is_subset


def _copy_account(source: Database, target: Database, account_id: int, *, is_new: bool) -> Iterator[tuple[sa.Table, int]]:
    """Copies one account as it is at one moment, in one transaction; yields the number of rows that were written to each table."""
    with source.reading() as here, target.writing() as there:
        account = here.execute(sa.select(_ACCOUNTS).where(_ACCOUNTS.c.account_id == account_id)).mappings().one_or_none()
        if account is None:  # it was erased meanwhile
            return
        own = _ACCOUNTS.c.account_id == account_id
        if is_new:
            insert = (sqlite.insert if target.is_sqlite else postgresql.insert)(_ACCOUNTS).on_conflict_do_nothing()
            if there.execute(insert.returning(_ACCOUNTS.c.account_id), dict(account)).first() is None:
                return  # another copy was faster
        else:
            changed = {name: value for name, value in account.items() if name != "account_id"}  # a cluster refuses to change where rows are
            there.execute(sa.update(_ACCOUNTS).where(own), changed)
            for table in (*_OF_AN_ACCOUNT, _ROLLUP_STATES):
                there.execute(sa.delete(table).where(table.c.account_id == account_id))
            erase_rollups(there, account_id)
        yield _ACCOUNTS, 1
        for table in _OF_AN_ACCOUNT:
            for rows in _copy_rows(here, there, table, of=f"the account {account['key']!r}", of_account=account_id):
                yield table, rows


def _copy_store_wide(source: Database, target: Database) -> Iterator[tuple[sa.Table, int]]:
    """Copies what belongs to no account, such as API keys, in one transaction. Revocations that are on their way are stored."""
    revoked = revocations.pending(source)
    with source.reading() as here, target.writing() as there:
        for table in _OF_THE_STORE:
            there.execute(sa.delete(table))
        for table in _OF_THE_STORE:
            for rows in _copy_rows(here, there, table, of="the store"):
                yield table, rows
        for key_id, at in revoked.items():
            api_keys.revoke(there, key_id, at)


def _copy_rows(here: sa.Connection, there: sa.Connection, table: sa.Table, *, of: str, **parameters: Any) -> Iterator[int]:
    """Copies the rows of a table that are of `of_account`, or all, a part at a time, and yields how many each part has."""
    found = here.execute(_rows_of(table, here.dialect.name, *parameters), parameters, execution_options={"yield_per": ROWS})
    for part in found.partitions():
        try:
            insert_columns(there, table, dict(zip(table.c.keys(), zip(*part, strict=True), strict=True)))
        except sa.exc.DBAPIError as error:
            reason = getattr(getattr(error.orig, "diag", None), "message_primary", None) or str(error.orig)  # without the values of a row
            raise CopyRefused(
                f"A row of the table {table.name} of {of} does not fit into the other database: {reason}. Nothing of {of} was copied."
            ) from error
        yield len(part)


@cache
def _rows_of(table: sa.Table, dialect: str, *parameters: str) -> "sa.Select[*tuple[Any, ...]]":
    """The statement that reads the rows, all or those of one account, as every database takes them."""
    statement = sa.select(*(_portable(column, dialect).label(column.name) for column in table.c))
    if "of_account" in parameters:
        statement = statement.where(table.c.account_id == sa.bindparam("of_account"))
    return statement


def _portable(column: "sa.Column[Any]", dialect: str) -> sa.ColumnElement[Any]:
    """A column as a text that both databases read as the same, if its values would be parsed and written again: that takes most of the time."""
    if isinstance(column.type, sa.JSON):
        return sa.cast(column, sa.Text)
    if dialect == "sqlite":
        return sa.type_coerce(column, sa.Text) if isinstance(column.type, UTCDateTime | sa.Date) else column
    if isinstance(column.type, UTCDateTime):
        return sa.func.to_char(
            column, "YYYY-MM-DD HH24:MI:SS.US"
        )  # as SQLAlchemy writes it to SQLite. The time zone of a transaction is UTC
    return sa.cast(column, sa.Text) if isinstance(column.type, sa.Date) else column
