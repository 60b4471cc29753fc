"""Distributes tables over a cluster of PostgreSQL servers with the extension Citus: all rows of an account are on one of its servers."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from sellerhealth.errors import BadInput
from sellerhealth.model.records import Account
from sellerhealth.model.shard_routing import is_on_cluster
from sellerhealth.store.database import Database
from sellerhealth.store.every_table import metadata
from sellerhealth.store.postgresql_server import wait_to_migrate
from sellerhealth.store.rollup_tables import rollup_tables

_FIRST: str = Account.__table__.name  # all other tables are co-located with it
_SETUP = "See `sellerhealth docs operations#a-cluster`."

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
    with the first table. All in one transaction, so writers wait. Raises BadInput if the database is not on a cluster, or has another
    number of shards.
    """
    if database.is_sqlite:
        raise BadInput(
            f"An SQLite file cannot be distributed: that takes a cluster of PostgreSQL servers with the extension Citus. {_SETUP}"
        )
    with database.writing() as connection:
        if not is_on_cluster(connection):
            raise BadInput(
                "This database does not have the extension Citus. Install it on each server of the cluster, "
                f"and run `CREATE EXTENSION citus` in the database on each of them. {_SETUP}"
            )
        wait_to_migrate(connection)
        known = _shards(connection)
        number = known.get(_FIRST, shards)
        if shards is not None and shards != number:
            raise BadInput(f"The tables are distributed in {number} shards already, not in {shards}.")
        return _distribute(connection, known, shards)


def distribute_new(connection: sa.Connection) -> None:
    """Distributes tables that were made just now, if the others are distributed. The connection has waited to migrate."""
    if is_on_cluster(connection) and _FIRST in (known := _shards(connection)):
        _distribute(connection, known)


def distributed_tables() -> Mapping[str, str]:
    """The tables that are declared to be distributed, each after those that it refers to, and by which column."""
    return {table.name: column for table in metadata.sorted_tables if (column := table.info["distribute_by"]) is not None}


def _shards(connection: sa.Connection) -> Mapping[str, int]:
    """How many shards each distributed table has."""
    return dict(iter(connection.exec_driver_sql(_SHARDS)))


def _distribute(connection: sa.Connection, known: Mapping[str, int], shards: int | None = None) -> Sequence[str]:
    every = {**distributed_tables(), **dict.fromkeys(rollup_tables(connection), "account_id")}
    new = [name for name in every if name not in known]
    for name in new:
        if name == _FIRST:
            connection.execute(_DISTRIBUTE_FIRST, {"table": name, "column": every[name], "shards": shards})
        else:
            connection.execute(_DISTRIBUTE, {"table": name, "column": every[name], "first": _FIRST})
    for name in reversed(new):  # the coordinator still has the rows that it has copied
        connection.execute(_FREE, {"table": name})
    return new
