"""Commands that import report files and list the imports."""

import contextlib
import datetime as dt
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.errors import fixes
from sellerhealth.cli.input_files import STANDARD_INPUT, expand, modified_at, name_of, open_file, rejects
from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import ERR, print_note, print_result, print_table

if TYPE_CHECKING:
    from sellerhealth.intake import ImportSummary, Progress
    from sellerhealth.plugins.registry import Importers
    from sellerhealth.settings import Settings
    from sellerhealth.store.database import Database


_SHORT = 10  # characters of an import's id that are printed
_FIXES = {
    "account": "To create it, add --create, and --name with the name to show.",
    "format": "Name the format with --format, or print a file of our own with --template.",
    "marketplace": "Name the marketplace with --marketplace.",
    "observed_at": "Without --observed-at, it is the instant at which the file was last modified. Name another with --observed-at.",
}


def _parse_instant(text: str) -> dt.datetime:
    expected = "write it with its offset from UTC, for example 2026-03-01T09:30:00Z"
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an instant: {expected}") from None
    if instant.tzinfo is None:
        raise typer.BadParameter(f"{text!r} could be meant in any time zone: {expected}")
    return instant


def import_files(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="The files, or folders of files; `-` is standard input.")
    ] = None,
    account: Annotated[str | None, typer.Option("--account", metavar="KEY", help="The account that the files belong to.")] = None,
    marketplace: Annotated[
        str | None,
        typer.Option("--marketplace", metavar="ID", help="The marketplace of lines that name none: its id, country code or domain."),
    ] = None,
    format_: Annotated[str | None, typer.Option("--format", metavar="F", help="The format. Default: recognised by the content.")] = None,
    observed_at: Annotated[
        dt.datetime | None,
        typer.Option(
            "--observed-at",
            metavar="T",
            parser=_parse_instant,
            help="The instant as of which the files are true. Default: when they were last modified.",
        ),
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Create the account if it does not exist; requires --name.")] = False,
    name: Annotated[str | None, typer.Option("--name", metavar="N", help="The display name of the new account.")] = None,
    time_zone: Annotated[str, typer.Option("--time-zone", metavar="Z", help="The IANA time zone of the new account.")] = "UTC",
    expect_size: Annotated[
        int | None, typer.Option("--expect-size", metavar="N", min=0, help="The size of the file in bytes: another one is refused.")
    ] = None,
    expect_sha256: Annotated[
        str | None, typer.Option("--expect-sha256", metavar="HEX", help="The SHA-256 checksum of the file: another one is refused.")
    ] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Import the valid rows, and write the bad ones to a file next to each.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what an import would do, and change nothing.")] = False,
    template: Annotated[
        str | None, typer.Option("--template", metavar="F", help="Print the header and an example row of one of our own formats, and exit.")
    ] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Import report files into an account, each as a whole or not at all."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database
    from sellerhealth.cli.loading import load_without_database, report_refused

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    if template is not None:
        print_result(_template(template, loaded.importers))
        return
    paths = list(expand(files or ()))
    if not paths:
        raise typer.BadParameter("name at least one file, or a folder with files.")
    if account is None:
        raise typer.BadParameter("name the account that the files belong to, with --account KEY.")
    if create and name is None:
        raise typer.BadParameter("--create needs the name of the new account, with --name.")
    if missing := [path for path in paths if path != STANDARD_INPUT and not path.exists()]:
        raise typer.BadParameter(f"there is no file {missing[0]}.")
    if len(paths) > 1 and (expect_size is not None or expect_sha256 is not None):
        raise typer.BadParameter("--expect-size and --expect-sha256 are those of one file: import the files one by one.")
    from sellerhealth.access import OWNER
    from sellerhealth.intake import import_reports

    summaries: list[ImportSummary] = []
    with fixes(**_FIXES), contextlib.ExitStack() as resources:
        database = resources.enter_context(open_database(settings))
        if create and dry_run and not _exists(database, account):
            database = resources.enter_context(_empty_database(settings))
        is_new = create and not _exists(database, account)
        account_id = _account(database, account, name if create else None, time_zone)
        try:
            for file in paths:
                with open_file(file) as stream, _progress_bar(file) as progress:
                    reports = import_reports(
                        database,
                        loaded,
                        OWNER,
                        account_id,
                        stream,
                        name_of(file),
                        expect_size=expect_size,
                        expect_sha256=expect_sha256,
                        rejects=partial(rejects, file),
                        observed_at=observed_at or modified_at(stream),
                        marketplace=marketplace,
                        format=format_,
                        time_zones={market: zone.key for market, zone in settings.time_zones.items()},
                        skip_bad_rows=skip_bad_rows,
                        dry_run=dry_run,
                        progress=progress,
                        clock=settings.clock,
                    )
                    summaries.extend(reports)  # those imported before an error are in it
        except BaseException:  # also when it is interrupted
            if is_new and not dry_run and not summaries and _erase_unless_used(database, account_id):
                print_note(f"Nothing was imported, so the account {account} was not created.")
            raise
        finally:
            if summaries:
                _print_summaries(summaries, dry_run)


def _template(name: str, importers: "Importers") -> str:
    from sellerhealth.errors import NotFound, did_you_mean

    templates = {known: importer.template for known, importer in importers.items() if importer.template is not None}
    if name not in templates:
        raise NotFound(f"There is no template {name!r}.{did_you_mean(name, templates)} Known templates: {', '.join(templates)}.")
    return templates[name].rstrip("\n")


def _account(database: "Database", key: str, name: str | None, time_zone: str) -> int:
    from sellerhealth.access import OWNER
    from sellerhealth.errors import NotFound
    from sellerhealth.intake import create_account, find_account

    try:
        account_id = find_account(database, OWNER, key)
    except NotFound:
        if name is None:
            raise
        return create_account(database, OWNER, key, name, time_zone)
    if name is not None:
        print_note(f"The account {key} exists already; its name and time zone are unchanged.")
    return account_id


def _erase_unless_used(database: "Database", account_id: int) -> bool:
    """Erases a new account into which nothing was imported, so that its name and time zone can be corrected; says whether it did."""
    import sqlalchemy as sa

    from sellerhealth.access import OWNER
    from sellerhealth.errors import StoreFault
    from sellerhealth.model.records import ImportBatch, ImportState
    from sellerhealth.store import accounts
    from sellerhealth.store.writing import writing_into

    imported = sa.select(ImportBatch.account_id).where(ImportBatch.account_id == account_id, ImportBatch.state != ImportState.FAILED)
    try:
        with writing_into(database, OWNER, account_id) as connection:
            if connection.execute(imported).first() is not None:
                return False
            accounts.erase(connection, account_id)
    except StoreFault:  # what ended the import has most likely the same cause, and is reported
        return False
    return True


def _exists(database: "Database", key: str) -> bool:
    from sellerhealth.access import OWNER
    from sellerhealth.errors import NotFound
    from sellerhealth.intake import find_account

    try:
        find_account(database, OWNER, key)
    except NotFound:
        return False
    return True


@contextlib.contextmanager
def _empty_database(settings: "Settings") -> Iterator["Database"]:
    """A temporary database, for the dry run of a first import: a new account has no facts."""
    from sellerhealth.cli.database import open_database

    with (
        tempfile.TemporaryDirectory(prefix="sellerhealth-dry-run-") as directory,
        open_database(settings.model_copy(update={"database": f"sqlite:///{directory}/sellerhealth.db"})) as database,
    ):
        yield database


@contextlib.contextmanager
def _progress_bar(file: Path) -> Iterator["Progress | None"]:
    """A progress bar, on a terminal only."""
    if not ERR.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=ERR, transient=True) as bar:
        task = bar.add_task(name_of(file), total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size)


