"""Keys and names of accounts without differences of case, by which accounts are sorted and searched."""

import unicodedata

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns, and fills them in."""
    text = sqlmodel.sql.sqltypes.AutoString
    key = "The key without differences of case. Accounts are searched by it."
    name = "The name without differences of case. Accounts are sorted and searched by it."
    op.add_column("accounts", sa.Column("folded_key", text(), nullable=True, comment=key))
    op.add_column("accounts", sa.Column("folded_name", text(), nullable=True, comment=name))
    if op.get_context().as_sql:
        return
    accounts = sa.table("accounts", *map(sa.column, ("account_id", "key", "name", "folded_key", "folded_name")))
    connection = op.get_bind()
    change = (
        sa.update(accounts)
        .where(accounts.c.account_id == sa.bindparam("of_account"))
        .values(folded_key=sa.bindparam("new_key"), folded_name=sa.bindparam("new_name"))
    )
    rows = connection.execute(sa.select(accounts.c.account_id, accounts.c.key, accounts.c.name)).all()
    if rows:
        new = [{"of_account": row.account_id, "new_key": _fold(row.key), "new_name": _fold(row.name)} for row in rows]
        connection.execute(change, new)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())
