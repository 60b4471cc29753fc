"""The rules that keep the tables portable (docs/architecture.md): one model runs unchanged on SQLite, PostgreSQL and Citus."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import AutoString, UTCDateTime

from sellerhealth.model.tables import UNKNOWN

_TYPES = (AutoString, sa.BigInteger, sa.Boolean, sa.Date, sa.Integer, sa.JSON, UTCDateTime)  # what every database has
_PARTS = {"marketplace", "channel", "category"}  # columns of facts by which numbers are split
_PREFIXES = {
    sa.PrimaryKeyConstraint: "pk",
    sa.ForeignKeyConstraint: "fk",
    sa.UniqueConstraint: "uq",
    sa.CheckConstraint: "ck",
    sa.Index: "ix",
}


def problems(metadata: sa.MetaData) -> Iterator[str]:
    """The violations of the rules, each as a sentence."""
    for table in metadata.tables.values():
        for problem in (*_of_keys(table), *_of_names(table), *(p for column in table.c for p in _of_column(column))):
            yield f"{table.name}: {problem}"


def _of_keys(table: sa.Table) -> Iterator[str]:
    is_of_account = table.info.get("of_an_account", True)
    uniques = [c for c in table.constraints if isinstance(c, sa.PrimaryKeyConstraint | sa.UniqueConstraint)]
    for unique in [*uniques, *(index for index in table.indexes if index.unique)]:
        if is_of_account and [column.name for column in unique.columns][:1] != ["account_id"]:
            yield f"{unique.name} does not start with account_id"
    targets = {key.target_fullname for key in table.foreign_keys}
    if targets - {"accounts.account_id"}:
        yield "it refers to something other than its account"
    if is_of_account and not targets:
        yield "it does not refer to its account"
    distributed = table.info.get("distribute_by", "account_id")
    if not is_of_account and distributed is not None and table.name != "accounts" and "account_id" in table.c:
        yield "it has accounts, but belongs to none"
    if distributed is not None and distributed not in table.primary_key.columns:
        yield f"it is distributed by {distributed}, which is not in its key"
    if is_of_account and distributed is None:
        yield "it is local, but belongs to accounts"
    if table.name != "orders" and "order_id" in table.c:
        starts = [[column.name for column in index.columns][:2] for index in (table.primary_key, *table.indexes)]
        if ["account_id", "order_id"] not in starts:
            yield "the rows of an order are not found by an index"
    if table.autoincrement_column is not None:
        yield f"the database numbers {table.autoincrement_column.name}"
    if table.dialect_options["sqlite"]["with_rowid"] is not False:
        yield "SQLite gives it row ids beside its key"


def _of_names(table: sa.Table) -> Iterator[str]:
    for named in (*table.constraints, *table.indexes):
        prefix = next(prefix for kind, prefix in _PREFIXES.items() if isinstance(named, kind))
        if named.name is None or not named.name.startswith(f"{prefix}_{table.name}"):
            yield f"{named.name} is not named by the convention"


def _of_column(column: sa.Column[object]) -> Iterator[str]:
    if type(column.type) not in _TYPES:
        yield f"{column.name} has the type {type(column.type).__name__}"
    if column.name.endswith("_on") and not isinstance(column.type, sa.Date):
        yield f"{column.name} is not a day"
    if column.name.endswith("_at") and not isinstance(column.type, UTCDateTime):
        yield f"{column.name} is not an instant"
    is_part = column.name in _PARTS and "versions" in column.table.c
    stands_for_unknown = column.default is not None and column.default.is_scalar and column.default.arg == UNKNOWN
    if is_part and not stands_for_unknown:
        yield f"{column.name} is not {UNKNOWN} while it is not known"
    if (is_part or stands_for_unknown) and column.nullable:
        yield f"{column.name} may be null"
    if column.server_default is not None or column.onupdate is not None or column.server_onupdate is not None:
        yield f"{column.name} is filled in by the database"
    if not column.comment:
        yield f"{column.name} has no comment"