def _print_summaries(summaries: "list[ImportSummary]", dry_run: bool) -> None:
    columns = ("file", "format", "read", "new", "changed", "unchanged", "skipped", "rejected", "rows/s")
    print_table(
        columns,
        [
            (
                each.file,
                each.format,
                each.rows_read,
                each.new,
                each.changed,
                each.unchanged,
                each.skipped,
                each.rejected,
                each.rows_per_second,
            )
            for each in summaries
        ],
    )
    for each in summaries:
        for remark in each.remarks:
            print_note(remark)
        for error in each.errors:
            print_note(f"rejected: {error}")
        if each.rejects is not None:
            print_note(
                f"The rejected rows of {each.file} were written to {each.rejects}. Each may be a miss until it is imported, or dismissed with "
                f"`sellerhealth imports dismiss {each.batch_id[:_SHORT]}`."
            )
    if (last := summaries[-1]).notes:
        notes = ", ".join(f"{code} {count:,}" for code, count in last.notes.items())
        print_note(f"Data quality notes of the account: {notes}. See docs/import.md.")
    if dry_run:
        print_note("This was a dry run: nothing was changed.")


def list_imports(
    context: typer.Context,
    account: Annotated[str | None, typer.Option("--account", metavar="KEY", help="Only the imports of this account.")] = None,
) -> None:
    """List the imports, newest first, or dismiss the rows that one has skipped."""
    if context.invoked_subcommand is not None:
        return
    import sqlalchemy as sa

    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.model.records import Account, ImportBatch, ImportState

    stored = ImportBatch.rows_new + ImportBatch.rows_changed + ImportBatch.rows_unchanged
    skipped = ImportBatch.rows_read - stored - ImportBatch.rows_rejected
    columns = (
        ImportBatch.started_at,
        Account.key,
        ImportBatch.file,
        ImportBatch.format,
        ImportBatch.state,
        ImportBatch.rows_read,
        ImportBatch.rows_new,
        ImportBatch.rows_changed,
        ImportBatch.rows_unchanged,
        sa.case((ImportBatch.state == ImportState.DONE, skipped), else_=0),  # a failed import stored nothing, so nothing was skipped
        ImportBatch.rows_rejected,
        sa.func.substr(ImportBatch.batch_id, 1, _SHORT),
    )
    with open_database(read_settings()) as database:
        only = [] if account is None else [Account.account_id == find_account_id(database, account)]
        with owner_session(database) as session:
            statement = session.visible_accounts(*columns).join(ImportBatch, ImportBatch.account_id == Account.account_id).where(*only)
            rows = session.execute(statement.order_by(ImportBatch.started_at.desc(), ImportBatch.batch_id)).all()
    print_table(
        ("started", "account", "file", "format", "state", "read", "new", "changed", "unchanged", "skipped", "rejected", "id"),
        [(f"{started:%Y-%m-%d %H:%M}", *rest) for started, *rest in rows],
    )


