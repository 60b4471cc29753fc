"""Which rollups are kept, and how far. The rollups themselves are no part of the migrations: see rollups/tables.py."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlmodel import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the tables."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "rollup_sets",
        sa.Column("set_id", text(), autoincrement=False, nullable=False, comment="A hash of its measures."),
        sa.Column("measures", sa.JSON(), nullable=False, comment="Its measures, each as the table and the column of its rollup."),
        sa.Column("registered_at", UTCDateTime(), nullable=False, comment="When a process last had these measures, to the day."),
        sa.PrimaryKeyConstraint("set_id", name=op.f("pk_rollup_sets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_states",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column("set_id", text(), autoincrement=False, nullable=False, comment="The set of measures."),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="The version of the account that they agree with. Behind it the facts answer.",
        ),
        sa.Column("computed_at", UTCDateTime(), nullable=False, comment="The clock with which they were computed."),
        sa.Column(
            "valid_until",
            UTCDateTime(),
            nullable=True,
            comment="Until when they hold if no fact changes: something falls due then. Null if nothing does.",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_rollup_states_accounts")),
        sa.PrimaryKeyConstraint("account_id", "set_id", name=op.f("pk_rollup_states")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leases",
        sa.Column("job", text(), autoincrement=False, nullable=False, comment="The job."),
        sa.Column("holder", text(), nullable=False, comment="The process that does it."),
        sa.Column("until", UTCDateTime(), nullable=False, comment="From when another process may take it over."),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_leases")),
        sqlite_with_rowid=False,
    )
