"""The command that imports report files: into one account, into those that the rows name, or as a manifest says."""

import contextlib
import dataclasses
import datetime as dt
import sys
from collections.abc import Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.errors import fixes
from sellerhealth.cli.input_files import STANDARD_INPUT, expand, name_of
from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import print_note
from sellerhealth.errors import ImportIncomplete

if TYPE_CHECKING:
    from sellerhealth.cli.importing import Importing
    from sellerhealth.cli.manifest import Listed
    from sellerhealth.intake import ImportSummary, NewAccount
    from sellerhealth.plugins.registry import Importers
    from sellerhealth.store.database import Database

_FIXES = {
    "account": "To create it, add --create, and --name with the name to show.",
    "accounts_from_file": "To import each row into the account that it names, use --accounts-from-file in place of --account.",
    "format": "Name the format with --format, or print an example of one with --template. `sellerhealth docs import` describes them.",
    "marketplace": "Name the marketplace with --marketplace.",
    "observed_at": "Without --observed-at, it is the instant at which the file was last modified. Name another with --observed-at.",
}
_LISTED = 20  # failures that are printed


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
        list[Path] | None, typer.Argument(metavar="FILE", help="The files, or folders of files; `-` is standard input.")
    ] = None,
    account: Annotated[str | None, typer.Option("--account", metavar="KEY", help="The account that the files belong to.")] = None,
    accounts_from_file: Annotated[
        bool, typer.Option("--accounts-from-file", help="Import each row into the account that it names in the column `account`.")
    ] = False,
    manifest: Annotated[
        Path | None,
        typer.Option("--manifest", metavar="CSV", help="Import the files that a CSV lists, each into its account."),
    ] = None,
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
    create: Annotated[
        bool,
        typer.Option("--create", help="Create accounts that do not exist. One of --account requires --name; others get their key as name."),
    ] = False,
    name: Annotated[str | None, typer.Option("--name", metavar="N", help="The display name of the new account.")] = None,
    time_zone: Annotated[str, typer.Option("--time-zone", metavar="Z", help="The IANA time zone of new accounts.")] = "UTC",
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
        str | None, typer.Option("--template", metavar="F", help="Print an example of a file of a format, and exit.")
    ] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Import report files into an account, or each row into the account that it names, as a whole or not at all."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import load_without_database, report_refused

    settings = read_settings(plugin_files=plugin_files or None)
    if template is not None:
        loaded = load_without_database(settings)
        report_refused(plugin_files, loaded)
        sys.stdout.write(_template(template, loaded.importers))  # as it is: tabs are part of it
        return
    paths = list(expand(files or ()))
    in_folders = {*paths} - {*(files or ())}
    if manifest is not None:
        if files or account is not None or accounts_from_file or expect_size is not None or expect_sha256 is not None:
            raise typer.BadParameter("--manifest names the files and their accounts: use no FILE, --account… or --expect-… beside it.")
        paths = [manifest]
    if not paths:
        raise typer.BadParameter("name at least one file, or a folder with files.")
    if account is None and manifest is None and not accounts_from_file:
        raise typer.BadParameter("name the account that the files belong to, with --account KEY.")
    if account is not None and accounts_from_file:
        raise typer.BadParameter("--accounts-from-file takes the accounts from the files: use no --account beside it.")
    if create and account is not None and name is None:
        raise typer.BadParameter("--create needs the name of the new account, with --name.")
    if missing := [path for path in paths if path != STANDARD_INPUT and not path.exists()]:
        raise typer.BadParameter(f"there is no file {missing[0]}.")
    if len(paths) > 1 and (expect_size is not None or expect_sha256 is not None):
        raise typer.BadParameter("--expect-size and --expect-sha256 are those of one file: import the files one by one.")
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    from sellerhealth.cli.database import open_database
    from sellerhealth.cli.importing import Importing

    with fixes(**_FIXES), open_database(settings) as database:
        importing = Importing(
            settings,
            loaded,
            database,
            marketplace,
            format_,
            observed_at,
            skip_bad_rows,
            dry_run,
            {"expect_size": expect_size, "expect_sha256": expect_sha256},
        )
        if manifest is not None:
            _import_manifest(importing, manifest, create=create, time_zone=time_zone)
        elif account is None:
            _import_accounts(importing, paths, in_folders, create=create, time_zone=time_zone)
        else:
            target = _account(database, account, name if create else None, time_zone)
            _import_account(importing, paths, in_folders, account, target)


def _import_account(importing: "Importing", paths: list[Path], in_folders: Set[Path], key: str, account: "int | NewAccount") -> None:
    from sellerhealth.cli.importing import print_summaries

    summaries: list[ImportSummary] = []
    failures = list[str]()
    target, units = account, importing.units(paths)
    try:
        for unit in units:
            with _collecting(failures, in_folders >= {*unit.paths}):
                summaries.extend(importing.into_account(target, unit))  # those imported before an error are in it
            if summaries and not isinstance(target, int) and not importing.dry_run:
                target = target.account_id
        if failures:
            raise _incomplete([("file", len(units), len(failures))], failures, is_unknown=False)
    except BaseException:  # also when it is interrupted
        if not isinstance(account, int) and not summaries and not importing.dry_run:
            print_note(f"Nothing was imported, so the account {key} was not created.")
        raise
    finally:
        if summaries:
            print_summaries(summaries, key, dry_run=importing.dry_run)


