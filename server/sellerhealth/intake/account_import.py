"""Stores the entries of a report in one account: all or none, with a record, and a summary for people."""

import datetime as dt
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.errors import BadFile, BadRow, Forbidden, NotFound, SellerHealthError, StoreFault
from sellerhealth.intake.accounts import notes_of
from sellerhealth.intake.rejects import Rejects
from sellerhealth.intake.remarks import Remarks
from sellerhealth.intake.report import Report
from sellerhealth.model.records import ImportBatch, ImportState
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.sources import Entry, Known, OrderBlock, Rejected, Reported, Row, Skipped
from sellerhealth.sources.known_lines import KnownLines
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.database import Database
from sellerhealth.store.import_batches import record
from sellerhealth.store.ingest import ingesting
from sellerhealth.store.writing import writing_into

_LINES = attrgetter("lines")
LISTED = 100  # bad rows that are reported one by one

Zones = Callable[[str | None], ZoneInfo]  # by marketplace
Chunks = Callable[[Zones, KnownLines | None], Iterator[list[Entry]]]


class BadRows(BadFile):
    """A file with rows that cannot be imported. `errors` describes the first 100: where, the value found, what was expected.

    `account`: the key of the one whose rows they are, in a file of several.
    """

    def __init__(self, file: str, rejected: int, errors: tuple[str, ...], account: str | None = None) -> None:
        self.errors = errors
        of = "" if account is None else f" of the account {account!r}"
        bad = f"a row{of} is bad" if rejected == 1 else f"{rejected} rows{of} are bad"
        more = [f"… and {rejected - len(errors)} more."] if rejected > len(errors) else []
        super().__init__(
            "\n".join([f"{file}: {bad}, so nothing of {'it' if account is None else 'the account'} was imported.", *errors, *more])
        )


@dataclass(frozen=True)
class ImportSummary:
    """The result of an import. Each row read is new, changed, unchanged, skipped or rejected; one over n lines counts as n.

    `remarks` says what was left out of rows, or which rows were set aside. `notes` counts the data quality notes of the whole
    account by code.
    """

    file: str
    format: str
    batch_id: str
    rows_read: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    errors: tuple[str, ...]  # why rows were rejected, the first 100
    rejects: Path | None  # the file that the rejected rows were written to
    seconds: float
    notes: Mapping[str, int]
    remarks: tuple[str, ...] = ()
    has_facts: bool = True  # else a rejected row is no possible miss
    observed_at: dt.datetime | None = None  # the instant as of which the file is true

    @property
    def skipped(self) -> int:
        """Valid rows that were not imported, such as orders of another shop."""
        return self.rows_read - self.new - self.changed - self.unchanged - self.rejected

    @property
    def rows_per_second(self) -> int:
        """Rows read per second."""
        return round(self.rows_read / max(self.seconds, 1e-9))


