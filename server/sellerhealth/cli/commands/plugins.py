"""`plugins`: lists the plugins and what is wrong with them."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sellerhealth.cli.options import PluginFiles
from sellerhealth.cli.output import print_result, print_table

if TYPE_CHECKING:
    from sellerhealth.plugins.load import Loaded
    from sellerhealth.plugins.plugin import Plugin

_CLASSIFIER_ROLES = {"DECIDES": "decides", "FALLBACK": "called when the other one returns nothing", "IDLE": "never called"}


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """List the plugins: where each comes from, what it provides, whether it is active, and if not, why and how to fix it."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.loading import load_without_database

    # Not strict, so that a broken plugin is listed instead of refused. This command prints what the log would repeat.
    settings = read_settings(strict=False, plugin_files=plugin_files or None, hidden_events=("plugins_loaded", "plugin_warned"))
    loaded = load_without_database(settings)
    if as_json:
        print_result(json.dumps([_as_json(plugin, loaded) for plugin in loaded.plugins], indent=2))
        return
    print_table(
        ("plugin", "from", "state", "provides"),
        [(each.name, f"{each.distribution} {each.version}", each.state, _provides(each, loaded)) for each in loaded.plugins],
    )
    for plugin in loaded.plugins:  # below the table: too long for a column
        if problem := plugin.reason or (plugin.warning and f"Warning: {plugin.warning}"):
            print_result(f"\n{plugin} is {plugin.state}.\n{problem}")


def _as_json(plugin: "Plugin", loaded: "Loaded") -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "state": plugin.state,
        "reason": plugin.reason,
        "warning": plugin.warning,
        "metrics": plugin.metrics,
        "formats": plugin.formats,
        "classifier": _classifier_role(plugin, loaded),
    }


def _provides(plugin: "Plugin", loaded: "Loaded") -> str:
    parts = [f"{kind}: {', '.join(names)}" for kind, names in (("metrics", plugin.metrics), ("formats", plugin.formats)) if names]
    role = _classifier_role(plugin, loaded)
    return "; ".join(parts if role is None else [*parts, f"classifier: {_CLASSIFIER_ROLES[role]}"])


def _classifier_role(plugin: "Plugin", loaded: "Loaded") -> str | None:
    """The role of a plugin's feedback classifier; None if it has none."""
    if not plugin.classifies:
        return None
    in_use = [str(origin) for origin, _ in loaded.classify.classifiers]
    if str(plugin) not in in_use:
        return "IDLE"
    return "FALLBACK" if in_use.index(str(plugin)) else "DECIDES"