def _import_accounts(importing: "Importing", paths: list[Path], in_folders: Set[Path], *, create: bool, time_zone: str) -> None:
    from sellerhealth.cli.importing import Totals, print_totals

    totals: list[Totals] = []
    of_files, units = list[str](), importing.units(paths)
    try:
        for unit in units:
            with _collecting(of_files, in_folders >= {*unit.paths}):
                for name, results in importing.into_accounts(unit, create=create, time_zone=time_zone):
                    totals.append(Totals(name))
                    for result in results:
                        totals[-1].add(result)
    finally:
        if any(each.accounts for each in totals):
            print_totals([each for each in totals if each.accounts or each.failures], dry_run=importing.dry_run)
    if failures := [*of_files, *(failure for each in totals for failure in each.failures)]:
        number, failed = sum(each.accounts for each in totals), sum(each.failed for each in totals)
        counts = [("account", number, failed), ("file", len(units), len(of_files))]
        raise _incomplete(counts, failures, is_unknown=any(each.are_unknown for each in totals))


@contextlib.contextmanager
def _collecting(failures: list[str], is_in_folder: bool) -> Iterator[None]:
    """Collects why a file in a folder cannot be imported, so that the others are. A fault of the store ends the command."""
    from sellerhealth.errors import SellerHealthError, StoreBusy, StoreFault

    try:
        yield
    except SellerHealthError as error:
        if not is_in_folder or (isinstance(error, StoreFault) and not isinstance(error, StoreBusy)):
            raise
        failures.append(" ".join([str(error), *filter(None, [_FIXES.get(getattr(error, "argument", None) or "")])]))


def _import_manifest(importing: "Importing", manifest: Path, *, create: bool, time_zone: str) -> None:
    from sellerhealth.cli.importing import Unit, print_listed
    from sellerhealth.cli.manifest import read_manifest
    from sellerhealth.errors import NotFound, SellerHealthError, StoreBusy, StoreFault
    from sellerhealth.intake import NewAccount

    listed = read_manifest(manifest)
    summaries: list[tuple[str, ImportSummary]] = []
    failures, number_failed, is_unknown = list[str](), 0, False
    units: dict[object, tuple[Importing, list[Listed], str | None]] = {}  # the lines that are imported together
    for each in listed:
        stated = each.marketplace or importing.marketplace, each.format or importing.format, each.observed_at or importing.observed_at
        of_file = dataclasses.replace(importing, marketplace=stated[0], format=stated[1], observed_at=stated[2])
        format_ = of_file.format_of_several(each.file)
        key = each.line if format_ is None else (format_, each.file.parent, each.account, *stated)
        units.setdefault(key, (of_file, [], format_))[1].append(each)
    try:
        for of_file, lines, format_ in units.values():
            each = lines[0]
            try:
                target = _known(importing.database, each.account) or NewAccount(each.account, each.account, time_zone)
                if not create and isinstance(target, NewAccount):
                    is_unknown = True
                    raise NotFound(f"there is no account {each.account!r}.")
                unit = Unit(tuple(line.existing_file for line in lines), format_)
                summaries.extend((each.account, summary) for summary in of_file.into_account(target, unit))
            except SellerHealthError as error:
                if isinstance(error, StoreFault) and not isinstance(error, StoreBusy):
                    raise
                failures.append(f"{name_of(manifest)}: line{'s' * (len(lines) > 1)} {', '.join(str(line.line) for line in lines)}: {error}")
                number_failed += len(lines)
    finally:
        if summaries:
            print_listed(summaries, dry_run=importing.dry_run)
    if failures:
        raise _incomplete([("file", len(listed), number_failed)], failures, is_unknown=is_unknown)


def _incomplete(counts: list[tuple[str, int, int]], failures: list[str], *, is_unknown: bool) -> ImportIncomplete:
    """The error of an import of which a part failed.

    `counts`: how many accounts or files there are, and how many of them were not imported. `is_unknown`: the reason may be an account that
    does not exist.
    """
    of_each = [f"of {of:,} {what}{'s' * (of != 1)} {failed:,}" for what, of, failed in counts if failed]
    all_failed = sum(failed for _, _, failed in counts)
    were = "was" if all_failed == 1 else "were"
    head = f"{' and '.join(of_each).capitalize()} {were} not imported:" if of_each else "Not all rows were imported:"
    more = [f"… and {len(failures) - _LISTED:,} more."] if len(failures) > _LISTED else []
    error = ImportIncomplete("\n".join([head, *failures[:_LISTED], *more]))
    if is_unknown:
        error.add_note("To create accounts that do not exist, add --create.")
    return error


def _account(database: "Database", key: str, name: str | None, time_zone: str) -> "int | NewAccount":
    """The account with a key; with a name, if there is none, one to create."""
    from sellerhealth.cli.database import find_account_id
    from sellerhealth.intake import NewAccount

    known = _known(database, key)
    if name is not None and known is not None:
        print_note(f"The account {key} exists already; its name and time zone are unchanged.")
    if name is not None and known is None:
        return NewAccount(key, name, time_zone)
    return find_account_id(database, key)


def _known(database: "Database", key: str) -> int | None:
    from sellerhealth.access import OWNER
    from sellerhealth.errors import NotFound
    from sellerhealth.intake import find_account

    with contextlib.suppress(NotFound):
        return find_account(database, OWNER, key)
    return None


def _template(name: str, importers: "Importers") -> str:
    from sellerhealth.errors import NotFound, did_you_mean

    templates = {known: importer.template for known, importer in importers.items() if importer.template is not None}
    if name not in templates:
        raise NotFound(f"There is no template {name!r}.{did_you_mean(name, templates)} Known templates: {', '.join(templates)}.")
    return templates[name].rstrip("\n") + "\n"