@dataclass(frozen=True)
class Terms:
    """How the reports of one call are imported: see `import_stream`."""

    time_zones: Mapping[str, str] | None
    skip_bad_rows: bool
    dry_run: bool
    clock: dt.datetime


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
    """Imports the entries of a report into an account, or creates it first, in one transaction.

    `chunks` takes the zones of the account's marketplaces, and the lines that it knows, and yields the entries. Bad rows that are skipped go to `kept`. `key`: that of the
    account, in a report of several, which are settled together at its end: `written` then adds up the rows, by table.
    """
    started = time.perf_counter()
    account_id = account if isinstance(account, int) else account.account_id
    batch, errors, remarks = report.batch(account_id), list[str](), Remarks(report.name)
    bad = 0  # records, of which one can take up several lines

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
            batch,
            loaded.classify,
            time_zones=terms.time_zones,
            dry_run=terms.dry_run,
            keep_rollups=keep_rollups if loaded.keeps_rollups and not terms.dry_run else None,
            settles=written is None,
        ) as ingest:
            zones = set[str]()  # the marketplaces in whose zone a day is cut

            def zone_of(key: str | None) -> ZoneInfo:
                zones.add(key or UNKNOWN)
                return ingest.zone_of(key or UNKNOWN)

            remaining = chunks(zone_of, ingest.known_lines if report.is_built_in else None)

            def ingest_chunk() -> bool:
                nonlocal bad
                chunk = next(remaining, None)
                if chunk is None:
                    return False
                rows = [entry for entry in chunk if isinstance(entry, Row)]
                batch.rows_read += sum(map(_LINES, chunk))
                blocks: list[OrderBlock] = []
                if len(rows) < len(chunk):
                    remarks.add(chunk)
                    rejected = [entry for entry in chunk if isinstance(entry, Rejected)]
                    bad += len(rejected)
                    _describe(rejected, batch, errors)
                    kept.write(rejected)
                    if terms.skip_bad_rows:
                        ingest.reject(rejected)
                    if known := [entry for entry in chunk if isinstance(entry, Known)]:
                        ingest.add_known(known)
                    ingest.set_aside(entry for entry in chunk if isinstance(entry, Skipped))
                    if figures := [entry for entry in chunk if isinstance(entry, Reported)]:
                        ingest.report(figures)
                    blocks = [entry for entry in chunk if isinstance(entry, OrderBlock)]
                if (rows or blocks) and (terms.skip_bad_rows or not bad):
                    ingest.add(rows, blocks)
                return True

            is_read = has_more = not (report.is_built_in and ingest.repeats())
            while has_more:
                has_more = without_gc(ingest_chunk)
            if bad and not terms.skip_bad_rows:
                raise BadRows(report.name, bad, tuple(errors), key)
            kept.flush()  # before the commit: if it fails, nothing is imported
            if is_read and report.is_built_in and not bad and not remarks.texts:  # all of it is in the facts, and nothing was reported
                ingest.remember(zones)
        has_notes = ingest.may_have_notes
        if written is not None and not terms.dry_run:
            written.update(ingest.written)
    except Exception as error:
        if isinstance(account, int) and not (terms.dry_run or isinstance(error, StoreFault | Forbidden | NotFound)):
            _record_failure(database, viewer, batch, error)  # else it cannot be recorded either
        raise
    return ImportSummary(
        report.name,
        report.importer.name,
        batch.batch_id,
        batch.rows_read,
        batch.rows_new,
        batch.rows_changed,
        batch.rows_unchanged,
        batch.rows_rejected,
        tuple(errors),
        kept.path if kept.has_rows else None,
        time.perf_counter() - started,
        notes_of(database, viewer, account_id) if has_notes else {},
        remarks.texts,
        report.importer.has_facts,
        report.observed_at,
    )


def without_gc(work: Callable[[], bool]) -> bool:
    """Runs work on thousands of rows without garbage collection, which would search all of them without finding garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if was_enabled:
            gc.enable()


def _describe(rejected: Sequence[Rejected], batch: ImportBatch, errors: list[str]) -> None:
    """Counts bad rows and describes the first. The values found go to the caller, but not into the store."""
    batch.rows_rejected += sum(each.lines for each in rejected)
    for each in rejected[: LISTED - len(errors)]:
        bad = each.error
        errors.append(bad.describe(batch.file))
        batch.errors.append(BadRow(bad.line, bad.field, None, bad.expected).describe(batch.file))


def _record_failure(database: Database, viewer: Viewer, batch: ImportBatch, error: Exception) -> None:
    """Records a failed import, unless the same content has been imported before."""
    batch.state, batch.finished_at = ImportState.FAILED, dt.datetime.now(dt.UTC)
    batch.errors = batch.errors or [str(error) if isinstance(error, SellerHealthError) else type(error).__name__]
    same = (ImportBatch.account_id == batch.account_id, ImportBatch.batch_id == batch.batch_id)
    with writing_into(database, viewer, batch.account_id) as connection:
        if connection.scalar(sa.select(ImportBatch.state).where(*same)) != ImportState.DONE:
            record(connection, batch)
