"""`copy`: copies a database into another one, of any kind, and compares the two."""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import ERR, print_note, print_result, print_table

if TYPE_CHECKING:
    from sellerhealth.settings import Settings
    from sellerhealth.store.copy_check import Difference
    from sellerhealth.store.copying import Progress
    from sellerhealth.store.database import Database

_EVERY = 10.0  # seconds between two notes where there is no terminal
_SHOWN = 50  # differences


def copy(
    source: Annotated[str, typer.Option("--from", metavar="URL", help="The database to copy. It is only read, and may be in use.")],
    target: Annotated[str, typer.Option("--to", metavar="URL", help="The database to copy into: empty, or an earlier copy.")],
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", min=0, help="Of how many accounts every metric is compared at the end.")
    ] = 20,
    verify_only: Annotated[bool, typer.Option("--verify-only", help="Copy nothing: only compare the two.")] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """Copy a database into another one, for example from SQLite to PostgreSQL, and compare the two."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.store.copying import copy_store, prepare_target
    from sellerhealth.store.database import Database
    from sellerhealth.store.migrate import check

    settings = read_settings(plugin_files=plugin_files or None)
    with contextlib.ExitStack() as resources:
        here, there = (
            resources.enter_context(contextlib.closing(Database(url, named_by=f"The option {option}")))
            for option, url in (("--from", source), ("--to", target))
        )
        with _named("--from"):
            check(here)
        with _named("--to"):
            (check if verify_only else prepare_target)(there)
        if not verify_only:
            with _progress() as progress:
                copied = copy_store(here, there, progress)
            print_result(f"Copied {copied.accounts:,} accounts with {copied.rows:,} rows; {copied.already:,} were there already.")
        _compare(here, there, settings, sample)


@contextlib.contextmanager
def _named(option: str) -> Iterator[None]:
    """Says which option names a database that is not ready."""
    from sellerhealth.errors import StoreNotReady

    try:
        yield
    except StoreNotReady as error:
        error.add_note(f"It is the database of {option}: name it in the setting `database` for that command.")
        raise


@contextlib.contextmanager
def _progress() -> "Iterator[Progress]":
    """A progress bar on a terminal; elsewhere a note now and then."""
    if ERR.is_terminal:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (BarColumn(), TextColumn("{task.completed} of {task.total} accounts, {task.fields[rows]:,} rows"), TimeElapsedColumn())
        with Progress(*columns, console=ERR, transient=True) as bar:
            task = bar.add_task("", total=None, rows=0)
            yield lambda done, accounts, rows: bar.update(task, completed=done, total=accounts, rows=rows)
        return
    said = time.monotonic()

    def note(done: int, accounts: int, rows: int) -> None:
        nonlocal said
        if time.monotonic() - said > _EVERY:
            said = time.monotonic()
            print_note(f"{done:,} of {accounts:,} accounts, {rows:,} rows")

    yield note


def _compare(here: "Database", there: "Database", settings: "Settings", number: int) -> None:
    """Compares numbers of rows, and the metrics of some accounts. Raises CopyDiffers."""
    from sellerhealth.access import OWNER, ReadSession
    from sellerhealth.cli.loading import load_without_database
    from sellerhealth.engine.compare_stores import MetricComparison, sample
    from sellerhealth.errors import CopyDiffers
    from sellerhealth.store.copy_check import ACCOUNT, row_differences
    from sellerhealth.store.copying import TABLES

    metrics = load_without_database(settings).registry.values() if number else ()
    now = settings.clock or dt.datetime.now(dt.UTC)
    with here.reading() as of_source, there.reading() as of_target:
        found = list(row_differences(of_source, of_target))
        source, target = (ReadSession(each, OWNER, now, settings.stale_after) for each in (of_source, of_target))
        comparison, accounts = MetricComparison(source, target, metrics), sample(source, number)
        missing = {each.account for each in found if each.what == ACCOUNT}
        for account_id, key in accounts.items():
            if key not in missing:
                found += comparison.differences(account_id, key)
    if found:
        _print_differences(found)
        raise CopyDiffers(
            f"The databases are not the same: {len(found):,} differences. What was imported meanwhile is copied when the command is run again."
        )
    print_result(f"The same in both: the number of rows of {len(TABLES)} tables, account by account.")
    if number:
        print_result(f"The same in both: {comparison.compared:,} values of {len(metrics)} metrics of {len(accounts)} accounts.")


def _print_differences(found: "Sequence[Difference]") -> None:
    rows = [(each.account, each.what, str(each.source), str(each.target)) for each in found[:_SHOWN]]
    print_table(("account", "what", "source", "target"), rows)
    if len(found) > _SHOWN:
        print_note(f"{len(found) - _SHOWN:,} more are not listed.")
