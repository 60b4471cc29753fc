"""The numbers that statuses are computed from. They are counted again by the server, so there is nothing to move."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "account_numbers",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column("snapshot_id", text(), nullable=False, comment="The id of the snapshot."),
        sa.Column(
            "numbers",
            text(),
            nullable=False,
            comment="The sources and rejected rows, and for each query the numbers and the unproven rows of each part, as JSON.",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_account_numbers_accounts")),
        sa.PrimaryKeyConstraint("account_id", "snapshot_id", name=op.f("pk_account_numbers")),
        sqlite_with_rowid=False,
    )
