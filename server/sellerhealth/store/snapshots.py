"""Writes the snapshots of accounts, and says whether any may have fallen behind."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.records import Account, AccountSnapshot, RollupState


def store_snapshots(connection: sa.Connection, snapshot_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores rows of a snapshot in place of those that their accounts had."""
    if rows:
        of_accounts = AccountSnapshot.account_id.in_([row["account_id"] for row in rows])
        connection.execute(sa.delete(AccountSnapshot).where(AccountSnapshot.snapshot_id == snapshot_id, of_accounts))
        connection.execute(sa.insert(AccountSnapshot), rows)


def state_of_snapshots(connection: sa.Connection, snapshot_id: str) -> tuple[object, ...]:
    """Numbers that change when an account does, when rollups are computed again, and when rows of a snapshot are written or deleted."""
    accounts = sa.select(sa.func.count(), sa.func.sum(Account.version)).select_from(Account)
    computed = sa.select(sa.func.max(RollupState.computed_at))
    rows = sa.select(sa.func.count()).select_from(AccountSnapshot).where(AccountSnapshot.snapshot_id == snapshot_id)
    return tuple(value for statement in (accounts, computed, rows) for value in connection.execute(statement).one())
