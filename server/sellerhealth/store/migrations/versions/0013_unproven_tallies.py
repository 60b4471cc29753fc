"""How many unproven rows count on each day, by kind. They are counted again from the facts, so there is nothing to move."""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlmodel import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    text = sqlmodel.sql.sqltypes.AutoString

    def key(name: str, kind: sa.types.TypeEngine[Any], comment: str) -> sa.Column[Any]:
        return sa.Column(name, kind, autoincrement=False, nullable=False, comment=comment)

    op.create_table(
        "unproven_tallies",
        key("account_id", sa.BigInteger(), "The account it belongs to."),
        key("tally", text(), "A hash of the measures in which the rows may count."),
        key("day", sa.Date(), "The day on which they count."),
        key("marketplace", text(), "Their marketplace."),
        key("channel", text(), "Their channel. Empty where the facts have none."),
        key("part", text(), "Their part along the metric's own dimension. Empty where it has none."),
        key("kind", text(), "In which measures they may count, and which cells they lack. Empty for `until`."),
        key("number", sa.Integer(), "0: how many rows. From 1 on the totals of the measures that add up a column."),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="The number."),
        sa.Column(
            "until",
            UTCDateTime(),
            nullable=True,
            comment="Until when the numbers of the day hold if no fact changes. Null if nothing falls due.",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_unproven_tallies_accounts")),
        sa.PrimaryKeyConstraint(
            "account_id", "tally", "day", "marketplace", "channel", "part", "kind", "number", name=op.f("pk_unproven_tallies")
        ),
        sqlite_with_rowid=False,
    )
