"""The command line: registers the commands, and reads the global options. Commands import slow modules only when they run."""

import sys
from typing import Annotated

import typer

from sellerhealth.cli.commands import (
    accounts,
    backup,
    copy,
    coverage,
    demo,
    distribute,
    docs,
    doctor,
    drivers,
    evidence,
    explain,
    import_files,
    imports,
    metrics,
    migrate,
    plugins,
    reported,
    rollups,
    schema,
    serve,
    tokens,
)
from sellerhealth.cli.errors import CommandGroup
from sellerhealth.cli.output import print_result

app = typer.Typer(
    cls=CommandGroup,
    name="sellerhealth",
    help="A GraphQL API for the account health of marketplace sellers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
account = typer.Typer(help="List the accounts, or erase one.", no_args_is_help=True)
account.command("list")(accounts.list_accounts)
account.command("erase")(accounts.erase)
import_list = typer.Typer(help="List the imports, newest first, or dismiss the rows that one has skipped.", invoke_without_command=True)
import_list.callback()(imports.list_imports)
import_list.command("dismiss")(imports.dismiss)
token = typer.Typer(help="Create an API key, list the keys, or revoke one.", no_args_is_help=True)
token.command("create")(tokens.create)
token.command("list")(tokens.list_tokens)
token.command("revoke")(tokens.revoke)
rollup = typer.Typer(
    help="Say how far rollups are kept, count them again, compare them with the facts, or drop what nobody needs.", no_args_is_help=True
)
rollup.command("status")(rollups.status)
rollup.command("rebuild")(rollups.rebuild)
rollup.command("verify")(rollups.verify)
rollup.command("prune")(rollups.prune)
metric = typer.Typer(help="List the metrics, show one, create one, or print the catalog of all.", no_args_is_help=True)
metric.command("list")(metrics.list_metrics)
metric.command("new")(metrics.new)
metric.command("show")(metrics.show_metric)
metric.command("catalog")(metrics.catalog)

app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("import")(import_files.import_files)
app.add_typer(import_list, name="imports")
app.add_typer(account, name="account")
app.add_typer(token, name="token")
app.add_typer(metric, name="metric")
app.add_typer(rollup, name="rollups")
app.command("coverage")(coverage.coverage)
app.command("explain")(explain.explain)
app.command("evidence")(evidence.evidence)
app.command("drivers")(drivers.drivers)
app.command("reported")(reported.reported)
app.command("plugins")(plugins.plugins)
app.command("docs")(docs.docs)
app.command("schema")(schema.schema)
app.command("migrate")(migrate.migrate)
app.command("distribute")(distribute.distribute)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("copy")(copy.copy)
app.command("reclassify")(accounts.reclassify)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        from importlib.metadata import version

        print_result(f"sellerhealth {version('sellerhealth')}")
        raise typer.Exit


@app.callback()
def _global_options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True)] = False,
) -> None:
    pass


def main() -> None:
    """The console script."""
    sys.exit(app())
