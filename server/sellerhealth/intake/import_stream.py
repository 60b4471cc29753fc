"""Imports a stream of bytes, such as an opened file or an upload: one transaction, one record, one summary."""

import datetime as dt
import gc
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, Required, TypedDict
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.errors import BadFile, BadInput, BadRow, Forbidden, NotFound, SellerHealthError, StoreFault
from sellerhealth.intake.accounts import notes_of
from sellerhealth.intake.entry_reader import EntryReader
from sellerhealth.intake.recognition import detect, named, sample_of
from sellerhealth.intake.rejects import Rejects, is_of_rejects
from sellerhealth.intake.remarks import Remarks
from sellerhealth.intake.rewindable import rewindable, size_of
from sellerhealth.marketplaces import marketplace_named
from sellerhealth.model.records import ImportBatch, ImportState
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.tables import prepare
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.settings import FACTS_FROM
from sellerhealth.sources import FileContext, Rejected, Reported, Row, Skipped
from sellerhealth.sources.importer import CLOCK_SKEW
from sellerhealth.store.database import Database
from sellerhealth.store.ingest import ingesting, record
from sellerhealth.store.writing import check_may_write, writing_into

_CHUNK = 10_000  # rows that are ingested together
_LINES = attrgetter("lines")
_LISTED = 100  # bad rows that are reported one by one

Progress = Callable[[int, int], None]  # (bytes read, bytes in all)


class ImportOptions(TypedDict, total=False):
    """The options of `import_stream`, for those who pass them on."""

    observed_at: Required[dt.datetime]
    marketplace: str | None
    format: str | None
    time_zones: Mapping[str, str] | None
    skip_bad_rows: bool
    dry_run: bool
    progress: Progress | None
    clock: dt.datetime | None


class BadRows(BadFile):
    """A file with rows that cannot be imported. `errors` describes the first 100: where, the value found, what was expected."""

    def __init__(self, file: str, rejected: int, errors: tuple[str, ...]) -> None:
        self.errors = errors
        bad = "a row is bad" if rejected == 1 else f"{rejected} rows are bad"
        more = [f"… and {rejected - len(errors)} more."] if rejected > len(errors) else []
        super().__init__("\n".join([f"{file}: {bad}, so nothing of it was imported.", *errors, *more]))


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

    @property
    def skipped(self) -> int:
        """Valid rows that were not imported, such as orders of another shop."""
        return self.rows_read - self.new - self.changed - self.unchanged - self.rejected

    @property
    def rows_per_second(self) -> int:
        """Rows read per second."""
        return round(self.rows_read / max(self.seconds, 1e-9))


