"""Imports every report of a stream of bytes, which may be compressed or an archive of several."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Unpack

from sellerhealth.access import Viewer
from sellerhealth.intake.expectations import check_sha256, check_size
from sellerhealth.intake.import_stream import ImportOptions, ImportSummary, import_stream
from sellerhealth.intake.rewindable import rewindable
from sellerhealth.intake.unpacking import report_files
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.database import Database


def import_reports(
    database: Database,
    loaded: Loaded,
    viewer: Viewer,
    account_id: int,
    stream: BinaryIO,
    name: str,
    *,
    expect_size: int | None = None,
    expect_sha256: str | None = None,
    rejects: Callable[[str], Path] | None = None,
    **options: Unpack[ImportOptions],
) -> Iterator[ImportSummary]:
    """Imports each report of a stream for a viewer with `import_stream`, in its own transaction, and yields its summary.

    The first report that cannot be imported ends the import; those before it stay. `rejects` names the file for the bad rows of
    each report. `expect_size` and `expect_sha256` are what the sender says of the stream as it was sent, before it is unpacked:
    the number of its bytes, and its checksum in hexadecimal digits. Raises ContentMismatch when they differ; nothing is imported.
    """
    with rewindable(stream) as content:
        check_size(content, name, expect_size)
        check_sha256(content, name, expect_sha256)
        for report, unpacked in report_files(content, name):
            yield import_stream(
                database, loaded, viewer, account_id, unpacked, report, rejects=rejects(report) if rejects is not None else None, **options
            )
