"""Imports files for commands: shows the progress, and prints what was imported and what was not."""

import contextlib
import datetime as dt
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sellerhealth.access import OWNER
from sellerhealth.cli.input_files import modified_at, name_of, open_file, rejects
from sellerhealth.cli.output import ERR, SHORT_ID, print_note, print_table
from sellerhealth.errors import NotFound, SellerHealthError
from sellerhealth.intake import (
    AccountImport,
    ImportSummary,
    NewAccount,
    Progress,
    has_sets,
    import_accounts,
    import_reports,
    import_stream,
    reports_in,
    set_of,
    together,
)
from sellerhealth.intake.expectations import check_sha256, check_size
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import Settings
from sellerhealth.sources import Files
from sellerhealth.store.database import Database

_LISTED = 20  # remarks and bad rows that are printed where there are many accounts
_COUNTS = ("read", "new", "changed", "unchanged", "skipped", "rejected")


class Unit(NamedTuple):
    """Files that are imported together: one, or those of a `format` of several."""

    paths: tuple[Path, ...]
    format: str | None = None

    @property
    def name(self) -> str:
        """The name in messages."""
        return ", ".join(map(name_of, self.paths))


@dataclass
class Importing:
    """The imports of a command, with the options that they share."""

    settings: Settings
    loaded: Loaded
    database: Database
    marketplace: str | None
    format: str | None
    observed_at: dt.datetime | None
    skip_bad_rows: bool
    dry_run: bool
    expect: dict[str, Any] = field(default_factory=dict)  # what the sender says of the file

    def units(self, paths: Iterable[Path]) -> Sequence[Unit]:
        """Files as they are imported, in their order: those of a format of several belong together if they are in one folder."""
        found: dict[object, Unit] = {}
        for number, path in enumerate(paths):
            format_ = self.format_of_several(path)
            key = number if format_ is None else (format_, path.parent)
            found[key] = Unit((*(found[key].paths if key in found else ()), path), format_)
        return [*found.values()]

    def format_of_several(self, path: Path) -> str | None:
        """The format of several files of which a file is a part. None if it is none, or cannot be read: its import says why."""
        if not has_sets(self.loaded.importers) or not path.is_file():
            return None
        with contextlib.suppress(SellerHealthError), open_file(path) as stream:
            return set_of(stream, name_of(path), self.loaded.importers, self.format)
        return None

    def into_account(self, account: int | NewAccount, unit: Unit) -> Iterator[ImportSummary]:
        """Imports a file, or several that belong together, into an account, and yields the summary of each report."""
        if unit.format is not None:
            with self._together(unit) as (files, options):
                yield import_stream(self.database, self.loaded, OWNER, account, files, unit.name, **options)
            return
        (path,) = unit.paths
        with open_file(path) as stream, _progress_bar(name_of(path)) as progress:
            yield from import_reports(
                self.database,
                self.loaded,
                OWNER,
                account,
                stream,
                name_of(path),
                rejects=partial(rejects, path),
                **self.expect,
                **self._options(modified_at(stream), progress),
            )

    def into_accounts(self, unit: Unit, *, create: bool, time_zone: str) -> Iterator[tuple[str, Iterator[AccountImport]]]:
        """Imports a file, or several that belong together, into the accounts that the rows name. Yields each report with the results for its accounts."""
        if unit.format is not None:
            with self._together(unit) as (files, options):
                found = import_accounts(self.database, self.loaded, OWNER, files, unit.name, create=create, time_zone=time_zone, **options)
                yield unit.name, found
            return
        (path,) = unit.paths
        with open_file(path) as stream, _progress_bar(name_of(path)) as progress:
            modified = modified_at(stream)
            for name, report in reports_in(stream, name_of(path), self.loaded.importers, self.format, **self.expect):
                yield (
                    name,
                    import_accounts(
                        self.database,
                        self.loaded,
                        OWNER,
                        report,
                        name,
                        create=create,
                        time_zone=time_zone,
                        rejects=partial(rejects, path),
                        **self._options(modified, progress),
                    ),
                )

    @contextlib.contextmanager
    def _together(self, unit: Unit) -> Iterator[tuple[Files, dict[str, Any]]]:
        """The files of a unit, open, and the options of their import. They are true as of when the first of them was modified."""
        with contextlib.ExitStack() as stack:
            streams: dict[str, BinaryIO] = {name_of(path): stack.enter_context(open_file(path)) for path in unit.paths}
            modified = min(map(modified_at, streams.values()))
            for name, stream in streams.items():
                check_size(stream, name, self.expect.get("expect_size"))
                check_sha256(stream, name, self.expect.get("expect_sha256"))
            files = stack.enter_context(together(streams, self.loaded.importers, unit.format or ""))
            options = self._options(modified, stack.enter_context(_progress_bar(unit.name)))
            yield files, options | {"rejects": partial(rejects, unit.paths[0])}  # they are in one folder

    def _options(self, modified: dt.datetime, progress: Progress | None) -> dict[str, Any]:
        return {
            "observed_at": self.observed_at or modified,
            "marketplace": self.marketplace,
            "format": self.format,
            "time_zones": {market: zone.key for market, zone in self.settings.time_zones.items()},
            "skip_bad_rows": self.skip_bad_rows,
            "dry_run": self.dry_run,
            "progress": progress,
            "clock": self.settings.clock,
        }


