"""Indexes on PostgreSQL that a look-up by another column cannot take: see `index_of` in model/tables.py."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = (
    ("chargebacks", "filed_on"),
    ("claims", "opened_on"),
    ("data_notes", "order_id"),
    ("feedback", "left_on"),
    ("messages", "order_id"),
    ("messages", "received_on"),
    ("messages", "thread_id"),
    ("orders", "placed_on"),
    ("packages", "confirmed_on"),
    ("packages", "promised_on"),
    ("refunds", "refunded_on"),
    ("violations", "detected_on"),
    ("violations", "order_id"),
)


def upgrade() -> None:
    """Makes the indexes again. On SQLite they stay, because it always has statistics."""
    if op.get_context().dialect.name != "postgresql":
        return
    for table, column in _INDEXES:
        name = op.f(f"ix_{table}_account_id_{column}")
        op.drop_index(name, table)
        op.create_index(name, table, ["account_id", column], postgresql_where=sa.text(f"{column} IS NOT NULL"))
