"""Stores the entries of a report in one account, or in several new ones: all or none, with a record for each."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.errors import Forbidden, NotFound, SellerHealthError, StoreFault
from sellerhealth.intake.accounts import notes_by_account, notes_of
from sellerhealth.intake.rejects import Rejects
from sellerhealth.intake.report import Report
from sellerhealth.intake.running_import import Chunks, ImportSummary, RunningImport, Terms
from sellerhealth.model.records import ImportBatch, ImportState
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.database import Database
from sellerhealth.store.import_batches import record
from sellerhealth.store.ingesting import ingesting, ingesting_new
from sellerhealth.store.writing import writing_into


def import_into(
    database: Database,
    loaded: Loaded,
    viewer: Viewer,
    account: int | NewAccount,
    report: Report,
    chunks: Chunks,
    kept: Rejects,
    terms: Terms,
    key: str | None = None,
    written: Counter[sa.Table] | None = None,
) -> ImportSummary:
    """Imports the entries of a report into an account, or creates it first, in one transaction. `key`: see `RunningImport`.

    The accounts of a report of several are settled together at its end: `written` then adds up the rows, by table.
    """
    account_id = account if isinstance(account, int) else account.account_id
    running, started = RunningImport(report, account_id, kept, terms, key), time.perf_counter()

    def keep_rollups(connection: sa.Connection, account_id: int) -> Upkeep | None:
        if written is not None and isinstance(account, NewAccount):
            return None
        upkeep = Upkeep(loaded.measures, connection, account_id, terms.clock)
        # To count all of an account takes longer than to import few rows, so of many accounts the server does that later.
        return upkeep if written is None or upkeep.is_current else None

    try:
        with ingesting(
            database,
            viewer,
            account,
            report.importer,
            running.batch,
            loaded.classify,
            time_zones=terms.time_zones,
            dry_run=terms.dry_run,
            keep_rollups=keep_rollups if loaded.keeps_rollups and not terms.dry_run else None,
            settles=written is None,
        ) as ingest:
            running.run(ingest, chunks)
        if written is not None and not terms.dry_run:
            written.update(ingest.written)
    except Exception as error:
        if isinstance(account, int) and not (terms.dry_run or isinstance(error, StoreFault | Forbidden | NotFound)):
            _record_failure(database, viewer, running.batch, error)  # else it cannot be recorded either
        raise
    notes = notes_of(database, viewer, account_id) if running.may_have_notes else {}
    return running.summary(notes, time.perf_counter() - started)


def import_into_new(
    database: Database,
    loaded: Loaded,
    viewer: Viewer,
    accounts: Sequence[tuple[NewAccount, Chunks]],
    report: Report,
    kept: Rejects,
    terms: Terms,
    written: Counter[sa.Table],
) -> Sequence[ImportSummary]:
    """Imports the entries of a report into several accounts, and creates them, in one transaction: what fails one of them fails all.

    The plain way is `import_into` for each.
    """
    new, imports, started = [account for account, _ in accounts], list[RunningImport](), time.perf_counter()
    rows = Counter[sa.Table]()
    with ingesting_new(
        database, viewer, new, report.importer, loaded.classify, time_zones=terms.time_zones, dry_run=terms.dry_run
    ) as ingesting_one:
        for account, chunks in accounts:
            running = RunningImport(report, account.account_id, kept, terms, account.key)
            with ingesting_one(account, running.batch) as ingest:
                running.run(ingest, chunks)
            rows.update(ingest.written)
            imports.append(running)
    if not terms.dry_run:
        written.update(rows)
    notes = notes_by_account(database, viewer, [each.batch.account_id for each in imports if each.may_have_notes])
    seconds = (time.perf_counter() - started) / len(imports)
    return [each.summary(notes.get(each.batch.account_id, {}), seconds) for each in imports]


def _record_failure(database: Database, viewer: Viewer, batch: ImportBatch, error: Exception) -> None:
    """Records a failed import, unless the same content has been imported before."""
    batch.state, batch.finished_at = ImportState.FAILED, dt.datetime.now(dt.UTC)
    batch.errors = batch.errors or [str(error) if isinstance(error, SellerHealthError) else type(error).__name__]
    same = (ImportBatch.account_id == batch.account_id, ImportBatch.batch_id == batch.batch_id)
    with writing_into(database, viewer, batch.account_id) as connection:
        if connection.scalar(sa.select(ImportBatch.state).where(*same)) != ImportState.DONE:
            record(connection, batch)
