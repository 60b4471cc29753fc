"""Imports rows without a file, and reads everything that is stored of an account."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import OWNER
from sellerhealth.facts import FACTS, Channel, FeedbackClass, Order, OrderStatus, Package
from sellerhealth.model.records import DataNote, ImportBatch, ImportState, Market, ReportSpan, Source, UnreadRow
from sellerhealth.model.tables import Fact, FactKind, Table
from sellerhealth.sources import Importer, Row
from sellerhealth.sources.known_lines import LINES_HASH
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.ingesting import ingesting
from sellerhealth.store.merge_rows import Counts
from tests.store.observations import GERMANY, US

NOON = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ZONES: Mapping[str, str] = {US: "America/Los_Angeles", GERMANY: "Europe/Berlin"}
ACCOUNT_ZONE = "Asia/Tokyo"  # for marketplaces that are not in ZONES


def importer(
    name: str = "by_hand", *covers: FactKind, rank: int = 1, complete: bool = True, lists: frozenset[FactKind] = frozenset()
) -> Importer:
    """A format that is never read from a file."""
    return Importer(name, name, frozenset(covers), rank, lambda sample: False, lambda stream, context: iter(()), complete, lists=lists)


def account(database: Database, key: str = "key") -> int:
    """A new account."""
    with database.writing() as connection:
        return accounts.create(connection, key, "A seller", ACCOUNT_ZONE)


def row(fact: type[Fact], observed_at: dt.datetime | None = None, **values: Any) -> Row:
    """A row about one fact."""
    return Row(fact, values, observed_at, line=1)


def order(order_id: str = "702-1", *, observed_at: dt.datetime | None = None, **values: Any) -> Row:
    """A row about an order, by default an unshipped one of the seller."""
    columns = {"placed_at": NOON, "marketplace": US, "channel": Channel.SELLER, "status": OrderStatus.UNSHIPPED} | values
    return row(Order, observed_at, order_id=order_id, **columns)


def package(order_id: str = "702-1", **values: Any) -> Row:
    """A row about a package."""
    return row(Package, order_id=order_id, package_id="1", **values)


def batch_of(account_id: int, observed_at: dt.datetime, batch_id: str = "batch") -> ImportBatch:
    """The record of a running import."""
    return ImportBatch(
        account_id=account_id,
        batch_id=batch_id,
        format="by_hand",
        file="",
        observed_at=observed_at,
        started_at=NOON,
        state=ImportState.RUNNING,
    )


def classify(rating: int, comment: str | None) -> FeedbackClass:
    """A classifier."""
    return FeedbackClass.POSITIVE if rating > 3 and comment != "a" else FeedbackClass.NEGATIVE


def import_rows(
    database: Database,
    account_id: int,
    *pieces: Sequence[Row],
    by: Importer | None = None,
    observed_at: dt.datetime = NOON,
    zones: Mapping[str, str] = ZONES,
    dry_run: bool = False,
) -> Counts:
    """One import of rows in these chunks. The rows are copied, because an import may add to them."""
    batch = batch_of(account_id, observed_at)
    with ingesting(database, OWNER, account_id, by or importer(), batch, classify, time_zones=zones, dry_run=dry_run) as under_way:
        for piece in pieces:
            under_way.add([row._replace(values=dict(row.values)) for row in piece])
    return under_way.counts


def rows_of(database: Database, account_id: int, model: type[Table]) -> Sequence[sa.RowMapping]:
    """The rows of an account in one table, in the order of their keys."""
    table: sa.Table = model.__table__
    with database.reading() as connection:
        return connection.execute(sa.select(table).where(table.c.account_id == account_id).order_by(*table.primary_key)).mappings().all()


def one_of(database: Database, account_id: int, model: type[Table]) -> sa.RowMapping:
    """The only row of an account in one table."""
    (row,) = rows_of(database, account_id, model)
    return row


def contents(database: Database, account_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of an account as stored, except accounts and import batches, and which lines were read before."""
    found = {}
    with database.reading() as connection:
        for model in (*FACTS, DataNote, ReportSpan, UnreadRow, Source, Market):
            table: sa.Table = model.__table__
            columns = ", ".join(column.name for column in table.c if column.name not in ("account_id", LINES_HASH))
            key = ", ".join(column.name for column in table.primary_key)
            statement = sa.text(f"SELECT {columns} FROM {table.name} WHERE account_id = :account_id ORDER BY {key}")
            found[table.name] = [tuple(row) for row in connection.execute(statement, {"account_id": account_id})]
    return found
