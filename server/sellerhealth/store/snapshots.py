"""Writes the snapshots of accounts, and says whether any may have fallen behind."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.records import Account, AccountNumbers, AccountSnapshot, RollupState

_STATE = (  # each built once: a server reads them every minute
    sa.select(sa.func.count(), sa.func.sum(Account.version)).select_from(Account),
    sa.select(sa.func.max(RollupState.computed_at)),
    sa.select(sa.func.count()).select_from(AccountSnapshot).where(AccountSnapshot.snapshot_id == sa.bindparam("state_of")),
)


def store_snapshots(connection: sa.Connection, snapshot_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores rows of a snapshot, each with its numbers, in place of those that their accounts had."""
    if rows:
        account_ids = [row["account_id"] for row in rows]
        for table in (AccountSnapshot, AccountNumbers):
            own = {column.name for column in table.__table__.c}
            connection.execute(sa.delete(table).where(table.snapshot_id == snapshot_id, table.account_id.in_(account_ids)))
            connection.execute(sa.insert(table), [{name: value for name, value in row.items() if name in own} for row in rows])


def state_of_snapshots(connection: sa.Connection, snapshot_id: str) -> tuple[object, ...]:
    """Numbers that change when an account does, when rollups are computed again, and when rows of a snapshot are written or deleted."""
    return tuple(value for statement in _STATE for value in connection.execute(statement, {"state_of": snapshot_id}).one())
