"""The import of a file: one transaction, a record of it, and what came of it told."""

import datetime as dt
import gc
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from sellerhealth.errors import BadFile, BadInput, BadRow, NotFound, SellerHealthError
from sellerhealth.intake.entry_reader import Entries
from sellerhealth.intake.recognition import detect, sample_of
from sellerhealth.intake.rejects import Rejects
from sellerhealth.marketplaces import marketplace_named
from sellerhealth.model.records import DataNote, ImportBatch, ImportState
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.plugins.load import Loaded
from sellerhealth.sources import Given, Importer, Rejected, Row
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.ingest import ingesting, record

ROWS = 10_000  # rows that are ingested at once
TOLD = 100  # bad rows that are told of one by one

Progress = Callable[[int, int], None]  # (bytes read, bytes in all)


class BadRows(BadFile):
    """A file with rows that cannot be imported. `errors` says of the first 100 where, what stood there and what was expected."""

    def __init__(self, file: str, rejected: int, errors: tuple[str, ...]) -> None:
        self.errors = errors
        bad = "a row is bad" if rejected == 1 else f"{rejected} rows are bad"
        more = [f"… and {rejected - len(errors)} more."] if rejected > len(errors) else []
        super().__init__("\n".join([f"{file}: {bad}, so nothing of it was imported.", *errors, *more]))


@dataclass(frozen=True)
class ImportSummary:
    """What came of an import. `notes` counts what is contradictory in the account by code, whichever import brought it.

    Rows that were read and passed over are neither new nor changed, unchanged or rejected.
    """

    format: str
    batch_id: str
    rows_read: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    errors: tuple[str, ...]  # why rows were rejected, the first 100
    rejects: Path | None  # where they were written
    seconds: float
    notes: Mapping[str, int]

    @property
    def rows_per_second(self) -> int:
        """Rows read in a second."""
        return round(self.rows_read / max(self.seconds, 1e-9))


def create_account(database: Database, key: str, name: str, time_zone: str = "UTC") -> int:
    """Creates an account and returns its id. BadInput when there is one with this key, or the zone is unknown."""
    with database.writing() as connection:
        return accounts.create(connection, key, name, time_zone)


def find_account(database: Database, key: str) -> int:
    """The id of the account with a key. NotFound, with the way to create it, when there is none."""
    with database.reading() as connection:
        account_id = accounts.find(connection, key)
    if account_id is None:
        raise NotFound(f"There is no account {key!r}. To create it, add --create and --name with the name to show.")
    return account_id


def notes_of(database: Database, account_id: int) -> dict[str, int]:
    """How many facts of an account are contradictory, by code: see docs/import.md."""
    counted = sa.select(DataNote.code, sa.func.count()).where(DataNote.account_id == account_id)
    with database.reading() as connection:
        return dict(iter(connection.execute(counted.group_by(DataNote.code).order_by(DataNote.code))))


