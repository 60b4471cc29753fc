"""The names of what sources reported: `versions`, `reported_marketplace` and `reported_answered_at`."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_FACTS = ("chargebacks", "claims", "feedback", "items", "messages", "orders", "packages", "refunds", "replies", "violations")
_WITH_MARKETPLACE = ("chargebacks", "claims", "feedback", "messages", "packages", "refunds", "violations")
_VERSIONS = "Which version each of its reported columns has: see store/merge.py."


def upgrade() -> None:
    """Renames the columns. No row is written."""
    for table in _FACTS:
        op.alter_column(table, "told", new_column_name="versions")
    for table in _WITH_MARKETPLACE:
        op.alter_column(table, "told_marketplace", new_column_name="reported_marketplace")
    op.alter_column("messages", "told_answered_at", new_column_name="reported_answered_at")
    if op.get_context().dialect.name == "postgresql":  # SQLite keeps no comments
        for table in _FACTS:
            op.alter_column(table, "versions", comment=_VERSIONS)
        op.alter_column("sources", "complete", comment="Whether it has all such facts, not just those that hurt.")
