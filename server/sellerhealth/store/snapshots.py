"""Writes the snapshots of accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.records import AccountSnapshot


def store_snapshots(connection: sa.Connection, snapshot_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores rows of a snapshot in place of those that their accounts had."""
    if rows:
        of_accounts = AccountSnapshot.account_id.in_([row["account_id"] for row in rows])
        connection.execute(sa.delete(AccountSnapshot).where(AccountSnapshot.snapshot_id == snapshot_id, of_accounts))
        connection.execute(sa.insert(AccountSnapshot), rows)
