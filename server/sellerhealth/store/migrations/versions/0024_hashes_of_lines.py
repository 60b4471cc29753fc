"""The hash of the lines of a report that an order has. Those that are stored have none yet, so their lines are read once more."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_COMMENT = (
    "A hash of lines of a report that were read and stored as a whole, so that they need not be read again: see store/known_lines.py."
)


def upgrade() -> None:
    """Adds the column."""
    op.add_column("orders", sa.Column("lines_hash", sa.BigInteger(), nullable=True, comment=_COMMENT))
