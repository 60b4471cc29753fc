"""`schema`: prints the GraphQL schema, and compares it with another one."""

from pathlib import Path
from typing import Annotated

import typer

from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import print_error, print_note, print_result

SCHEMA = Path("schema.graphql")


def schema(
    check: Annotated[bool, typer.Option("--check", help=f"Compare {SCHEMA} with the schema of the built-in plugins.")] = False,
    write: Annotated[bool, typer.Option("--write", help=f"Write the schema of the built-in plugins to {SCHEMA}.")] = False,
    diff: Annotated[
        Path | None,
        typer.Option(
            "--diff",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="List the changes that break or may surprise a client built for FILE.",
        ),
    ] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Print the GraphQL schema of this server, including the metrics of all its plugins."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import load_without_database, report_refused
    from sellerhealth.graphql.schema import built_in_schema, schema_text

    settings = read_settings(plugin_files=plugin_files or None)
    if check + write + (diff is not None) > 1:
        raise typer.BadParameter("--check, --write and --diff exclude each other.")
    if (check or write) and plugin_files:
        raise typer.BadParameter("--check and --write cover the built-in plugins: leave --plugin out.")
    if write:
        SCHEMA.write_text(built_in_schema())
        print_note(f"Wrote {SCHEMA}.")
        return
    if check:
        _check(built_in_schema())
        return
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    if diff is not None:
        _diff(diff, schema_text(loaded, settings.document_limits))
    else:
        print_result(schema_text(loaded, settings.document_limits).rstrip("\n"))


def _check(current: str) -> None:
    from sellerhealth.errors import NotFound
    from sellerhealth.graphql.schema_diff import compare

    if not SCHEMA.exists():
        raise NotFound(f"There is no {SCHEMA} in the working directory. Write one with --write.")
    changes = compare(SCHEMA.read_text(), current)
    for change in changes:
        print_error(f"{change.severity.name}: {change.description}")
    if changes:
        print_note(f"{SCHEMA} is out of date. If the changes are intended, write it with `sellerhealth schema --write`.")
        raise typer.Exit(1)
    print_note(f"{SCHEMA} is up to date.")


def _diff(file: Path, current: str) -> None:
    from sellerhealth.graphql.schema_diff import Severity, compare, read_schema

    changes = [change for change in compare(read_schema(file), current) if change.severity > Severity.SAFE]
    for change in changes:
        print_result(f"{change.severity.name}: {change.description}")
    if not changes:
        print_note(f"Nothing breaks or may surprise a client that was built for {file}.")
    raise typer.Exit(any(change.severity is Severity.BREAKING for change in changes))
