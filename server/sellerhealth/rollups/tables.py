"""The rollup tables: made by the store when measures are registered, outside the migrations, since plugins come and go.

A row has the running sums of an account, a marketplace, a channel and a part through a day. There are rows for the days on which any
row of the grain counts, on each of them one for every key that has occurred until then. So a window is the difference of two rows: those
of the last such day in it, and of the last one before it.
"""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

import sqlalchemy as sa
from sqlmodel import UTCDateTime

from sellerhealth.metrics.measures import Measure
from sellerhealth.model.records import RollupSet
from sellerhealth.rollups.falling_due import falling_due
from sellerhealth.rollups.grain import due_column
from sellerhealth.rollups.measure_set import MeasureSet
from sellerhealth.store.database import Database
from sellerhealth.store.distribution import distribute_new
from sellerhealth.store.migrate import change_tables, operations_on
from sellerhealth.store.postgresql_server import wait_to_migrate
from sellerhealth.store.rollup_tables import KEY


@lru_cache(maxsize=256)
def rollup_table(name: str, numbers: tuple[str, ...], dues: tuple[str, ...] = ()) -> sa.Table:
    """A rollup table with some of its columns, to read or write it."""
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("account_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date(), primary_key=True),
        *(sa.Column(each, sa.String(), primary_key=True) for each in KEY[2:]),
        *(sa.Column(each, sa.BigInteger(), nullable=False, server_default=sa.text("0")) for each in numbers),
        *(sa.Column(each, UTCDateTime(), nullable=True) for each in dues),
        sqlite_with_rowid=False,
    )


def due_columns(measures: Mapping[str, Measure]) -> tuple[str, ...]:
    """The columns that say until when a number holds, of those measures that use the clock."""
    return tuple(due_column(measure) for measure in measures.values() if falling_due(measure))


def prepare(database: Database, measures: MeasureSet) -> None:
    """Makes the tables and columns for a set of measures, and registers it. Nothing is dropped. Raises StoreBusy."""
    if not _is_registered_today(database, measures):
        change_tables(database, lambda connection: _register(connection, database, measures))


def try_to_prepare(database: Database, measures: MeasureSet) -> Exception | None:
    """The same, unless it cannot be written at once: returns why. Waits for no writer."""
    if _is_registered_today(database, measures):
        return None
    return database.try_writing(lambda connection: _register(connection, database, measures))


def _is_registered_today(database: Database, measures: MeasureSet) -> bool:
    with database.reading() as connection:
        registered_at = connection.scalar(sa.select(RollupSet.registered_at).where(RollupSet.set_id == measures.set_id))
    return registered_at is not None and registered_at.date() == dt.datetime.now(dt.UTC).date()


def _register(connection: sa.Connection, database: Database, measures: MeasureSet) -> None:
    if not database.is_sqlite:
        wait_to_migrate(connection)
    for grain, of_grain in measures.grains.items():
        _make(connection, rollup_table(grain.name, tuple(of_grain), due_columns(of_grain)))
    distribute_new(connection)
    connection.execute(sa.delete(RollupSet).where(RollupSet.set_id == measures.set_id))
    new = {"set_id": measures.set_id, "measures": sorted(measures.members), "registered_at": dt.datetime.now(dt.UTC)}
    connection.execute(sa.insert(RollupSet), new)


def _make(connection: sa.Connection, table: sa.Table) -> None:
    inspector = sa.inspect(connection)
    if not inspector.has_table(table.name):
        table.create(connection)
        return
    known = {column["name"] for column in inspector.get_columns(table.name)}
    operations = operations_on(connection)
    for column in table.columns:
        if column.name not in known:
            operations.add_column(
                table.name, sa.Column(column.name, column.type, nullable=column.nullable, server_default=column.server_default)
            )
