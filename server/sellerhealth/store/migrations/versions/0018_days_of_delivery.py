"""The days of promise and delivery, and the units of an order."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_UNITS = "How many units were ordered: those of its items. Null while that of an item is unknown."
_DAYS = {  # new columns, each with the instant of which it is the day
    "orders": {
        "deliver_by_on": ("deliver_by", "The day of `deliver_by`. Null while that is unknown."),
        "delivered_on": ("delivered_at", "The day of `delivered_at`. Null while a package is not delivered."),
    },
    "packages": {"delivered_on": ("delivered_at", "The day of `delivered_at`. Null while it is not delivered.")},
}
_KEYS = {"orders": ("account_id", "order_id"), "packages": ("account_id", "order_id", "package_id")}
_ROWS = 10_000  # that are read and changed at once


def upgrade() -> None:
    """Adds the columns, and fills them from what is stored."""
    for table, days in _DAYS.items():
        for name, (_, comment) in days.items():
            op.add_column(table, sa.Column(name, sa.Date(), nullable=True, comment=comment))
    op.add_column("orders", sa.Column("units", sa.Integer(), nullable=True, comment=_UNITS))
    if not op.get_context().as_sql:
        fill(op.get_bind())


def fill(connection: sa.Connection) -> None:
    """Computes the columns of all rows."""
    _fill_units(connection)
    markets = _table("markets", "account_id", "marketplace", "time_zone")
    for account_id, zone in connection.execute(sa.select(_table("accounts", "account_id", "time_zone"))).all():
        own = sa.select(markets.c.marketplace, markets.c.time_zone).where(markets.c.account_id == account_id)
        zones = dict(iter(connection.execute(own)))
        for name in _DAYS:
            _fill_days(connection, name, account_id, zones, zone)


def _fill_units(connection: sa.Connection) -> None:
    orders = _table("orders", "account_id", "order_id", "units")
    items = _table("items", "account_id", "order_id", "item_id", "quantity")
    of_order = sa.and_(items.c.account_id == orders.c.account_id, items.c.order_id == orders.c.order_id, items.c.item_id != "*")
    known = sa.case((sa.func.count() == sa.func.count(items.c.quantity), sa.func.sum(items.c.quantity)))
    connection.execute(sa.update(orders).values(units=sa.select(known).where(of_order).scalar_subquery()))


def _fill_days(connection: sa.Connection, name: str, account_id: int, zones: Mapping[str, str], own_zone: str) -> None:
    """Of one account. Rows are read in parts, by their key, because there may be millions."""
    days, (_, *key) = _DAYS[name], _KEYS[name]
    instants = {instant for instant, _ in days.values()}
    plain: Iterable[sa.ColumnClause[Any]] = (sa.column(each) for each in ("account_id", *key, "marketplace", *days))
    table = sa.table(name, *plain, *(sa.column(instant, UTCDateTime()) for instant in instants))
    position = sa.tuple_(*(table.c[column] for column in key))
    change = (
        sa.update(table)
        .where(table.c.account_id == account_id, *(table.c[column] == sa.bindparam(f"of_{column}") for column in key))
        .values({day: sa.bindparam(f"new_{day}", type_=sa.Date()) for day in days})
    )
    some = sa.or_(*(table.c[instant].is_not(None) for instant in instants))
    read = sa.select(table).where(table.c.account_id == account_id, some).order_by(*(table.c[column] for column in key)).limit(_ROWS)
    rows = connection.execute(read).mappings().all()
    while rows:
        connection.execute(change, [_change(dict(row), days, key, ZoneInfo(zones.get(row["marketplace"], own_zone))) for row in rows])
        last = sa.tuple_(*(rows[-1][column] for column in key))
        rows = connection.execute(read.where(position > last)).mappings().all()


def _change(row: Mapping[str, Any], days: Mapping[str, tuple[str, str]], key: Sequence[str], zone: ZoneInfo) -> dict[str, Any]:
    new = {f"new_{day}": None if row[instant] is None else row[instant].astimezone(zone).date() for day, (instant, _) in days.items()}
    return new | {f"of_{column}": row[column] for column in key}


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))
