"""What is cancelled, and what the buyer asked to cancel, is kept of each item."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns. A request known for the order only stays one for all its items, which is noted, until its report is imported again."""
    op.add_column(
        "items",
        sa.Column(
            "cancelled",
            sa.Boolean(),
            nullable=True,
            comment="Whether it was cancelled while the order as a whole was not, for sources that do not say by whom.",
        ),
    )
    op.add_column(
        "items",
        sa.Column(
            "requested",
            sa.Boolean(),
            nullable=True,
            comment="Whether the buyer asked for its cancellation: for it, or for the whole order. Null while the order was not imported.",
        ),
    )
    names = "account_id", "order_id", "buyer_asked", "channel", "requested"
    items, orders = (sa.table(table, *map(sa.column, names)) for table in ("items", "orders"))
    of_order = sa.and_(orders.c.account_id == items.c.account_id, orders.c.order_id == items.c.order_id)
    asked = sa.select(sa.func.coalesce(items.c.buyer_asked, orders.c.buyer_asked, sa.false())).where(of_order).correlate(items)
    op.execute(sa.update(items).values(requested=asked.scalar_subquery()))
    notes = sa.table("data_notes", *map(sa.column, ("account_id", "fact_key", "code", "order_id")))
    known = sa.exists().where(of_order, items.c.buyer_asked.is_(sa.true()))
    of_order_only = sa.select(
        orders.c.account_id, sa.literal("Order ").concat(orders.c.order_id), sa.literal("request_of_order"), orders.c.order_id
    ).where(orders.c.buyer_asked.is_(sa.true()), orders.c.channel != "AMAZON", ~known)
    op.execute(sa.insert(notes).from_select(["account_id", "fact_key", "code", "order_id"], of_order_only))
