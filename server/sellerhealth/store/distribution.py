"""Distributes tables over a cluster of PostgreSQL servers with the extension Citus: all rows of an account are on one of its servers."""

from collections.abc import Sequence

import sqlalchemy as sa

from sellerhealth.errors import BadInput
from sellerhealth.model.records import Account
from sellerhealth.model.tables import metadata
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import check
from sellerhealth.store.postgresql_server import wait_to_migrate

_ACCOUNTS: sa.Table = Account.__table__  # all other tables are co-located with it
_SETUP = "See docs/operations.md#a-cluster."

_HAS_CITUS = "SELECT 1 FROM pg_extension WHERE extname = 'citus'"
_SHARDS = "SELECT CAST(table_name AS text), shard_count FROM citus_tables WHERE citus_table_type = 'distributed'"
_DISTRIBUTE_FIRST = sa.text("""
    SELECT create_distributed_table(CAST(:table AS regclass), :column, colocate_with => 'none',
        shard_count => coalesce(:shards, CAST(current_setting('citus.shard_count') AS int)))
""").bindparams(sa.bindparam("shards", type_=sa.Integer()))
_DISTRIBUTE = sa.text("SELECT create_distributed_table(CAST(:table AS regclass), :column, colocate_with => :first)")
_FREE = sa.text("SELECT truncate_local_data_after_distributing_table(CAST(:table AS regclass))")


def distribute(database: Database, shards: int | None = None) -> Sequence[str]:
    """Distributes the tables that are not distributed yet, with their rows, and returns their names. Local tables stay on the coordinator.

    `shards`: into how many parts the rows of each table are divided, by default as many as the server is configured for. It is decided
    with the first table. All in one transaction, so writers wait. Raises BadInput if the database is not on a cluster or has another
    number of shards, StoreNotReady if it is to be migrated.
    """
    if database.is_sqlite:
        raise BadInput(
            f"An SQLite file cannot be distributed: that takes a cluster of PostgreSQL servers with the extension Citus. {_SETUP}"
        )
    check(database)
    with database.writing() as connection:
        wait_to_migrate(connection)
        if connection.exec_driver_sql(_HAS_CITUS).first() is None:
            raise BadInput(
                "This database does not have the extension Citus. Install it on each server of the cluster, "
                f"and run `CREATE EXTENSION citus` in the database on each of them. {_SETUP}"
            )
        known: dict[str, int] = {name: number for name, number in connection.exec_driver_sql(_SHARDS) if name in metadata.tables}
        number = known.get(_ACCOUNTS.name, shards)
        if shards is not None and shards != number:
            raise BadInput(f"The tables are distributed in {number} shards already, not in {shards}.")
        return _distribute(connection, [table for table in distributed_tables() if table.name not in known], shards)


def distributed_tables() -> Sequence[sa.Table]:
    """The tables that are declared to be distributed, each after those that it refers to."""
    return [table for table in metadata.sorted_tables if table.info["distribute_by"] is not None]


def _distribute(connection: sa.Connection, tables: Sequence[sa.Table], shards: int | None) -> Sequence[str]:
    # They refer to each other, so their shards cannot be made in parallel.
    connection.exec_driver_sql("SET LOCAL citus.multi_shard_modify_mode = 'sequential'")
    for table in tables:
        named = {"table": table.name, "column": table.info["distribute_by"]}
        if table is _ACCOUNTS:
            connection.execute(_DISTRIBUTE_FIRST, {**named, "shards": shards})
        else:
            connection.execute(_DISTRIBUTE, {**named, "first": _ACCOUNTS.name})
    for table in reversed(tables):  # the coordinator still has the rows that it has copied
        connection.execute(_FREE, {"table": table.name})
    return [table.name for table in tables]