@contextlib.contextmanager
def _progress_bar(name: str) -> Iterator[Progress | None]:
    """A progress bar, on a terminal only."""
    if not ERR.is_terminal:
        yield None
        return
    from rich.progress import Progress as Bar

    with Bar(console=ERR, transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size)


class Totals:
    """What was imported of one report into many accounts. Printed as one row, however many accounts there are."""

    def __init__(self, file: str) -> None:
        self.file, self.format = file, ""
        self.accounts = self.created = self.failed = 0
        self.are_unknown = False  # whether some accounts do not exist
        self.summaries: list[ImportSummary] = []
        self.failures: list[str] = []

    def add(self, result: AccountImport) -> None:
        """Adds the result for an account."""
        self.accounts += result.key is not None
        if result.summary is None:
            self.are_unknown = self.are_unknown or isinstance(result.error, NotFound)
            self.failed += result.key is not None
            self.failures.append(str(result.error))
            return
        self.created += result.is_new
        self.format = result.summary.format
        self.summaries.append(result.summary)

    @property
    def cells(self) -> tuple[object, ...]:
        """The cells of its row."""
        seconds = sum(each.seconds for each in self.summaries)
        counts = [sum(each) for each in zip(*map(counts_of, self.summaries), strict=True)] or [0] * len(_COUNTS)
        return (self.file, self.format, self.accounts, self.created, self.failed, *counts, round(counts[0] / max(seconds, 1e-9)))


def print_listed(summaries: Sequence[tuple[str, ImportSummary]], *, dry_run: bool) -> None:
    """Prints the imports of a manifest, each with its account."""
    columns = ("file", "account", "format", *_COUNTS, "rows/s")
    print_table(columns, [(each.file, key, each.format, *counts_of(each), each.rows_per_second) for key, each in summaries])
    _print_remarks([each for _, each in summaries], most=_LISTED)
    for _, each in summaries:
        _print_rejects(each)
    _print_dry_run(dry_run)


def counts_of(summary: ImportSummary) -> tuple[int, ...]:
    """What an import did with the rows of a report."""
    return summary.rows_read, summary.new, summary.changed, summary.unchanged, summary.skipped, summary.rejected


def print_summaries(summaries: Sequence[ImportSummary], account: str, *, dry_run: bool) -> None:
    """Prints the imports into one account, by its key."""
    print_table(
        ("file", "format", *_COUNTS, "rows/s"), [(each.file, each.format, *counts_of(each), each.rows_per_second) for each in summaries]
    )
    _print_remarks(summaries)
    for each in summaries:
        dismissed = f"dismissed with `sellerhealth imports dismiss {each.batch_id[:SHORT_ID]} --account {shlex.quote(account)}`"
        _print_rejects(each, f" Each may be a miss until it is imported, or {dismissed}." if each.has_facts else "")
    if (last := summaries[-1]).notes:
        notes = ", ".join(f"{code} {count:,}" for code, count in last.notes.items())
        print_note(f"Data quality notes of the account: {notes}. See `sellerhealth docs import#data-quality-notes`.")
    _print_dry_run(dry_run)


def print_totals(totals: Sequence[Totals], *, dry_run: bool) -> None:
    """Prints the imports of files into many accounts."""
    columns = ("file", "format", "accounts", "created", "failed", *_COUNTS, "rows/s")
    print_table(columns, [each.cells for each in totals])
    _print_remarks([summary for each in totals for summary in each.summaries], most=_LISTED)
    for each in {summary.rejects[:1]: summary for total in totals for summary in total.summaries}.values():  # one of each file
        _print_rejects(each, " Each may be a miss of its account until it is imported, or dismissed." if each.has_facts else "")
    _print_dry_run(dry_run)


def _print_remarks(summaries: Sequence[ImportSummary], most: int | None = None) -> None:
    """Prints what was left out of rows, and which rows were rejected."""
    notes = [note for each in summaries for note in (*each.remarks, *(f"rejected: {error}" for error in each.errors))]
    for note in notes[:most]:
        print_note(note)
    if most is not None and len(notes) > most:
        print_note(f"… and {len(notes) - most:,} more remarks and rejected rows.")


def _print_rejects(summary: ImportSummary, more: str = "") -> None:
    """Prints where the rejected rows are, if there are any, and the exact instant as of which they are true once they are corrected."""
    if summary.rejects and summary.observed_at is not None:
        instant = summary.observed_at.isoformat().replace("+00:00", "Z")
        *others, last = map(str, summary.rejects)
        written, are = (f"{', '.join(others)} and {last}, with the rows that belong to them", "they are") if others else (last, "it is")
        what = "correct them and import these files together" if others else "correct and import it"
        print_note(
            f"The rejected rows of {summary.file} were written to {written}: {what}, with --observed-at {instant}, as of which {are} true.{more}"
        )


def _print_dry_run(dry_run: bool) -> None:
    if dry_run:
        print_note("This was a dry run: nothing was changed.")
