"""Amazon's own figures."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlmodel import UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "reported_figures",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column("marketplace", text(), autoincrement=False, nullable=False, comment="The marketplace that it is about."),
        sa.Column(
            "format", text(), autoincrement=False, nullable=False, comment="The format, for example `GET_V2_SELLER_PERFORMANCE_REPORT`."
        ),
        sa.Column("taken_on", sa.Date(), autoincrement=False, nullable=False, comment="The day of the report, in UTC."),
        sa.Column(
            "figure", text(), autoincrement=False, nullable=False, comment="Amazon's name of the figure, for example `lateShipmentRate`."
        ),
        sa.Column(
            "channel",
            text(),
            autoincrement=False,
            nullable=False,
            comment="The channel that it is about. Empty where Amazon does not split the figure.",
        ),
        sa.Column(
            "days", sa.Integer(), autoincrement=False, nullable=False, comment="How many days it covers. 0 where the report does not say."
        ),
        sa.Column("taken_at", UTCDateTime(), nullable=False, comment="The instant as of which the report is true."),
        sa.Column(
            "value", text(), nullable=True, comment="The value as a decimal number; of a rate a fraction. Null where Amazon gave none."
        ),
        sa.Column("unit", text(), nullable=False, comment="The unit of the value."),
        sa.Column("numerator", sa.BigInteger(), nullable=True, comment="What Amazon divided. Null where it gave no count."),
        sa.Column("denominator", sa.BigInteger(), nullable=True, comment="What Amazon divided it by. Null where it gave no count."),
        sa.Column("status", text(), nullable=True, comment="The status as Amazon words it."),
        sa.Column("first_on", sa.Date(), nullable=True, comment="The first day that it covers."),
        sa.Column("last_on", sa.Date(), nullable=True, comment="The last day that it covers."),
        sa.Column("target", text(), nullable=True, comment="The target as a decimal number, in the unit of the value."),
        sa.Column("target_condition", text(), nullable=True, comment="How the value is compared with the target, as Amazon words it."),
        sa.CheckConstraint(
            "unit = 'COUNT' OR unit = 'FRACTION' OR unit = 'HOURS' OR unit = 'POINTS' OR unit = 'WORD'",
            name=op.f("ck_reported_figures_unit"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_reported_figures_accounts")),
        sa.PrimaryKeyConstraint(
            "account_id", "marketplace", "format", "taken_on", "figure", "channel", "days", name=op.f("pk_reported_figures")
        ),
        sqlite_with_rowid=False,
    )
