"""Grants belong to the API keys, not to the accounts: on a cluster they are on the coordinator, as the keys are."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drops the reference to the accounts, which may be on another server."""
    with op.batch_alter_table("grants", table_kwargs={"sqlite_with_rowid": False}) as grants:
        grants.drop_constraint(op.f("fk_grants_accounts"), type_="foreignkey")
