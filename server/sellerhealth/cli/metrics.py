"""Commands about metrics: one of them in full, the catalog of all, and the beginning of a new one."""

import json
import shlex
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.plugin_option import PluginFiles, tell_of_refused
from sellerhealth.cli.terminal import say, show, tell

if TYPE_CHECKING:
    from sellerhealth.describe.datasheet import Datasheet


class Dialect(StrEnum):
    """For which database SQL is shown."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


InDialect = Annotated[Dialect, typer.Option("--dialect", metavar="D", help="For which database the SQL is: sqlite or postgresql.")]


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the distribution, for example acme-dispatch.")],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", exists=True, file_okay=False, help="Where its folder is made. Default: here.")
    ] = Path(),
) -> None:
    """Write a new metric as a distribution of its own, with tests that pass: the beginning of yours."""
    from sellerhealth.cli.opening import loaded_plugins, read_settings
    from sellerhealth.scaffold import create

    folder = create(name, into, loaded_plugins(read_settings(strict=False)))
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        say(str(file))
    tell(f"\nNow run:\n\n  cd {shlex.quote(str(folder))}\n  pip install -e '.[test]'\n  pytest && sellerhealth plugins")


def show_metric(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key of the metric, for example late_shipment_rate.")],
    dialect: InDialect = Dialect.SQLITE,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """Show what a metric declares, what it reads, its SQL, and how it is asked for over the API."""
    from sellerhealth.cli.opening import loaded_plugins, metric_named, read_settings
    from sellerhealth.describe.datasheet import datasheet
    from sellerhealth.graphql.example_query import own_types, sample_query
    from sellerhealth.graphql.schema import schema_text

    # A metric can be looked at whatever is wrong with others.
    loaded = loaded_plugins(read_settings(strict=False, plugin_files=plugin_files or None))
    tell_of_refused(plugin_files, loaded)
    metric = metric_named(loaded, key)
    sheet = datasheet(metric, loaded.plugin_of(metric.key), dialect)
    types, query = own_types(schema_text(loaded), metric), sample_query(metric)
    if as_json:
        say(json.dumps({**asdict(sheet), "graphql": {"types": types, "query": query}}, indent=2))
        return
    _print_sheet(sheet)
    say(f"\nSQL, for one account over the first window:\n\n{sheet.statements()}")
    say(f"\nGraphQL, beside the fields of every MetricResult:\n\n{types}\n\nA query to try:\n\n{query}")


def catalog(
    dialect: InDialect = Dialect.SQLITE,
    built_in: Annotated[
        bool, typer.Option("--built-in", help="The built-in metrics alone, with their default settings, as in docs/catalog.md.")
    ] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """Print the catalog of all metrics: a page of Markdown."""
    from importlib import metadata

    from sellerhealth.cli.catalog_page import catalog_page
    from sellerhealth.cli.opening import loaded_plugins, read_settings
    from sellerhealth.describe.datasheet import datasheet
    from sellerhealth.plugins.load import OWN, load_plugins
    from sellerhealth.settings import Settings

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_plugins(Settings.model_construct(), [metadata.distribution(OWN)]) if built_in else loaded_plugins(settings)
    tell_of_refused(plugin_files, loaded)
    sheets = [datasheet(metric, loaded.plugin_of(key), dialect) for key, metric in loaded.registry.items()]
    say(catalog_page(sheets).rstrip("\n"))


def _print_sheet(sheet: "Datasheet") -> None:
    say(f"{sheet.title} ({sheet.key}), of the plugin {sheet.plugin} ({sheet.distribution} {sheet.version})")
    say(sheet.description)
    if sheet.deprecated is not None:
        say(f"Deprecated: {sheet.deprecated}")
    say()
    for name, words in sheet.summary():
        say(f"{name:<14}{words.replace('`', '')}")
    say()
    show(
        ("measure", "counted by", "counts"),
        [(each.key + " (hidden)" * each.hidden, each.counted_by, each.description) for each in sheet.measures],
    )
    if sheet.figures:
        say()
        show(
            ("figure", "value", "unit", "target", "meaning"),
            [(each.key, each.value, each.unit, each.target and each.target.words, each.description) for each in sheet.figures],
        )
    if sheet.settings:
        say()
        show(("setting", "value", "default"), [(each.key, each.value, each.default or "must be given") for each in sheet.settings])
