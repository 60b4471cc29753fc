"""The products of the items of an order, and the service by which it is to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns. They are filled when a report is imported again."""
    op.add_column("items", sa.Column("sku", sa.String(), nullable=True, comment="The seller's number of the product."))
    op.add_column("items", sa.Column("asin", sa.String(), nullable=True, comment="Amazon's number of the product."))
    op.add_column(
        "orders",
        sa.Column("ship_service", sa.String(), nullable=True, comment="The service by which it is to be sent, as the source names it."),
    )