def import_file(
    database: Database,
    loaded: Loaded,
    account_id: int,
    path: Path,
    *,
    marketplace: str | None = None,
    format: str | None = None,  # noqa: A002 - the word of the command line and the API
    observed_at: dt.datetime | None = None,
    time_zones: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Imports a file into an account, in one transaction.

    `observed_at` is the instant up to which the file knows, by default that of its last change. BadRows when a row is bad;
    with `skip_bad_rows` the others are imported, and the bad ones are written to `rejects`, by default beside the file: BadFile
    when that exists. A failed import leaves a record, a dry run leaves nothing.
    """
    started = time.perf_counter()
    sample = sample_of(path)
    importer = loaded.importers.find(format) if format else detect(sample, loaded.importers)
    place = marketplace_named(marketplace).key if marketplace else None
    batch = _batch(account_id, path, importer, place, observed_at)
    size = path.stat().st_size
    kept = Rejects(rejects or path.with_name(f"{path.stem}.rejected{path.suffix}"), sample)
    keep = kept.write if skip_bad_rows and not dry_run else None
    errors: list[str] = []
    try:
        with (
            path.open("rb") as stream,
            ingesting(database, account_id, importer, batch, loaded.classify, time_zones=time_zones, dry_run=dry_run) as ingest,
        ):
            given = Given(batch.observed_at, place, lambda key: ingest.zone_of(key or UNKNOWN))
            entries = Entries(importer, loaded.importers.origin(importer.name), stream, given, path.name)

            def add() -> bool:
                chunk = entries.take(ROWS)
                rows = [entry for entry in chunk if isinstance(entry, Row)]
                batch.rows_read += len(chunk)
                if len(rows) < len(chunk):
                    _refuse([entry for entry in chunk if isinstance(entry, Rejected)], batch, errors, keep)
                if rows and (skip_bad_rows or not batch.rows_rejected):
                    ingest.add(rows)
                return len(chunk) == ROWS

            is_more = True
            while is_more:
                is_more = _collecting_later(add)
                if progress is not None:
                    progress(size if stream.closed else stream.tell(), size)  # an importer may close what it has read
            if batch.rows_rejected and not skip_bad_rows:
                raise BadRows(path.name, batch.rows_rejected, tuple(errors))
            kept.close()
    except Exception as error:
        kept.discard()
        if not dry_run:
            _record_failure(database, batch, error)
        raise
    return ImportSummary(
        importer.name,
        batch.batch_id,
        batch.rows_read,
        batch.rows_new,
        batch.rows_changed,
        batch.rows_unchanged,
        batch.rows_rejected,
        tuple(errors),
        kept.path if kept.is_open else None,
        time.perf_counter() - started,
        notes_of(database, account_id),
    )


def _collecting_later(work: Callable[[], bool]) -> bool:
    """Does work with thousands of rows, and collects garbage only when they are gone: they would be looked through in vain."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if collecting:
            gc.enable()


def _batch(account_id: int, path: Path, importer: Importer, marketplace: str | None, observed_at: dt.datetime | None) -> ImportBatch:
    """The record of an import that begins. Its id is a hash of the content, the format and the marketplace."""
    if observed_at is None:
        observed_at = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    elif observed_at.tzinfo is None:
        raise BadInput("The instant up to which the file knows needs its offset from UTC, as in 2026-03-01T09:30:00Z.")
    with path.open("rb") as file:
        content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32))
    content.update(f"\0{importer.name}\0{marketplace or ''}".encode())
    return ImportBatch(
        account_id=account_id,
        batch_id=content.hexdigest(),
        format=importer.name,
        file=path.name,
        marketplace=marketplace,
        observed_at=observed_at.astimezone(dt.UTC),
        started_at=dt.datetime.now(dt.UTC),
        state=ImportState.RUNNING,
    )


def _refuse(rejected: Sequence[Rejected], batch: ImportBatch, errors: list[str], keep: Callable[[Rejected], None] | None) -> None:
    """Counts bad rows, keeps them, and tells of the first. What stood in them is told to the caller, but not to the store."""
    batch.rows_rejected += len(rejected)
    for _, bad in zip(range(TOLD - len(errors)), (each.error for each in rejected), strict=False):
        errors.append(bad.describe(batch.file))
        batch.errors.append(BadRow(bad.line, bad.field, None, bad.expected).describe(batch.file))
    if keep is not None:
        for each in rejected:
            keep(each)


def _record_failure(database: Database, batch: ImportBatch, error: Exception) -> None:
    """Leaves a record of a failed import, unless the same content is in the store."""
    batch.state, batch.finished_at = ImportState.FAILED, dt.datetime.now(dt.UTC)
    batch.errors = batch.errors or [str(error) if isinstance(error, SellerHealthError) else type(error).__name__]
    same = (ImportBatch.account_id == batch.account_id, ImportBatch.batch_id == batch.batch_id)
    with database.writing() as connection:
        if connection.scalar(sa.select(ImportBatch.state).where(*same)) != ImportState.DONE:
            record(connection, batch)
