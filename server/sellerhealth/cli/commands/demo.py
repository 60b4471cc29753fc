"""`demo`: writes and imports the report files of made-up sellers, and serves them."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.options import PluginFiles, Port
from sellerhealth.cli.output import ERR, print_note, print_result

HOST = "127.0.0.1"  # whatever the settings say, since no key is needed

if TYPE_CHECKING:
    from sellerhealth.plugins.load import Loaded
    from sellerhealth.store.database import Database


def demo(
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
    plugin_files: PluginFiles = None,
) -> None:
    """Serve four made-up sellers, whose report files are generated and imported first."""
    from sellerhealth.app import create_app
    from sellerhealth.checks.metric_checks import checker
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import open_database
    from sellerhealth.cli.loading import report_refused
    from sellerhealth.cli.server import exit_on_sigterm, open_socket, run
    from sellerhealth.demo.calendar import CLOCK
    from sellerhealth.http.authentication import Open
    from sellerhealth.plugins.load import load_plugins

    exit_on_sigterm()
    with _directory(keep) as directory:
        settings = read_settings(
            host=HOST, port=port, plugin_files=plugin_files or None, clock=CLOCK, database=f"sqlite:///{directory / 'sellerhealth.db'}"
        )
        listener = open_socket(settings)  # before the import, so that a port in use is reported at once
        with open_database(settings) as database:
            loaded = load_plugins(settings, check_metric=checker(database))
            report_refused(plugin_files, loaded)
            _load(database, loaded, directory / "reports")
            run(create_app(settings, Open(), loaded=loaded, database=database), listener, settings.request_limits, _run_example_queries)
    print_note("Stopped.")


@contextlib.contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="sellerhealth-demo-") as directory:
        yield Path(directory)


def _load(database: "Database", loaded: "Loaded", directory: Path) -> None:
    from sellerhealth.demo.load import load

    started, files, rows = time.perf_counter(), 0, 0
    with ERR.status("Writing and importing the reports of four sellers") as status:
        for seller, summary in load(database, loaded, directory):
            files, rows = files + 1, rows + summary.rows_read
            status.update(f"{seller.name}: {summary.format}")
    print_result(f"Imported {files} report files of four made-up sellers: {rows:,} rows in {time.perf_counter() - started:.1f} s.")


def _run_example_queries(address: str) -> None:
    from sellerhealth.demo.calendar import LAST_DAY
    from sellerhealth.demo.example_queries import EXAMPLE_QUERIES, format_json, run_query

    for example in EXAMPLE_QUERIES:
        result = format_json(run_query(address, example.document))
        print_result(f"\n# {example.question}\n{example.document}\n\n{result}")
    print_result(f"\nServing {address}/graphql as of {LAST_DAY}, with a page to try it at {address}/. Stop with Ctrl-C.")
