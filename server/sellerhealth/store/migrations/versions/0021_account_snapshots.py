"""The statuses of accounts as of today. They are worked out again by the server, so there is nothing to move."""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlmodel import UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    text = sqlmodel.sql.sqltypes.AutoString

    def column(name: str, kind: sa.types.TypeEngine[Any], comment: str, *, nullable: bool = False) -> sa.Column[Any]:
        return sa.Column(name, kind, autoincrement=False, nullable=nullable, comment=comment)

    op.create_table(
        "account_snapshots",
        column("account_id", sa.BigInteger(), "The account it belongs to."),
        column("snapshot_id", text(), "A hash of the metrics, the settings and the code that computed them."),
        column("version", sa.BigInteger(), "The version of the account that they agree with."),
        column("updated_at", UTCDateTime(), "When the account had that version: one that is erased begins at 0 again.", nullable=True),
        column("as_of", sa.Date(), "The day as of which they are, which was the present one."),
        column("since", UTCDateTime(), "The clock with which they were computed."),
        column(
            "until",
            UTCDateTime(),
            "Until when they hold if nothing changes: something falls due then. Null if nothing does.",
            nullable=True,
        ),
        column("statuses", text(), "Of each metric the status, the share of the allowance that is used, and the value."),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_account_snapshots_accounts")),
        sa.PrimaryKeyConstraint("account_id", "snapshot_id", name=op.f("pk_account_snapshots")),
        sqlite_with_rowid=False,
    )
