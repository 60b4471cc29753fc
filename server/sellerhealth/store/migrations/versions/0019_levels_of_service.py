"""The level of service in one spelling, and the units of orders whose items were known twice."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_SPELLINGS = {  # of the Orders API 2026-01-01
    "STANDARD": "Standard",
    "EXPEDITED": "Expedited",
    "PRIORITY": "Priority",
    "SAME_DAY": "SameDay",
    "NEXT_DAY": "NextDay",
    "SECOND_DAY": "SecondDay",
    "SCHEDULED": "Scheduled",
    "FREE_ECONOMY": "FreeEconomy",
}
_FIRST_WORDS = {"Std": "Standard", "Exp": "Expedited", "Second": "SecondDay", "Next": "NextDay"}  # of names of services
_ORDERS = sa.table("orders", *map(sa.column, ("account_id", "order_id", "units", "ship_service")))
_ACCOUNTS = sa.table("accounts", *map(sa.column, ("account_id", "version")))
_ITEMS = sa.table("items", *map(sa.column, ("account_id", "order_id", "item_id", "quantity")))


def upgrade() -> None:
    """Changes what is stored."""
    if not op.get_context().as_sql:
        change(op.get_bind())


def change(connection: sa.Connection) -> None:
    """Renames services, and counts the units of orders again that have an item as a line and by its number."""
    for old, new in _SPELLINGS.items():
        _rename(connection, _ORDERS.c.ship_service == old, new)
    for word, new in _FIRST_WORDS.items():
        _rename(connection, _ORDERS.c.ship_service.startswith(f"{word} ", autoescape=True), new)
    of_order = sa.and_(_ITEMS.c.account_id == _ORDERS.c.account_id, _ITEMS.c.order_id == _ORDERS.c.order_id)
    is_line = _ITEMS.c.item_id.startswith("sku:", autoescape=True)
    is_numbered = sa.and_(_ITEMS.c.item_id != "*", sa.not_(is_line))
    number, lines = _count(is_numbered), _count(is_line)
    knows_numbered, knows_lines = (_count(sa.and_(each, _ITEMS.c.quantity.is_(None))) == 0 for each in (is_numbered, is_line))
    units = sa.case(
        (sa.and_(number >= lines, knows_numbered), _units(is_numbered)),
        (knows_lines, _units(is_line)),
    )
    known_twice = [sa.exists().where(of_order, kind) for kind in (is_line, is_numbered)]
    connection.execute(sa.update(_ORDERS).where(*known_twice).values(units=sa.select(units).where(of_order).scalar_subquery()))
    # Their rollups are then counted again.
    changed = sa.select(_ORDERS.c.account_id).where(*known_twice)
    connection.execute(sa.update(_ACCOUNTS).where(_ACCOUNTS.c.account_id.in_(changed)).values(version=_ACCOUNTS.c.version + 1))


def _rename(connection: sa.Connection, where: sa.ColumnElement[bool], new: str) -> None:
    connection.execute(sa.update(_ORDERS).where(where).values(ship_service=new))


def _count(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((which, 1)))


def _units(which: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((which, _ITEMS.c.quantity)))
