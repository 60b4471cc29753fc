"""Statistics of tables, without which a database takes the wrong index for a look-up."""

from collections.abc import Mapping

import sqlalchemy as sa
import structlog

from sellerhealth.model.shard_routing import is_on_cluster
from sellerhealth.store.database import Database

log = structlog.get_logger("sellerhealth")

_MANY = 1_000  # rows: with fewer, any plan is fast
_TARGET = 10  # of statistics, of which 3,000 rows are read: PostgreSQL's 100 take a tenth of the CPU of an import of 20,000
_SHARE = 0.05  # of the rows of a table: PostgreSQL's own process waits for a tenth, and up to a minute
# On a cluster, each shard that has grown by as much, by what has its rows. `%1$` is its name, which Citus fills in.
_SAMPLE_SHARDS = sa.text("SELECT shardid, result FROM run_command_on_shards(CAST(:table AS regclass), :command) WHERE NOT success")
_SAMPLE = f"""
    DO $do$ BEGIN
        IF EXISTS (
            SELECT FROM pg_class
            WHERE oid = %1$L::regclass AND pg_relation_size(oid) > {1 + _SHARE} * relpages * current_setting('block_size')::integer
        ) THEN
            SET LOCAL default_statistics_target = {_TARGET};
            ANALYZE (SKIP_LOCKED) %1$s;
        END IF;
    END $do$"""


def analyse(database: Database, written: Mapping[sa.Table, int]) -> None:
    """Lets the database sample the tables into which so many rows were written."""
    with database.writing() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA analysis_limit=1000")
            # Connections read the statistics with the schema. Only a change of the schema lets those that are open read it again.
            connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat1")
            connection.exec_driver_sql("ANALYZE")
            return
        many = {table.name: number for table, number in written.items() if number >= _MANY}
        if names := _outdated(connection, many):
            connection.exec_driver_sql(f"SET LOCAL default_statistics_target = {_TARGET}")
            # Nobody waits for a table that is being sampled or vacuumed. For whoever may not sample it, that is a warning of the server.
            connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {', '.join(names)}")
        for name in many if is_on_cluster(connection) else ():  # of a table that is not distributed there are no shards
            for shard, reason in connection.execute(_SAMPLE_SHARDS, {"table": name, "command": _SAMPLE}):
                log.warning("shard_not_sampled", shard=shard, reason=reason)


def _outdated(connection: sa.Connection, written: Mapping[str, int]) -> list[str]:
    """The tables of which a large share is new. One without rows of its own is distributed."""
    table = sa.table("pg_class", sa.column("oid"), sa.column("relname", sa.String()), sa.column("reltuples"))
    here = table.c.oid == sa.func.to_regclass(sa.cast(table.c.relname, sa.Text())), sa.func.pg_relation_size(table.c.oid) > 0
    rows = connection.execute(sa.select(table.c.relname, table.c.reltuples).where(table.c.relname.in_(written), *here))
    return sorted(name for name, known in rows if written[name] >= _SHARE * known)
