"""What reports list, so that what a newer one lacks is noted."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlmodel import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KINDS = (
    "fact = 'ORDER' OR fact = 'PACKAGE' OR fact = 'CLAIM' OR fact = 'CHARGEBACK' OR fact = 'FEEDBACK' OR fact = 'MESSAGE' "
    "OR fact = 'REFUND' OR fact = 'VIOLATION'"
)
_RANKS = 100


def upgrade() -> None:
    """Adds the tables and columns. When the known facts were last listed is not stored: by now, so that no older report lacks them."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "report_spans",
        *_of_report(),
        sa.Column(
            "observed_at",
            UTCDateTime(),
            autoincrement=False,
            nullable=False,
            comment="The instant up to which the report knows. Files of one format and instant are one report.",
        ),
        sa.Column("marketplace", text(), autoincrement=False, nullable=False, comment="The marketplace of the rows."),
        sa.Column("first_at", UTCDateTime(), nullable=False, comment="The earliest instant of its rows."),
        sa.Column("last_at", UTCDateTime(), nullable=False, comment="The latest instant of its rows."),
        sa.Column("complete", sa.Boolean(), nullable=False, comment="Whether it lists all such facts, not just those that hurt."),
        sa.CheckConstraint(_KINDS, name=op.f("ck_report_spans_fact")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_report_spans_accounts")),
        sa.PrimaryKeyConstraint("account_id", "fact", "format", "observed_at", "marketplace", name=op.f("pk_report_spans")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unread_rows",
        *_of_report(),
        sa.Column("observed_at", UTCDateTime(), autoincrement=False, nullable=False, comment="The instant up to which the report knows."),
        sa.Column(
            "fact_key",
            text(),
            autoincrement=False,
            nullable=False,
            comment="The key of the fact. Empty where it cannot be read: it may then be any fact.",
        ),
        sa.CheckConstraint(_KINDS, name=op.f("ck_unread_rows_fact")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_unread_rows_accounts")),
        sa.PrimaryKeyConstraint("account_id", "fact", "format", "observed_at", "fact_key", name=op.f("pk_unread_rows")),
        sqlite_with_rowid=False,
    )
    listed = "When it was last in a report, even if in nothing but its number: see store/listings.py."
    for table in ("orders", "feedback"):
        op.add_column(table, sa.Column("listed", text(), nullable=True, comment=listed))
    doubled = "Whether the newest report has two different rows of it, of which one was kept."
    op.add_column("feedback", sa.Column("doubled", sa.Boolean(), nullable=True, comment=doubled))
    now = (dt.datetime.now(dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    for name in ("orders", "feedback"):
        op.execute(sa.update(sa.table(name, sa.column("listed"))).values(listed=f"{now * _RANKS:015x}"))


def _of_report() -> list[sa.Column[Any]]:
    text = sqlmodel.sql.sqltypes.AutoString
    return [
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column("fact", text(), autoincrement=False, nullable=False, comment="The kind of fact."),
        sa.Column("format", text(), autoincrement=False, nullable=False, comment="The format."),
    ]
