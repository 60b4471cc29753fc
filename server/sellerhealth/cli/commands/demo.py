"""`demo`: writes and imports the report files of made-up sellers, and serves them."""

import contextlib
import datetime as dt
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.options import PluginFiles, Port
from sellerhealth.cli.output import ERR, print_note, print_result, print_table

HOST = "127.0.0.1"  # the default in place of the settings, since no key is needed

if TYPE_CHECKING:
    from sellerhealth.demo.by_source import Source
    from sellerhealth.engine.queries import QueryResult
    from sellerhealth.plugins.load import Loaded
    from sellerhealth.settings import StaleAfter
    from sellerhealth.store.database import Database


def demo(
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="H", help="The address to listen on. No key is needed: whoever reaches it sees the made-up sellers."
        ),
    ] = HOST,
    port: Port = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="DIR",
            file_okay=False,
            help="Keep the report files and the database in this directory. Default: they are deleted at the end.",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option("--database", metavar="URL", help="A database without other accounts, for example on PostgreSQL. Default: a file."),
    ] = None,
    compare_sources: Annotated[
        bool,
        typer.Option(
            "--compare-sources",
            help="In place of serving: import one seller as each source of orders writes it, and compare the metrics.",
        ),
    ] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """Serve four made-up sellers, whose report files are generated and imported first."""
    if compare_sources:
        if host != HOST or port is not None:
            raise typer.BadParameter("--compare-sources serves nothing: use no --host and no --port beside it.")
        _compare_sources(keep, database_url, plugin_files)
        return
    from sellerhealth.app import create_app
    from sellerhealth.checks.metric_checks import checker
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import report_refused
    from sellerhealth.cli.server import exit_on_sigterm, open_socket, run
    from sellerhealth.demo.calendar import CLOCK
    from sellerhealth.demo.sellers import SELLERS
    from sellerhealth.http.authentication import Open
    from sellerhealth.plugins.load import load_plugins

    exit_on_sigterm()
    with _directory(keep) as directory:
        settings = read_settings(
            host=host,
            port=port,
            plugin_files=plugin_files or None,
            clock=CLOCK,
            database=database_url or f"sqlite:///{directory / 'sellerhealth.db'}",
        )
        with (
            contextlib.closing(open_socket(settings)) as listener,  # before the import, so that a port in use is reported at once
            _database(settings.database, [each.key for each in SELLERS]) as database,
        ):
            loaded = load_plugins(settings, check_metric=checker(database))
            report_refused(plugin_files, loaded)
            _load(database, loaded, directory / "reports", settings.clock)
            if not settings.is_loopback:
                print_note(f"Others can reach {host}, and no key is needed: do not import your own sellers into this database.")
            run(create_app(settings, Open(), loaded=loaded, database=database), listener, settings.request_limits, _run_example_queries)
    print_note("Stopped.")


@contextlib.contextmanager
def _database(url: str, keys: Sequence[str]) -> "Iterator[Database]":
    """The database, with the tables of this version. Raises BadInput if it has an account that has none of these keys."""
    from sellerhealth.cli.database import migrate_database, owner_session, prepare_database
    from sellerhealth.database_url import redacted
    from sellerhealth.errors import BadInput
    from sellerhealth.model.records import Account
    from sellerhealth.store.database import Database
    from sellerhealth.store.migrate import revision_of

    with contextlib.closing(Database(url, named_by="The option --database")) as database:
        if revision_of(database) is None:
            migrate_database(database)
        else:
            prepare_database(database)
        with owner_session(database) as session:
            others = session.execute(session.visible_accounts(Account.key).where(Account.key.not_in(keys)))
            if (other := others.scalar()) is not None:
                raise BadInput(
                    f"The database {redacted(database.url)} has an account {other!r}, which is none of those of this command: name an empty one."
                )
        yield database


@contextlib.contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="sellerhealth-demo-") as directory:
        yield Path(directory)


def _load(database: "Database", loaded: "Loaded", directory: Path, clock: dt.datetime | None) -> None:
    from sellerhealth.demo.load import load

    started, files, rows = time.perf_counter(), 0, 0
    with ERR.status("Writing and importing the reports of four sellers") as status:
        for seller, summary in load(database, loaded, directory, clock):
            files, rows = files + 1, rows + summary.rows_read
            status.update(f"{seller.name}: {summary.format}")
    print_result(f"Imported {files} report files of four made-up sellers: {rows:,} rows in {time.perf_counter() - started:.1f} s.")


def _compare_sources(keep: Path | None, database_url: str | None, plugin_files: list[str] | None) -> None:
    """Imports a seller from each source of orders, and prints its metrics before and after the records that some sources lack."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import load_without_database, report_refused
    from sellerhealth.demo import by_source
    from sellerhealth.demo.calendar import CLOCK

    with _directory(keep) as directory:
        url = database_url or f"sqlite:///{directory / 'sellerhealth.db'}"
        settings = read_settings(plugin_files=plugin_files or None, clock=CLOCK, database=url)
        loaded = load_without_database(settings)
        report_refused(plugin_files, loaded)
        with _database(settings.database, [source.key for source in by_source.SOURCES]) as database:
            history, accounts = by_source.history_of_seller(), by_source.accounts_of(database)
            for source, account_id in accounts.items():
                by_source.import_all(database, loaded, account_id, by_source.reports_alone(source, history), directory / source.key)
            print_result(f"{by_source.SELLER.name}, from each source of orders:\n")
            _print_comparison(database, loaded, settings.stale_after, accounts)
            beside = by_source.reports_beside(history)
            for source, account_id in accounts.items():
                by_source.import_all(database, loaded, account_id, beside, directory / source.key)
            print_result(f"\nWith {' and '.join(each.name for each in beside)} of the seller's own records:\n")
            _print_comparison(database, loaded, settings.stale_after, accounts)


def _print_comparison(database: "Database", loaded: "Loaded", stale_after: "StaleAfter", accounts: "Mapping[Source, int]") -> None:
    from sellerhealth.cli.database import owner_session
    from sellerhealth.demo.by_source import compare
    from sellerhealth.demo.calendar import CLOCK

    with owner_session(database, CLOCK, stale_after) as session:
        compared = compare(session, loaded.registry.values(), accounts)
    rows = [
        (each.query.metric.title, each.query.window.days or "all", *map(_cell, each.results), "yes" if each.is_same else "no")
        for each in compared
    ]
    print_table(("metric", "days", *(source.title for source in accounts), "same"), rows)


def _cell(measured: "QueryResult") -> str:
    lacks = ", ".join(kind.plural for kind, through in measured.coverage.items() if through is None)
    return f"{measured.result.display} {measured.result.status}{f' (no {lacks})' if lacks else ''}"


def _run_example_queries(address: str) -> None:
    from sellerhealth.demo.answers import sha256_of_answers
    from sellerhealth.demo.calendar import LAST_DAY
    from sellerhealth.demo.example_queries import EXAMPLE_QUERIES, format_json, run_query

    print_result(f"Answers: sha256 {sha256_of_answers(lambda document: run_query(address, document))}")
    for example in EXAMPLE_QUERIES:
        result = format_json(run_query(address, example.document))
        print_result(f"\n# {example.question}\n{example.document}\n\n{result}")
    print_result(f"\nServing {address}/graphql as of {LAST_DAY}, with a page to try it at {address}/. Stop with Ctrl-C.")
