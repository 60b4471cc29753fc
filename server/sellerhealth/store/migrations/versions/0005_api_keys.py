"""API keys, and the accounts that they grant."""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables. There are no keys yet."""
    op.create_table(
        "api_keys",
        sa.Column(
            "key_id", AutoString(), autoincrement=False, nullable=False, comment="The part of the key by which it is found. No secret."
        ),
        sa.Column("sha256", AutoString(), nullable=False, comment="The SHA-256 hash of the key."),
        sa.Column("name", AutoString(), nullable=False, comment="What it is for, or who has it."),
        sa.Column("permissions", sa.JSON(), nullable=False, comment="What it permits."),
        sa.Column(
            "all_accounts",
            sa.Boolean(),
            nullable=False,
            comment="Whether it grants every account, later ones too. Else those of its grants.",
        ),
        sa.Column("created_at", UTCDateTime(), nullable=False, comment="When it was made."),
        sa.Column("expires_at", UTCDateTime(), nullable=True, comment="From when it is refused. Null when it does not expire."),
        sa.Column("revoked_at", UTCDateTime(), nullable=True, comment="When it was revoked."),
        sa.Column("last_used_at", UTCDateTime(), nullable=True, comment="When it was last used, to the minute."),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grants",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account."),
        sa.Column("key_id", AutoString(), autoincrement=False, nullable=False, comment="The key."),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_grants_accounts")),
        sa.PrimaryKeyConstraint("account_id", "key_id", name=op.f("pk_grants")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_grants_key_id"), "grants", ["key_id"])
