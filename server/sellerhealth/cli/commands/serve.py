"""`serve`: serves the API over the database of the settings."""

from typing import Annotated

import typer

from sellerhealth.cli.options import PluginFiles, Port
from sellerhealth.cli.output import print_note, print_result


def serve(
    host: Annotated[str | None, typer.Option("--host", metavar="H", help="The address to listen on. Default: 127.0.0.1.")] = None,
    port: Port = None,
    is_open: Annotated[
        bool, typer.Option("--open", help="Ask for no key: everybody on this machine is let in. On a loopback address alone.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, max=100, help="The number of processes that serve. Default: 1.")
    ] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Serve the GraphQL API until stopped."""
    from sellerhealth.app import create_app
    from sellerhealth.checks.metric_checks import checker
    from sellerhealth.cli.authentication import choose_admission
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import note_exposed_files, open_database
    from sellerhealth.cli.loading import report_refused
    from sellerhealth.cli.server import exit_on_sigterm, open_socket, run
    from sellerhealth.cli.workers import run_workers
    from sellerhealth.plugins.load import load_plugins

    exit_on_sigterm()
    settings = read_settings(quiet=False, host=host, port=port, workers=workers, plugin_files=plugin_files or None)

    def announce(address: str) -> None:
        _announce(address, admission.own_key, has_page=settings.has_graphiql)

    with open_database(settings) as database:
        admission = choose_admission(settings, database, is_open=is_open)
        authenticator = admission.authenticator(settings, database)  # also with workers: it may refuse the settings
        note_exposed_files(database)
        loaded = load_plugins(settings, check_metric=checker(database))
        report_refused(plugin_files, loaded)
        listener = open_socket(settings)
        if settings.workers == 1:
            run(create_app(settings, authenticator, loaded=loaded, database=database), listener, settings.request_limits, announce)
            return
    with listener:
        run_workers(settings, admission, listener, announce)


def _announce(address: str, key: str | None, *, has_page: bool) -> None:
    # The key is a result, so it is not among the messages and the log on standard error, which may be kept.
    if key is not None:
        print_result("The API key of the owner, valid until the server stops:")
        print_result(f"{address}/graphiql#key={key}" if has_page else key)
    page = f", with a page to try it at {address}/graphiql" if has_page else ""
    print_note(f"Serving {address}/graphql{page}. Stop with Ctrl-C.")
