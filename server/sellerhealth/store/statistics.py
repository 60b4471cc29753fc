"""Statistics of tables, without which a database takes the wrong index for a look-up."""

from collections.abc import Mapping

import sqlalchemy as sa

from sellerhealth.store.database import Database

_MANY = 1_000  # rows: with fewer, any plan is fast
_TARGET = 10  # of statistics, of which 3,000 rows are read: PostgreSQL's 100 take a tenth of the CPU of an import of 20,000
_SHARE = 0.05  # of the rows of a table: PostgreSQL's own process waits for a tenth, and up to a minute


def analyse(database: Database, written: Mapping[sa.Table, int]) -> None:
    """Lets the database sample the tables into which so many rows were written."""
    with database.writing() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA analysis_limit=1000")
            # Connections read the statistics with the schema. Only a change of the schema lets those that are open read it again.
            connection.exec_driver_sql("DROP TABLE IF EXISTS sqlite_stat1")
            connection.exec_driver_sql("ANALYZE")
        elif names := _outdated(connection, {table.name: number for table, number in written.items() if number >= _MANY}):
            connection.exec_driver_sql(f"SET LOCAL default_statistics_target = {_TARGET}")
            # Nobody waits for a table that is being sampled or vacuumed. For whoever may not sample it, that is a warning of the server.
            connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {', '.join(names)}")


def _outdated(connection: sa.Connection, written: Mapping[str, int]) -> list[str]:
    """The tables of which a large share is new. One without rows of its own is distributed: the servers that have its rows sample them."""
    table = sa.table("pg_class", sa.column("oid"), sa.column("relname", sa.String()), sa.column("reltuples"))
    here = table.c.oid == sa.func.to_regclass(sa.cast(table.c.relname, sa.Text())), sa.func.pg_relation_size(table.c.oid) > 0
    rows = connection.execute(sa.select(table.c.relname, table.c.reltuples).where(table.c.relname.in_(written), *here))
    return sorted(name for name, known in rows if written[name] >= _SHARE * known)
