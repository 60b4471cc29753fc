"""Partial indexes of the rows with unknown cells."""

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


class _Gap(NamedTuple):
    table: str
    column: str
    condition: str


_GAPS = (
    _Gap(
        "orders",
        "channel",
        "channel = 'UNKNOWN' OR status IS NULL OR accepted IS NULL OR canceller_unknown IS NULL",
    ),
    _Gap(
        "orders",
        "ship_by",
        "ship_by IS NULL AND channel != 'AMAZON' OR confirmed_at IS NULL "
        "AND (status = 'SHIPPED' OR status = 'PARTIALLY_SHIPPED' OR status IS NULL) "
        "OR confirmed_at IS NOT NULL AND ship_by IS NULL AND channel != 'AMAZON'",
    ),
    _Gap("orders", "marketplace", "marketplace = 'UNKNOWN'"),
    _Gap("items", "before_shipment", "before_shipment IS NULL AND cancelled_by IS NOT NULL OR requested IS NULL"),
    _Gap("packages", "channel", "channel = 'UNKNOWN' OR deliver_by IS NULL"),
    _Gap("packages", "category", "category = 'UNKNOWN'"),
    _Gap("packages", "marketplace", "marketplace = 'UNKNOWN'"),
    _Gap("feedback", "rating", "rating IS NULL OR classification IS NULL"),
    _Gap("feedback", "marketplace", "marketplace = 'UNKNOWN'"),
    _Gap("messages", "received_at", "received_at IS NULL OR received_at IS NULL AND answered_at IS NOT NULL"),
    _Gap("messages", "marketplace", "marketplace = 'UNKNOWN'"),
)


def upgrade() -> None:
    """Adds the indexes: an account without unknown cells costs one look-up."""
    for table, column, condition in _GAPS:
        where, by = sa.text(condition), "placed_on" if table == "orders" else "order_id"
        op.create_index(op.f(f"ix_{table}_unknown_{column}"), table, ["account_id", by], sqlite_where=where, postgresql_where=where)
