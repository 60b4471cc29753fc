"""Imports every report of a stream of bytes, which may be compressed or an archive of several."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from sellerhealth.intake.import_stream import ImportSummary, Progress, import_stream
from sellerhealth.intake.rewindable import rewindable
from sellerhealth.intake.unpacking import report_files
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.database import Database


def import_reports(
    database: Database,
    loaded: Loaded,
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
    rejects: Callable[[str], Path] | None = None,
    progress: Progress | None = None,
) -> Iterator[ImportSummary]:
    """Imports each report of a stream with `import_stream`, in its own transaction, and yields its summary.

    The first report that cannot be imported ends the import; those before it stay. `rejects` names the file for the bad rows of
    each report.
    """
    with rewindable(stream) as content:
        for report, unpacked in report_files(content, name):
            yield import_stream(
                database,
                loaded,
                account_id,
                unpacked,
                report,
                observed_at=observed_at,
                marketplace=marketplace,
                format=format,
                time_zones=time_zones,
                skip_bad_rows=skip_bad_rows,
                dry_run=dry_run,
                rejects=rejects(report) if rejects is not None else None,
                progress=progress,
            )
