"""What depends on the unknown status of an order is null: whether it was accepted, and what of it was cancelled."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OF_STATUS = " Null while it depends on an unknown status."
_OF_ORDERS_STATUS = " Null while it depends on an unknown status of the order."


def upgrade() -> None:
    """Makes the columns nullable, and null where SQL can see that they depend on an unknown status.

    A request that depends on one stays until a report of its order is imported: it takes all items of the order to see.
    """
    with op.batch_alter_table("orders", table_kwargs={"sqlite_with_rowid": False}) as orders:
        accepted = "Whether it became an order of the seller: not pending, and not cancelled while it was."
        orders.alter_column(
            "accepted", existing_type=sa.Boolean(), nullable=True, existing_comment=accepted, comment=f"{accepted}{_OF_STATUS}"
        )
        unknown = "Whether something of it was cancelled and nobody said by whom."
        orders.alter_column(
            "canceller_unknown", existing_type=sa.Boolean(), nullable=True, existing_comment=unknown, comment=f"{unknown}{_OF_STATUS}"
        )
    with op.batch_alter_table("items", table_kwargs={"sqlite_with_rowid": False}) as items:
        before = "Whether it was cancelled, and before it was confirmed as shipped."
        items.alter_column(
            "before_shipment", existing_type=sa.Boolean(), nullable=True, existing_comment=before, comment=f"{before}{_OF_ORDERS_STATUS}"
        )
        requested = "Whether the buyer asked for its cancellation: for it, or for the whole order."
        items.alter_column(
            "requested",
            existing_type=sa.Boolean(),
            existing_comment=f"{requested} Null while the order was not imported.",
            comment=f"{requested}{_OF_ORDERS_STATUS}",
        )
    _recompute()


def _recompute() -> None:
    of_orders = "account_id", "order_id", "status", "accepted", "canceller_unknown", "buyer_asked", "confirmed_at"
    of_items = "account_id", "order_id", "item_id", "cancelled_by", "cancelled_at", "buyer_asked", "quantity_shipped", "before_shipment"
    orders, items = sa.table("orders", *map(sa.column, of_orders)), sa.table("items", *map(sa.column, of_items))
    of_order = sa.and_(items.c.account_id == orders.c.account_id, items.c.order_id == orders.c.order_id)
    unknown = orders.c.status.is_(None)
    op.execute(sa.update(orders).where(unknown, orders.c.accepted.is_(sa.false())).values(accepted=None))
    known = items.c.cancelled_by.is_not(None) | items.c.buyer_asked.is_(sa.true())
    whole = sa.exists().where(of_order, items.c.item_id == "*", known)
    by_nobody = orders.c.canceller_unknown.is_(sa.false()) & orders.c.buyer_asked.is_not(sa.true())
    op.execute(sa.update(orders).where(unknown, by_nobody, ~whole).values(canceller_unknown=None))
    after_shipment = items.c.cancelled_at.is_(None) | ((items.c.cancelled_at >= orders.c.confirmed_at) & (items.c.item_id != "*"))
    shipped = sa.exists().where(of_order, unknown, orders.c.confirmed_at.is_not(None), after_shipment)
    cancelled = items.c.cancelled_by.is_not(None) & items.c.quantity_shipped.is_(None)
    op.execute(sa.update(items).where(cancelled, shipped).values(before_shipment=None))
