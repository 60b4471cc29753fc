"""Imports a stream of bytes, such as an opened file or an upload: one transaction, one record, one summary."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Required, TypedDict

from sellerhealth.access import Viewer
from sellerhealth.errors import BadFile
from sellerhealth.intake.account_import import import_into
from sellerhealth.intake.entry_reader import CHUNK, EntryReader
from sellerhealth.intake.rejects import Rejects
from sellerhealth.intake.report import Report, opened
from sellerhealth.intake.running_import import ImportSummary, Terms, Zones
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.tables import prepare
from sellerhealth.sources import Entry, FileContext, Files
from sellerhealth.sources.column import excerpt
from sellerhealth.sources.known_lines import KnownLines
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.database import Database
from sellerhealth.store.writing import check_may_create, check_may_write

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


def import_stream(
    database: Database,
    loaded: Loaded,
    viewer: Viewer,
    account: int | NewAccount,
    stream: BinaryIO | Files,
    name: str,
    *,
    observed_at: dt.datetime,
    marketplace: str | None = None,
    format: str | None = None,  # noqa: A002 - named as on the command line
    time_zones: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    rejects: Callable[[str], Path] | None = None,
    progress: Progress | None = None,
    clock: dt.datetime | None = None,
) -> ImportSummary:
    """Imports the whole of a stream, or of files `together`, into an account, in one transaction. The account is named by its id, or created in the same transaction.

    `name` is the file's name for messages and the record; `observed_at` is the instant up to which the file knows. Raises BadRows
    when a row is bad, and BadFile when a row names an account: see `import_accounts`. With `skip_bad_rows` the valid rows are imported,
    and the bad ones are written to the files that `rejects` names, one for each file by its name: BadFile when one exists. A failed import leaves a record, a dry
    run leaves nothing. An importer may close the stream. `clock`: the present as metrics see it, for rollups; by default the real one.
    """
    with opened(stream, name, loaded.importers, observed_at=observed_at, marketplace=marketplace, format=format) as report:
        if loaded.keeps_rollups and not dry_run:
            if isinstance(account, NewAccount):
                check_may_create(viewer)
            else:
                check_may_write(viewer, account)
            prepare(database, loaded.measures)

        done = 0

        def chunks(zone_of: Zones, known: KnownLines | None) -> Iterator[list[Entry]]:
            nonlocal done
            context = FileContext(report.observed_at, report.marketplace, zone_of, report.now, known_lines=known)
            for chunk in _of_one_account(report, context):
                yield chunk
                done = report.size if report.content.closed else report.content.tell()  # importers may close what they have read
                if progress is not None:
                    progress(done, report.size)

        terms = Terms(time_zones, skip_bad_rows, dry_run, clock or report.now)
        with Rejects(rejects if skip_bad_rows and not dry_run else None, report.samples) as kept:
            summary = import_into(database, loaded, viewer, account, report, chunks, kept, terms)
        if progress is not None and done < report.size:  # it was imported before
            progress(report.size, report.size)
        return summary


def _of_one_account(report: Report, context: FileContext) -> Iterator[list[Entry]]:
    """The entries of a report, chunk by chunk. BadFile for one that names its account: it may be another one."""
    reader = EntryReader(report.importer, report.origin, report.content, context, report.name)
    while chunk := reader.take(CHUNK):
        if (named := next((entry for entry in chunk if entry.account is not None), None)) is not None:
            raise BadFile(
                f"{report.name}: line {named.line}, column 'account': the row is of the account {excerpt(named.account or '')!r}, "
                "so the file is not of one account. Nothing of it was imported.",
                argument="accounts_from_file",
            )
        yield chunk
