"""An import into one account while it runs: passes the entries of a report on, and sums up for people what became of them."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from sellerhealth.errors import BadFile, BadRow
from sellerhealth.garbage import without_gc
from sellerhealth.intake.rejects import Rejects
from sellerhealth.intake.remarks import Remarks
from sellerhealth.intake.report import Report
from sellerhealth.model.records import ImportBatch
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.sources import Entry, Known, OrderBlock, Rejected, Reported, Row, Skipped
from sellerhealth.sources.known_lines import KnownLines
from sellerhealth.store.ingest import Ingest

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
    rejects: tuple[Path, ...]  # the files that rejected rows were written to
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


class RunningImport:
    """The import of a report into one account: passes its entries on to the ingest, and sums up what became of them."""

    def __init__(self, report: Report, account_id: int, kept: Rejects, terms: Terms, key: str | None = None) -> None:
        """Bad rows that are skipped go to `kept`. `key`: that of the account, in a report of several."""
        self._report, self._kept, self._terms, self._key = report, kept, terms, key
        self.batch = report.batch(account_id)
        self._errors, self._remarks = list[str](), Remarks(report.name)
        self._rejects: tuple[Path, ...] = ()
        self._bad = 0  # records, of which one can take up several lines
        self.may_have_notes = False

    def run(self, ingest: Ingest, chunks: Chunks) -> None:
        """Ingests the entries. `chunks` takes the zones of the account's marketplaces, and the lines that it knows, and yields them. Raises BadRows."""
        report, zones = self._report, set[str]()  # the marketplaces in whose zone a day is cut

        def zone_of(key: str | None) -> ZoneInfo:
            zones.add(key or UNKNOWN)
            return ingest.zone_of(key or UNKNOWN)

        remaining = chunks(zone_of, ingest.known_lines if report.is_built_in else None)

        def ingest_chunk() -> bool:
            chunk = next(remaining, None)
            if chunk is not None:
                self._ingest(ingest, chunk)
            return chunk is not None

        is_read = has_more = not (report.is_built_in and ingest.repeats())
        while has_more:
            has_more = without_gc(ingest_chunk)
        if self._bad and not self._terms.skip_bad_rows:
            raise BadRows(report.name, self._bad, tuple(self._errors), self._key)
        self._kept.flush()  # before the commit: if it fails, nothing is imported
        if is_read and report.is_built_in and not self._bad and not self._remarks.texts:
            ingest.remember(zones)  # all of it is in the facts, and nothing was reported
        self.may_have_notes = ingest.may_have_notes
        self._rejects = self._kept.paths

    def _ingest(self, ingest: Ingest, chunk: list[Entry]) -> None:
        rows = [entry for entry in chunk if isinstance(entry, Row)]
        self.batch.rows_read += sum(map(_LINES, chunk))
        blocks: list[OrderBlock] = []
        if len(rows) < len(chunk):
            self._remarks.add(chunk)
            rejected = [entry for entry in chunk if isinstance(entry, Rejected)]
            self._bad += len(rejected)
            _describe(rejected, self.batch, self._errors)
            self._kept.write(rejected)
            if self._terms.skip_bad_rows:
                ingest.reject(rejected)
            if known := [entry for entry in chunk if isinstance(entry, Known)]:
                ingest.add_known(known)
            ingest.set_aside(entry for entry in chunk if isinstance(entry, Skipped))
            if figures := [entry for entry in chunk if isinstance(entry, Reported)]:
                ingest.report(figures)
            blocks = [entry for entry in chunk if isinstance(entry, OrderBlock)]
        if (rows or blocks) and (self._terms.skip_bad_rows or not self._bad):
            ingest.add(rows, blocks)

    def summary(self, notes: Mapping[str, int], seconds: float) -> ImportSummary:
        """The summary. `notes`: those of the account. `seconds`: what the import took."""
        report, batch = self._report, self.batch
        return ImportSummary(
            report.name,
            report.importer.name,
            batch.batch_id,
            batch.rows_read,
            batch.rows_new,
            batch.rows_changed,
            batch.rows_unchanged,
            batch.rows_rejected,
            tuple(self._errors),
            self._rejects,
            seconds,
            notes,
            self._remarks.texts,
            report.importer.has_facts,
            report.observed_at,
        )


def _describe(rejected: Sequence[Rejected], batch: ImportBatch, errors: list[str]) -> None:
    """Counts bad rows and describes the first. The values found go to the caller, but not into the store."""
    batch.rows_rejected += sum(each.lines for each in rejected)
    for each in rejected[: LISTED - len(errors)]:
        bad = each.error
        errors.append(bad.describe(batch.file))
        batch.errors.append(BadRow(bad.line, bad.field, None, bad.expected).describe(batch.file))
