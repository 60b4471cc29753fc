"""How content was read, so that the same need not be read again. It is not known of imports so far: they are read once more."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COMMENT = "How it was read, if it was imported as a whole: by which code, in which zones of days, as of which instant."


def upgrade() -> None:
    """Adds the column."""
    op.add_column("import_batches", sa.Column("reading", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment=_COMMENT))
