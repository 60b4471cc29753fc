"""Commands about metrics: list them, show one, create one, print the catalog of all."""

import json
import shlex
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.errors import fixes
from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import print_note, print_result, print_table

if TYPE_CHECKING:
    from sellerhealth.describe.datasheet import Datasheet


class Dialect(StrEnum):
    """The SQL dialect to print."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


DialectOption = Annotated[Dialect, typer.Option("--dialect", metavar="D", help="The database that the SQL is for: sqlite or postgresql.")]


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the distribution, for example acme-dispatch.")],
    into: Annotated[
        Path,
        typer.Option(
            "--into",
            metavar="DIR",
            exists=True,
            file_okay=False,
            show_default=False,
            help="Where to create it. Default: the working directory.",
        ),
    ] = Path(),
    importer: Annotated[bool, typer.Option("--importer", help="Create a format to import instead of a metric.")] = False,
    classifier: Annotated[bool, typer.Option("--classifier", help="Create a classifier of feedback instead of a metric.")] = False,
) -> None:
    """Create a new metric, or another plugin, as a distribution of its own, with passing tests."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import load_without_database
    from sellerhealth.scaffold import PluginKind, create

    if importer and classifier:
        raise typer.BadParameter("Use either --importer or --classifier.")
    kind = PluginKind.IMPORTER if importer else PluginKind.CLASSIFIER if classifier else PluginKind.METRIC
    with fixes(into="Name another folder with --into."):
        directory = create(name, into, load_without_database(read_settings(strict=False)), kind)
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        print_result(str(file))
    print_note(f"\nNow run:\n\n  cd {shlex.quote(str(directory))}\n  pip install -e '.[test]'\n  pytest && sellerhealth plugins")


def list_metrics(plugin_files: PluginFiles = None) -> None:
    """List the metrics: their keys, titles, targets, and the plugins that they come from."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import load_without_database, report_refused
    from sellerhealth.describe.formulas import measure_names, target_text

    loaded = load_without_database(read_settings(strict=False, plugin_files=plugin_files or None))
    report_refused(plugin_files, loaded)
    rows = [
        (
            key,
            metric.title,
            metric.section,
            None if metric.target is None else target_text(metric.target, metric.value, measure_names(metric)),
            loaded.registry.origin(key).name,
        )
        for key, metric in loaded.registry.items()
    ]
    print_table(("metric", "title", "section", "target", "plugin"), rows)


def show_metric(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key of the metric, for example late_shipment_rate.")],
    dialect: DialectOption = Dialect.SQLITE,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """Show one metric: its declaration, what it reads, its SQL, its type in the API and a query to try."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import find_metric, load_without_database, report_refused
    from sellerhealth.describe.build_datasheet import build_datasheet
    from sellerhealth.graphql.example_query import own_types, sample_query
    from sellerhealth.graphql.schema import schema_text

    # Not strict: what is wrong with other metrics does not matter here.
    loaded = load_without_database(read_settings(strict=False, plugin_files=plugin_files or None))
    report_refused(plugin_files, loaded)
    metric = find_metric(loaded, key)
    sheet = build_datasheet(metric, loaded.plugin_of(metric.key), dialect)
    types, query = own_types(schema_text(loaded), metric), sample_query(metric)
    if as_json:
        print_result(json.dumps({**asdict(sheet), "graphql": {"types": types, "query": query}}, indent=2))
        return
    _print_sheet(sheet)
    print_result(f"\nSQL, for one account over the first window:\n\n{sheet.statements()}")
    print_result(f"\nGraphQL, beside the fields of every MetricResult:\n\n{types}\n\nA query to try:\n\n{query}")


def catalog(
    dialect: DialectOption = Dialect.SQLITE,
    built_in: Annotated[
        bool, typer.Option("--built-in", help="Only the built-in metrics, with their default settings, as in docs/catalog.md.")
    ] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """Print the catalog of all metrics, as a Markdown page."""
    from importlib import metadata

    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import load_without_database, report_refused
    from sellerhealth.describe.build_datasheet import build_datasheet
    from sellerhealth.describe.catalog_page import catalog_page
    from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
    from sellerhealth.plugins.load import load_plugins
    from sellerhealth.settings import Settings

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = (
        load_plugins(Settings.model_construct(), [metadata.distribution(BUILT_IN_DISTRIBUTION)])
        if built_in
        else load_without_database(settings)
    )
    report_refused(plugin_files, loaded)
    sheets = [build_datasheet(metric, loaded.plugin_of(key), dialect) for key, metric in loaded.registry.items()]
    print_result(catalog_page(sheets).rstrip("\n"))


def _print_sheet(sheet: "Datasheet") -> None:
    print_result(f"{sheet.title} ({sheet.key}), of the plugin {sheet.plugin} ({sheet.distribution} {sheet.version})")
    print_result(sheet.description)
    if sheet.deprecated is not None:
        print_result(f"Deprecated: {sheet.deprecated}")
    print_result()
    for label, text in sheet.summary():
        print_result(f"{label:<14}{text.replace('`', '')}")
    print_result()
    print_table(
        ("measure", "counted by", "counts"),
        [(each.key + " (hidden)" * each.hidden, each.counted_by, each.description) for each in sheet.measures],
    )
    if sheet.figures:
        print_result()
        print_table(
            ("figure", "value", "unit", "target", "meaning"),
            [(each.key, each.value, each.unit, each.target and each.target.words, each.description) for each in sheet.figures],
        )
    if sheet.settings:
        print_result()
        print_table(("setting", "value", "default"), [(each.key, each.value, each.default or "required") for each in sheet.settings])
