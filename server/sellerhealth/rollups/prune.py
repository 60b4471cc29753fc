"""Drops the columns and tables of rollups whose measures no process has had for a while."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.model.records import AccountNumbers, AccountSnapshot, RollupSet, RollupState, UnprovenTally
from sellerhealth.rollups.overview import KEPT, needed_columns, table_overviews
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import change_tables, operations_on
from sellerhealth.store.postgresql_server import wait_to_migrate


class Pruned(NamedTuple):
    """What was dropped: tables, columns as `table.column`, the ids of the sets, and how many snapshots."""

    tables: Sequence[str]
    columns: Sequence[str]
    sets: Sequence[str]
    snapshots: int


def prune(database: Database, now: dt.datetime) -> Pruned:
    """Drops what belongs only to sets that were not registered for 30 days, tallies too, in one transaction. `now`: the real present.

    A set that comes back is registered anew, and has no state: all of its numbers are counted again. Raises StoreBusy.
    """
    return change_tables(database, lambda connection: _prune(connection, now))


def _prune(connection: sa.Connection, now: dt.datetime) -> Pruned:
    if connection.dialect.name != "sqlite":
        wait_to_migrate(connection)  # nobody registers a set meanwhile
    tables, needed = table_overviews(connection, now), needed_columns(connection, now)
    sets = sorted(connection.scalars(sa.select(RollupSet.set_id).where(RollupSet.registered_at < now - KEPT)))
    for set_id in sets:
        connection.execute(sa.delete(RollupState).where(RollupState.set_id == set_id))
        connection.execute(sa.delete(RollupSet).where(RollupSet.set_id == set_id))
    tallies = needed.get(UnprovenTally.__tablename__, set())
    connection.execute(sa.delete(UnprovenTally).where(UnprovenTally.tally.not_in(tallies)))
    old = sa.delete(AccountSnapshot).where(AccountSnapshot.since < now - KEPT)  # those that a server uses are renewed every day
    snapshots = connection.execute(old).rowcount
    kept = (AccountSnapshot.account_id == AccountNumbers.account_id, AccountSnapshot.snapshot_id == AccountNumbers.snapshot_id)
    connection.execute(sa.delete(AccountNumbers).where(~sa.exists().where(*kept)))
    operations = operations_on(connection)
    dropped_tables = [each.table for each in tables if each.table not in needed]
    dropped_columns = [(each.table, column) for each in tables if each.table in needed for column in each.unused]
    for table in dropped_tables:
        operations.drop_table(table)
    for table, column in dropped_columns:
        operations.drop_column(table, column)
    return Pruned(dropped_tables, [f"{table}.{column}" for table, column in dropped_columns], sets, snapshots)
