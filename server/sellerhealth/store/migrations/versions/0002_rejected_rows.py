"""Rejected rows."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what this version needs."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "rejected_rows",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column("batch_id", text(), autoincrement=False, nullable=False, comment="The import that skipped it."),
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="Its number among the bad rows of the import, from 1."
        ),
        sa.Column("fact", text(), autoincrement=False, nullable=False, comment="The kind of fact that it would have been."),
        sa.Column("fact_key", text(), nullable=True, comment="The key of the fact. Null where it cannot be read."),
        sa.Column(
            "day",
            sa.Date(),
            nullable=True,
            comment="The day on which it counts. Null where that cannot be read: it then counts in every window.",
        ),
        sa.CheckConstraint(
            "fact = 'ORDER' OR fact = 'PACKAGE' OR fact = 'CLAIM' OR fact = 'CHARGEBACK' OR fact = 'FEEDBACK' OR fact = 'MESSAGE' "
            "OR fact = 'REFUND' OR fact = 'VIOLATION'",
            name=op.f("ck_rejected_rows_fact"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_rejected_rows_accounts")),
        sa.PrimaryKeyConstraint("account_id", "batch_id", "number", "fact", name=op.f("pk_rejected_rows")),
        sqlite_with_rowid=False,
    )
