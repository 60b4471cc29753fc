"""The command line. Each module holds the commands of one concern; what is heavy is imported by the command that needs it."""

import sys
from typing import Annotated

import typer

from sellerhealth.cli import accounts, importing, inspecting, metrics, serving
from sellerhealth.cli.failing import Commands
from sellerhealth.cli.terminal import say

app = typer.Typer(
    cls=Commands,
    name="sellerhealth",
    help="A GraphQL API for the account health of marketplace sellers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
account = typer.Typer(help="List the accounts, or erase one.", no_args_is_help=True)
account.command("list")(accounts.list_accounts)
account.command("erase")(accounts.erase)
metric = typer.Typer(help="Begin a new metric, show one, or the catalog of all.", no_args_is_help=True)
metric.command("new")(metrics.new)
metric.command("show")(metrics.show_metric)
metric.command("catalog")(metrics.catalog)

app.command("serve")(serving.serve)
app.command("demo")(serving.demo)
app.command("import")(importing.import_files)
app.command("imports")(importing.list_imports)
app.add_typer(account, name="account")
app.add_typer(metric, name="metric")
app.command("explain")(inspecting.explain)
app.command("plugins")(inspecting.plugins)
app.command("schema")(inspecting.schema)
app.command("migrate")(inspecting.migrate)
app.command("reclassify")(accounts.reclassify)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        say(f"sellerhealth {version('sellerhealth')}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error arose, for whoever mends it.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.", callback=_version, is_eager=True)] = False,
) -> None:
    pass


def main() -> None:
    """The console script."""
    sys.exit(app())
