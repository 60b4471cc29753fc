"""Commands that serve: the operator's own store, or the demo's."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.plugin_option import PluginFiles, tell_of_refused
from sellerhealth.cli.terminal import ERR, say, tell

if TYPE_CHECKING:
    from sellerhealth.plugins.load import Loaded
    from sellerhealth.store.database import Database

Port = Annotated[int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="The port. Default: 8000; 0: any that is free.")]


def serve(
    host: Annotated[str | None, typer.Option("--host", metavar="H", help="The address to listen on. Default: 127.0.0.1.")] = None,
    port: Port = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Serve the GraphQL API until stopped."""
    from sellerhealth.app import create_app
    from sellerhealth.checks.metric_checks import checker
    from sellerhealth.cli.listening import listen, run, stop_by_leaving
    from sellerhealth.cli.opening import opened, read_settings
    from sellerhealth.plugins.load import load_plugins

    stop_by_leaving()
    settings = read_settings(quiet=False, host=host, port=port, plugin_files=plugin_files or None)
    with opened(settings) as database:
        loaded = load_plugins(settings, check_metric=checker(database))
        tell_of_refused(plugin_files, loaded)
        app = create_app(settings, loaded=loaded, database=database)
        run(
            app,
            listen(settings),
            lambda address: tell(f"Serving {address}/graphql, with a page to try it at {address}/. Stop with Ctrl-C."),
        )


def demo(
    port: Port = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep", metavar="DIR", file_okay=False, help="Keep the report files and the database there. Default: nothing is kept."
        ),
    ] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Serve four made-up sellers, from report files that are written and imported first."""
    from sellerhealth.app import create_app
    from sellerhealth.checks.metric_checks import checker
    from sellerhealth.cli.listening import listen, run, stop_by_leaving
    from sellerhealth.cli.opening import opened, read_settings
    from sellerhealth.demo.calendar import CLOCK
    from sellerhealth.plugins.load import load_plugins

    stop_by_leaving()
    with _folder(keep) as folder:
        settings = read_settings(
            port=port, plugin_files=plugin_files or None, clock=CLOCK, database=f"sqlite:///{folder / 'sellerhealth.db'}"
        )
        listener = listen(settings)  # before the work, so that a port that is taken is told at once
        with opened(settings) as database:
            loaded = load_plugins(settings, check_metric=checker(database))
            tell_of_refused(plugin_files, loaded)
            _load(database, loaded, folder / "reports")
            run(create_app(settings, loaded=loaded, database=database), listener, _introduce)
    tell("Stopped.")


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="sellerhealth-demo-") as folder:
        yield Path(folder)


def _load(database: "Database", loaded: "Loaded", folder: Path) -> None:
    from sellerhealth.demo.load import load

    started, files, rows = time.perf_counter(), 0, 0
    with ERR.status("Writing and importing the reports of four sellers") as status:
        for seller, summary in load(database, loaded, folder):
            files, rows = files + 1, rows + summary.rows_read
            status.update(f"{seller.name}: {summary.format}")
    say(f"Imported {files} report files of four made-up sellers: {rows:,} rows in {time.perf_counter() - started:.1f} s.")


def _introduce(address: str) -> None:
    from sellerhealth.demo.calendar import LAST_DAY
    from sellerhealth.demo.questions import QUESTIONS, ask, folded

    for question in QUESTIONS:
        say(f"\n# {question.words}\n{question.query}\n\n{folded(ask(address, question.query))}")
    say(f"\nServing {address}/graphql as of {LAST_DAY}, with a page to try it at {address}/. Stop with Ctrl-C.")
