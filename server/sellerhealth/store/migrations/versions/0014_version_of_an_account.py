"""The version of an account is about its coverage and its rejected rows too: says so in the comment of the column."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Changes the comment, which SQLite does not store."""
    if op.get_context().dialect.name != "sqlite":
        op.alter_column("accounts", "version", comment="Grows with every change of the facts, the coverage or the rejected rows.")
