"""An index of the accounts in the order of a list, of which a page is read: all were sorted for each page."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the index."""
    op.create_index(op.f("ix_accounts_folded_name_key"), "accounts", ["folded_name", "key"])