def dismiss(
    batch: Annotated[str, typer.Argument(metavar="ID", help="The id of the import, as `sellerhealth imports` prints it.")],
    account: Annotated[str, typer.Option("--account", metavar="KEY", help="The account.")],
) -> None:
    """Dismiss the bad rows that an import has skipped: they no longer count as possible misses."""
    import sqlalchemy as sa

    from sellerhealth.access import OWNER
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database
    from sellerhealth.errors import NotFound
    from sellerhealth.model.records import ImportBatch
    from sellerhealth.store.rejected_rows import dismiss as dismiss_rows
    from sellerhealth.store.writing import writing_into

    with open_database(read_settings()) as database:
        account_id = find_account_id(database, account)
        with writing_into(database, OWNER, account_id) as connection:
            same = (ImportBatch.account_id == account_id, ImportBatch.batch_id.startswith(batch, autoescape=True))
            ids = connection.scalars(sa.select(ImportBatch.batch_id).where(*same)).all()
            if len(ids) != 1:
                raise NotFound(f"There {'is no import' if not ids else 'are several imports'} of {account} whose id begins with {batch!r}.")
            count = dismiss_rows(connection, account_id, ids[0])
    print_note(f"Dismissed {count:,} rejected row{'' if count == 1 else 's'}.")
