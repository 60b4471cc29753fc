"""`serve`: serves the API over the database of the settings."""

from typing import Annotated

import typer

from sellerhealth.cli.options import PluginFiles, Port
from sellerhealth.cli.output import print_note


def serve(
    host: Annotated[str | None, typer.Option("--host", metavar="H", help="The address to listen on. Default: 127.0.0.1.")] = None,
    port: Port = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Serve the GraphQL API until stopped."""
    from sellerhealth.app import create_app
    from sellerhealth.checks.metric_checks import checker
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import note_exposed_files, open_database
    from sellerhealth.cli.loading import report_refused
    from sellerhealth.cli.server import exit_on_sigterm, open_socket, run
    from sellerhealth.http.api_keys import ApiKeys
    from sellerhealth.http.authentication import Open
    from sellerhealth.plugins.load import load_plugins

    exit_on_sigterm()
    settings = read_settings(quiet=False, host=host, port=port, plugin_files=plugin_files or None)
    with open_database(settings) as database:
        note_exposed_files(database)
        loaded = load_plugins(settings, check_metric=checker(database))
        report_refused(plugin_files, loaded)
        keys = ApiKeys(database)
        has_keys = keys.let_anybody_in()
        if not has_keys:
            print_note(
                "There is no API key, so everybody who reaches this server is let in. `sellerhealth token create` makes one; then restart."
            )
        run(
            create_app(settings, keys if has_keys else Open(), loaded=loaded, database=database),
            open_socket(settings),
            lambda address: print_note(f"Serving {address}/graphql, with a page to try it at {address}/. Stop with Ctrl-C."),
        )
