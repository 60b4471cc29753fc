"""Imports every report of a stream of bytes, which may be compressed, an archive of several, or one of files that belong together."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Unpack

from sellerhealth.access import Viewer
from sellerhealth.intake.expectations import check_sha256, check_size
from sellerhealth.intake.import_stream import ImportOptions, import_stream
from sellerhealth.intake.rewindable import rewindable
from sellerhealth.intake.running_import import ImportSummary
from sellerhealth.intake.together import has_sets, set_of, together
from sellerhealth.intake.unpacking import report_files
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import Files
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.database import Database


def import_reports(
    database: Database,
    loaded: Loaded,
    viewer: Viewer,
    account: int | NewAccount,
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
    each file. `expect_size` and `expect_sha256` are what the sender says of the stream as it was sent, before it is unpacked:
    the number of its bytes, and its checksum in hexadecimal digits. Raises ContentMismatch when they differ; nothing is imported.
    """
    found = reports_in(stream, name, loaded.importers, options.get("format"), expect_size=expect_size, expect_sha256=expect_sha256)
    for report, unpacked in found:
        yield import_stream(database, loaded, viewer, account, unpacked, report, rejects=rejects, **options)
        if isinstance(account, NewAccount) and not options.get("dry_run"):
            account = account.account_id  # it was created with the first report


def reports_in(
    stream: BinaryIO,
    name: str,
    importers: Importers,
    format: str | None = None,  # noqa: A002 - named as on the command line
    *,
    expect_size: int | None = None,
    expect_sha256: str | None = None,
) -> Iterator[tuple[str, BinaryIO | Files]]:
    """The reports in a stream, unpacked, each with its name; files that belong together are one. Raises ContentMismatch if the stream is not what its sender says."""
    with rewindable(stream) as content:
        check_size(content, name, expect_size)
        check_sha256(content, name, expect_sha256)
        if has_sets(importers) and (of_several := set_of(content, name, importers, format)) is not None:
            with together({name: content}, importers, of_several) as files:
                yield name, files
        else:
            yield from report_files(content, name)