def import_stream(
    database: Database,
    loaded: Loaded,
    viewer: Viewer,
    account_id: int,
    stream: BinaryIO,
    name: str,
    *,
    observed_at: dt.datetime,
    marketplace: str | None = None,
    format: str | None = None,  # noqa: A002 - named as on the command line
    time_zones: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
    clock: dt.datetime | None = None,
) -> ImportSummary:
    """Imports the whole of a stream into an account, in one transaction.

    `name` is the file's name for messages and the record; `observed_at` is the instant up to which the file knows. Raises BadRows
    when a row is bad. With `skip_bad_rows` the valid rows are imported, and the bad ones are written to the file `rejects`, if it
    is set: BadFile when that exists. A failed import leaves a record, a dry run leaves nothing. An importer may close the stream.
    `clock`: the present as metrics see it, for rollups; by default the real one.
    """
    started = time.perf_counter()
    if observed_at.tzinfo is None:
        raise BadInput("The instant up to which the file knows needs its offset from UTC, as in 2026-03-01T09:30:00Z.")
    now = dt.datetime.now(dt.UTC)
    if observed_at > now + CLOCK_SKEW:
        raise BadInput(
            f"{name}: the file is said to know everything up to {observed_at.isoformat()}, which is later than now. "
            "No later report could correct what it says, so name the instant up to which it really knows.",
            argument="observed_at",
        )
    market = marketplace_named(marketplace).key if marketplace else None
    if observed_at < FACTS_FROM:
        raise BadInput(
            f"{name}: the file is said to know nothing after {observed_at.isoformat()}, which is before {FACTS_FROM.year}. "
            "Name the instant up to which it really knows.",
            argument="observed_at",
        )
    with rewindable(stream) as content:
        size, sample = size_of(content), sample_of(content, name)
        importer = named(format, sample, loaded.importers) if format else detect(sample, loaded.importers)
        if is_of_rejects(sample):
            importer = replace(importer, lists=frozenset())
        batch = ImportBatch(
            account_id=account_id,
            batch_id=_batch_id(content, importer.name, market),
            format=importer.name,
            file=name,
            marketplace=market,
            observed_at=observed_at.astimezone(dt.UTC),
            started_at=now,
            state=ImportState.RUNNING,
        )
        errors: list[str] = []
        bad = 0  # records, of which one can take up several lines
        remarks = Remarks(name)
        keeps_rollups = loaded.keeps_rollups and not dry_run
        if keeps_rollups:
            check_may_write(viewer, account_id)
            prepare(database, loaded.measures)

        def keep_rollups(connection: sa.Connection, account_id: int) -> Upkeep:
            return Upkeep(loaded.measures, connection, account_id, clock or now)

        try:
            with (
                Rejects(rejects if skip_bad_rows and not dry_run else None, sample) as kept,
                ingesting(
                    database,
                    viewer,
                    account_id,
                    importer,
                    batch,
                    loaded.classify,
                    time_zones=time_zones,
                    dry_run=dry_run,
                    keep_rollups=keep_rollups if keeps_rollups else None,
                ) as ingest,
            ):
                zones = set[str]()  # the marketplaces in whose zone a day is cut

                def zone_of(key: str | None) -> ZoneInfo:
                    zones.add(key or UNKNOWN)
                    return ingest.zone_of(key or UNKNOWN)

                origin = loaded.importers.origin(importer.name)
                is_built_in = origin.distribution == BUILT_IN_DISTRIBUTION  # only then its code is known to be the same as before
                context = FileContext(batch.observed_at, market, zone_of, now)
                reader = EntryReader(importer, origin, content, context, name)

                def ingest_chunk() -> bool:
                    nonlocal bad
                    chunk = reader.take(_CHUNK)
                    rows = [entry for entry in chunk if isinstance(entry, Row)]
                    batch.rows_read += sum(map(_LINES, chunk))
                    if len(rows) < len(chunk):
                        remarks.add(chunk)
                        rejected = [entry for entry in chunk if isinstance(entry, Rejected)]
                        bad += len(rejected)
                        _report(rejected, batch, errors)
                        kept.write(rejected)
                        if skip_bad_rows:
                            ingest.reject(rejected)
                        ingest.set_aside(entry for entry in chunk if isinstance(entry, Skipped))
                        if figures := [entry for entry in chunk if isinstance(entry, Reported)]:
                            ingest.report(figures)
                    if rows and (skip_bad_rows or not bad):
                        ingest.add(rows)
                    return len(chunk) == _CHUNK

                is_read = has_more = not (is_built_in and ingest.repeats())
                while has_more:
                    has_more = _without_gc(ingest_chunk)
                    if progress is not None:
                        progress(size if content.closed else content.tell(), size)  # importers may close what they have read
                if bad and not skip_bad_rows:
                    raise BadRows(name, bad, tuple(errors))
                kept.close()  # before the commit: if it fails, nothing is imported
                if progress is not None and not is_read:
                    progress(size, size)
                if is_read and is_built_in and not bad and not remarks.texts:  # all of it is in the facts, and nothing was reported
                    ingest.remember(zones)
        except Exception as error:
            if not (dry_run or isinstance(error, StoreFault | Forbidden | NotFound)):  # then it cannot be recorded either
                _record_failure(database, viewer, batch, error)
            raise
    return ImportSummary(
        name,
        importer.name,
        batch.batch_id,
        batch.rows_read,
        batch.rows_new,
        batch.rows_changed,
        batch.rows_unchanged,
        batch.rows_rejected,
        tuple(errors),
        kept.path if kept.has_rows else None,
        time.perf_counter() - started,
        notes_of(database, viewer, account_id),
        remarks.texts,
    )


def _batch_id(content: BinaryIO, format_name: str, marketplace: str | None) -> str:
    """A hash of the content, the format and the marketplace. The stream is then at its start again."""
    digest = hashlib.file_digest(content, lambda: hashlib.blake2b(digest_size=32))  # type: ignore[arg-type]  # its protocol is private
    content.seek(0)
    digest.update(f"\0{format_name}\0{marketplace or ''}".encode())
    return digest.hexdigest()


def _without_gc(work: Callable[[], bool]) -> bool:
    """Runs work on thousands of rows without garbage collection, which would search all of them without finding garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if was_enabled:
            gc.enable()


def _report(rejected: Sequence[Rejected], batch: ImportBatch, errors: list[str]) -> None:
    """Counts bad rows and describes the first. The values found go to the caller, but not into the store."""
    batch.rows_rejected += sum(each.lines for each in rejected)
    for each in rejected[: _LISTED - len(errors)]:
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
