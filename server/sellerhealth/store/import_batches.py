"""The record of an import, by which the same content is known when it comes again."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.records import ImportBatch, ImportState
from sellerhealth.store.account_rows import AccountRows

_STORE = sa.insert(ImportBatch)  # made once: an import of many accounts stores thousands


def record(connection: sa.Connection, batch: ImportBatch) -> None:
    """Stores a batch, unless the same content was imported before: importing it again changes nothing."""
    store_batch(AccountRows(connection, batch.account_id), batch, find_done(connection, batch))


def store_batch(rows: AccountRows, batch: ImportBatch, done: sa.Row[Any] | None) -> None:
    """Stores a batch of an account. `done`: the record of the same content that was imported before, of which only changes how it was read."""

    def same() -> Sequence[Any]:
        return ImportBatch.account_id == batch.account_id, ImportBatch.batch_id == batch.batch_id

    if done is None:
        if not rows.is_new:
            rows.connection.execute(sa.delete(ImportBatch).where(*same()))
        rows.execute(_STORE, batch.model_dump())
    elif batch.state == ImportState.DONE and done.reading != batch.reading:
        rows.connection.execute(sa.update(ImportBatch).where(*same()).values(reading=batch.reading))


def find_done(connection: sa.Connection, batch: ImportBatch) -> sa.Row[Any] | None:
    """The record of the same content, if it was imported before."""
    table: sa.Table = ImportBatch.__table__
    same = (table.c.account_id == batch.account_id, table.c.batch_id == batch.batch_id, table.c.state == ImportState.DONE)
    return connection.execute(sa.select(table).where(*same)).first()
