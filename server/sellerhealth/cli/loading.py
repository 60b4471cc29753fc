"""Loads the plugins for commands, and finds a metric among them."""

import datetime as dt
from typing import TYPE_CHECKING

from sellerhealth.checks.metric_checks import EmptyTables, checker
from sellerhealth.cli.output import print_error
from sellerhealth.errors import BadInput, NotFound
from sellerhealth.graphql_names import fold
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.plugins.plugin import PluginState
from sellerhealth.settings import Settings

if TYPE_CHECKING:
    from sellerhealth.engine.queries import MetricQuery


def load_without_database(settings: Settings) -> Loaded:
    """Loads the plugins as a server would, and checks their metrics on empty tables."""
    return load_plugins(settings, check_metric=checker(EmptyTables()))


def report_refused(files: list[str] | None, loaded: Loaded) -> None:
    """Prints why a plugin file of the command line is not active."""
    for plugin in loaded.plugins:
        if plugin.reason is not None and plugin.distribution in (files or ()):
            print_error(f"The plugin {plugin} is not active: {plugin.reason}")


def find_metric(loaded: Loaded, name: str) -> Metric:
    """A metric by its key or its field. NotFound says so if its plugin is not active."""
    try:
        return loaded.registry.find(name)
    except NotFound as error:
        error.add_note("`sellerhealth metric list` lists them all.")
        inactive = [plugin for plugin in loaded.plugins if plugin.state is not PluginState.ACTIVE]
        for plugin in inactive:
            if fold(plugin.name) == fold(name):
                error.add_note(f"The plugin {plugin} is {plugin.state}: {plugin.reason}")
        if inactive:
            error.add_note(f"Plugins that are not active: {len(inactive)}. `sellerhealth plugins` says which, and why.")
        raise


def find_query(
    settings: Settings, loaded: Loaded, metric: str, as_of: dt.date | None, days: int | None
) -> tuple["MetricQuery", dt.datetime]:
    """The query that a command describes: a metric, the day as of which it is measured, and the length of its window; and the clock."""
    from sellerhealth.engine.queries import MetricQuery
    from sellerhealth.graphql.arguments import EARLIEST, window_of

    declared = find_metric(loaded, metric)
    clock = (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    day = as_of or clock.date()
    if day > clock.date():
        raise BadInput(f"{day} lies in the future: --as-of can be at most {clock.date()}, today in UTC.")
    if day < EARLIEST:
        raise BadInput(f"{day} lies before all facts: --as-of can be {EARLIEST} or later.")
    return MetricQuery(declared, window_of(declared, days), day), clock
