"""When shipment of an order was confirmed, from sources that name no packages."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column. It is filled when notifications are imported."""
    op.add_column(
        "orders",
        sa.Column(
            "shipped_at",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="When shipment of the whole order was confirmed, for sources that name no packages. Packages with a confirmation take precedence.",
        ),
    )
