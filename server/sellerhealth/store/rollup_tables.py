"""Which rollup tables a database has. Those of measures are made when measures are registered, so no migration names them."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from sellerhealth.model.records import AccountNumbers, AccountSnapshot, RollupSet, RollupState, UnprovenTally

KEY = ("account_id", "day", "marketplace", "channel", "part")
_PREFIX = "rollup_"
_OTHERS = {RollupSet.__tablename__, RollupState.__tablename__}


def rollup_tables(connection: sa.Connection) -> Sequence[str]:
    """The names of the rollup tables."""
    return sorted(name for name in sa.inspect(connection).get_table_names() if name.startswith(_PREFIX) and name not in _OTHERS)


def rollup_columns(connection: sa.Connection) -> Mapping[str, Sequence[str]]:
    """The columns of each rollup table, without its key."""
    inspector = sa.inspect(connection)
    return {
        table: [each["name"] for each in inspector.get_columns(table) if each["name"] not in KEY] for table in rollup_tables(connection)
    }


def erase_rollups(connection: sa.Connection, account_id: int) -> int:
    """Deletes the rollups and the snapshots of an account, and returns the number of deleted rows."""
    tables = [sa.Table(name, sa.MetaData(), sa.Column("account_id", sa.BigInteger())) for name in rollup_tables(connection)]
    tables += UnprovenTally.__table__, AccountSnapshot.__table__, AccountNumbers.__table__
    return sum(connection.execute(sa.delete(table).where(table.c.account_id == account_id)).rowcount for table in tables)
