"""Loads the plugins for commands, and finds a metric among them."""

from sellerhealth.checks.metric_checks import EmptyTables, checker
from sellerhealth.cli.output import print_error
from sellerhealth.errors import NotFound
from sellerhealth.graphql_names import fold
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.plugins.plugin import PluginState
from sellerhealth.settings import Settings


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
        inactive = [plugin for plugin in loaded.plugins if plugin.state is not PluginState.ACTIVE]
        for plugin in inactive:
            if fold(plugin.name) == fold(name):
                error.add_note(f"The plugin {plugin} is {plugin.state}: {plugin.reason}")
        if inactive:
            error.add_note(f"Plugins that are not active: {len(inactive)}. `sellerhealth plugins` says which, and why.")
        raise
