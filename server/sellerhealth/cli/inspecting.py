"""Commands that show what is there: a figure and how it came about, the plugins, the schema, the state of the database."""

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.plugin_option import PluginFiles, tell_of_refused
from sellerhealth.cli.terminal import complain, say, show, tell

if TYPE_CHECKING:
    from sellerhealth.describe.explain import Explanation
    from sellerhealth.plugins.load import Loaded, Plugin

SCHEMA = Path("schema.graphql")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day: write it as year, month and day, for example 2026-03-31") from None


def explain(
    metric: Annotated[str, typer.Argument(help="The key of the metric, for example late_shipment_rate.")],
    account: Annotated[str, typer.Option("--account", metavar="KEY", help="The account.")],
    as_of: Annotated[
        dt.date | None,
        typer.Option("--as-of", metavar="DAY", parser=_day, help="The day as of which to measure. Default: today in UTC."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            "--days", metavar="N", help="The length of the window; 0: a lifetime, if the metric has one. Default: its first window."
        ),
    ] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Show how a figure came about: the SQL, the window, the numbers, the value, and why it has its status."""
    from sellerhealth.access import OWNER
    from sellerhealth.cli.opening import account_named, metric_named, opened, read_settings
    from sellerhealth.describe.explain import Unexplained
    from sellerhealth.describe.explain import explain as run
    from sellerhealth.engine.queries import Ask
    from sellerhealth.errors import BadInput
    from sellerhealth.graphql.arguments import window_of
    from sellerhealth.plugins.load import load_plugins

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_plugins(settings)
    tell_of_refused(plugin_files, loaded)
    declared = metric_named(loaded, metric)
    clock = (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    day = as_of or clock.date()
    if day > clock.date():
        raise BadInput(f"{day} lies in the future: --as-of may be {clock.date()}, today in UTC, at the latest.")
    with opened(settings) as database:
        lifetime = next((window for window in declared.windows if days == window.days == 0), None)
        ask = Ask(account_named(database, account), declared, lifetime or window_of(declared, days), day)
        try:
            explanation = run(database, ask, OWNER, clock)
        except Unexplained as failed:
            if failed.sql is not None:
                say(f"{failed.sql}\n")
            failed.add_note(f"It comes from the plugin {loaded.registry.origin(declared.key)}: tell its author.")
            raise
        _print_explanation(explanation, account, day)


def _print_explanation(explanation: "Explanation", account: str, day: dt.date) -> None:
    result = explanation.result
    metric = result.metric
    say(f"{metric.title} of {account} as of {day}: {result.display}, {result.status}")
    say(explanation.why)
    say(f"Window: {explanation.first or 'the first fact'} to {explanation.last}")
    say(f"Definition: {metric.description}" + (f" Source: {metric.source}" if metric.source else ""))
    say()
    show(("measure", "number", "counts"), explanation.numbers)
    if metric.figures:
        say()
        readings = [(name, result.figures[name]) for name in metric.figures]
        show(("figure", "value", "status"), [(name, reading.display, reading.status) for name, reading in readings])
    if explanation.headroom is not None:
        say(f"\n{explanation.headroom}")
    say()
    show(("fact", "imported up to"), [(kind, through or "never") for kind, through in explanation.measured.coverage.items()])
    say(f"\n{explanation.sql}\n")


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """List the plugins: where each comes from, what it brings, whether it takes part, and if not, why and what to do."""
    from sellerhealth.cli.opening import loaded_plugins, read_settings

    # What cannot take part is to be seen, not to be refused; and not to be told by the log besides.
    settings = read_settings(strict=False, plugin_files=plugin_files or None, untold=("plugins_loaded", "plugin_warned"))
    loaded = loaded_plugins(settings)
    if as_json:
        say(
            json.dumps(
                [
                    {
                        "name": plugin.name,
                        "distribution": plugin.distribution,
                        "version": plugin.version,
                        "state": plugin.state,
                        "reason": plugin.reason,
                        "warning": plugin.warning,
                        "metrics": plugin.metrics,
                        "formats": plugin.formats,
                        "classifier": _classifier(plugin, loaded),
                    }
                    for plugin in loaded.plugins
                ],
                indent=2,
            )
        )
        return
    show(
        ("plugin", "from", "state", "brings"),
        [(each.name, f"{each.distribution} {each.version}", each.state, _brought(each, loaded)) for each in loaded.plugins],
    )
    for plugin in loaded.plugins:  # in full lines: in a column they would be too long to read
        if told := plugin.reason or _warned(plugin.warning):
            say(f"\n{plugin} is {plugin.state}.\n{told}")


def _brought(plugin: "Plugin", loaded: "Loaded") -> str:
    """What a plugin brings, in words."""
    classifier = _classifier(plugin, loaded)
    told = [f"{kind}: {', '.join(names)}" for kind, names in (("metrics", plugin.metrics), ("formats", plugin.formats)) if names]
    return "; ".join([*told, *([f"classifier: {_CLASSIFIERS[classifier]}"] if classifier else [])])


_CLASSIFIERS = {"DECIDES": "decides", "FALLBACK": "asked where the other one gives no answer", "IDLE": "not asked"}


def _classifier(plugin: "Plugin", loaded: "Loaded") -> str | None:
    """Whether a plugin's classifier of feedback decides, is asked where that one gives no answer, or never; None if it has none."""
    asked = [str(origin) for origin, _ in loaded.classify.classifiers]
    if not plugin.classifies:
        return None
    return "IDLE" if str(plugin) not in asked else "FALLBACK" if asked.index(str(plugin)) else "DECIDES"


def _warned(warning: str | None) -> str | None:
    return None if warning is None else f"Warning: {warning}"


def schema(
    check: Annotated[bool, typer.Option("--check", help=f"Compare {SCHEMA} with the schema of the built-in plugins.")] = False,
    write: Annotated[bool, typer.Option("--write", help=f"Write the schema of the built-in plugins to {SCHEMA}.")] = False,
    diff: Annotated[
        Path | None,
        typer.Option(
            "--diff", metavar="FILE", exists=True, dir_okay=False, help="Name what breaks or may surprise a client built for FILE."
        ),
    ] = None,
    plugin_files: PluginFiles = None,
) -> None:
    """Print the GraphQL schema of this server, with all its plugins."""
    from sellerhealth.cli.opening import loaded_plugins, read_settings
    from sellerhealth.graphql.schema import built_in_schema, schema_text

    settings = read_settings(plugin_files=plugin_files or None)
    if check + write + (diff is not None) > 1:
        raise typer.BadParameter("--check, --write and --diff exclude each other.")
    if (check or write) and plugin_files:
        raise typer.BadParameter("--check and --write are about the built-in plugins alone: leave --plugin out.")
    if write:
        SCHEMA.write_text(built_in_schema())
        tell(f"Wrote {SCHEMA}.")
        return
    if check:
        _check(built_in_schema())
        return
    loaded = loaded_plugins(settings)
    tell_of_refused(plugin_files, loaded)
    if diff is not None:
        _diff(diff, schema_text(loaded))
    else:
        say(schema_text(loaded).rstrip("\n"))


def _check(now: str) -> None:
    from sellerhealth.errors import NotFound
    from sellerhealth.graphql.schema_diff import compare

    if not SCHEMA.exists():
        raise NotFound(f"There is no {SCHEMA} here. Write one with --write.")
    changes = compare(SCHEMA.read_text(), now)
    for change in changes:
        complain(f"{change.severity.name}: {change.description}")
    if changes:
        tell(f"{SCHEMA} is not the schema of this code. If the changes are meant, write it with `sellerhealth schema --write`.")
        raise typer.Exit(1)
    tell(f"{SCHEMA} is the schema of this code.")


def _diff(file: Path, now: str) -> None:
    from sellerhealth.graphql.schema_diff import Severity, compare, read_schema

    changes = [change for change in compare(read_schema(file), now) if change.severity > Severity.SAFE]
    for change in changes:
        say(f"{change.severity.name}: {change.description}")
    if not changes:
        tell(f"Nothing breaks or may surprise a client that was built for {file}.")
    raise typer.Exit(any(change.severity is Severity.BREAKING for change in changes))


def migrate() -> None:
    """Bring the database to the tables that this version needs."""
    from sellerhealth.cli.opening import bring_up_to_date, read_settings
    from sellerhealth.store.database import Database

    database = Database(read_settings().database)
    try:
        bring_up_to_date(database)
    finally:
        database.close()
    tell(f"The database {database.url.render_as_string()} is up to date.")
