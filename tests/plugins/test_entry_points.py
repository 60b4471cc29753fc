"""What an entry point may name, and what is said of one that is at fault."""

import pytest

from sellerhealth.plugins import PluginState

HOOKS = """
from sellerhealth import hookimpl
from sellerhealth.sources import Importer
from acme_metric import metric

@hookimpl
def register_metrics():
    yield metric

@hookimpl
def register_importers():
    return [Importer("acme_csv", "Acme", frozenset(), 1, lambda sample: False, lambda file, given: iter(()))]
"""

SETTINGS = """
from pydantic import BaseModel
import acme_metric

class Settings(BaseModel):
    days: int = 30
    points: dict[str, int] = {}

def metric(settings: Settings):
    acme_metric.days = settings.days
    return acme_metric.metric
"""


def test_a_metric_of_an_installed_distribution_takes_part(install, load, fate, metric_source):
    install("acme-dispatch", {"acme": "acme:metric"}, "2.1", acme=metric_source("acme_dispatch"))
    plugin = fate("acme")
    assert (plugin.distribution, plugin.version, plugin.state, plugin.reason) == ("acme-dispatch", "2.1", PluginState.ACTIVE, None)
    assert plugin.metrics == ("acme_dispatch",)
    loaded = load()
    assert loaded.registry["acme_dispatch"].title == "T"
    assert loaded.registry.origin("acme_dispatch").distribution == "acme-dispatch"


def test_a_module_with_hooks_brings_metrics_and_importers(install, load, metric_source):
    install("acme", {"acme": "acme"}, acme=HOOKS, acme_metric=metric_source("acme_rate"))
    loaded = load()
    assert "acme_rate" in loaded.registry
    assert loaded.importers["acme_csv"].title == "Acme"
    assert loaded.importers.origin("acme_csv").name == "acme"


@pytest.mark.parametrize(
    "function",
    ["def make():\n    return metric", "def make():\n    yield metric", "def make():\n    return [metric]", "make = lambda: metric"],
)
def test_a_function_returns_one_metric_or_several(install, load, metric_source, function):
    install("acme", {"acme": "acme:make"}, acme=metric_source("acme_rate") + function)
    assert "acme_rate" in load().registry


def test_a_function_gets_its_section_of_the_settings(install, fate, metric_source, monkeypatch):
    install("acme", {"Acme-Rate": "acme:metric"}, acme=SETTINGS, acme_metric=metric_source("acme_rate"))
    monkeypatch.setenv("SELLERHEALTH_PLUGINS__ACME_RATE__DAYS", "7")
    assert fate("Acme-Rate").state is PluginState.ACTIVE
    import acme_metric

    assert acme_metric.days == 7


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"days": "many"}, ["its setting days is 'many'", "valid integer"]),
        ({"dayz": 7}, ["no setting dayz", "Did you mean days?", "days, points"]),
        ({"points": {"late": "x"}}, ["its setting points.late is 'x'"]),
    ],
)
def test_settings_that_are_wrong_keep_the_plugin_out(install, fate, metric_source, section, said):
    install("acme", {"acme": "acme:metric"}, acme=SETTINGS, acme_metric=metric_source("acme_rate"))
    plugin = fate("acme", plugins={"acme": section})
    assert plugin.state is PluginState.QUARANTINED
    assert plugin.metrics == ()
    assert all(words in plugin.reason for words in said), plugin.reason


FAULTS = {
    "an import that fails": ("import acme_nowhere", "acme:metric", ["ModuleNotFoundError", "acme_nowhere", "acme.py, line 1"]),
    "an import that exits": ("raise SystemExit('no licence')", "acme:metric", ["SystemExit: no licence", "line 1"]),
    "a module that is not there": ("", "acme_missing:metric", ["No module named 'acme_missing'"]),
    "a name that is not there": ("metric_rate = 1", "acme:metric_rte", ["acme has no 'metric_rte'", "Did you mean metric_rate?"]),
    "something else than a metric": (
        "metric = 'late'",
        "acme:metric",
        ["acme:metric, of the type str, has nothing marked @hookimpl", "a Metric"],
    ),
    "a module without hooks": ("def register_metrics(): return []", "acme", ["has nothing marked @hookimpl"]),
    "a class": ("class Acme: pass", "acme:Acme", ["acme:Acme is a class"]),
    "a function with strange parameters": ("def make(a, b): return []", "acme:make", ["acme:make must take nothing, or one parameter"]),
    "a function whose parameter is no model": ("def make(a: int): return []", "acme:make", ["annotated with a pydantic model"]),
    "a function that raises": ("def make(): raise ValueError('no luck')", "acme:make", ["ValueError: no luck", "acme.py, line 1"]),
    "a measure that SQLAlchemy refuses": (
        "from sellerhealth import count\nfrom sellerhealth.facts import Order\norders = count(on=Order.placed_on, where=object())",
        "acme:orders",
        ["ArgumentError", "acme.py, line 3"],
    ),
    "a function that returns nothing": ("def make(): pass", "acme:make", ["acme:make returns None, which is no Metric"]),
    "a function that returns something else": (
        "def make(): return ['late']",
        "acme:make",
        ["acme:make returns 'late', which is no Metric"],
    ),
    "a misspelt hook": (
        "from sellerhealth import hookimpl\n@hookimpl\ndef register_metric(): return []",
        "acme",
        ["no hook register_metric", "Did you mean register_metrics"],
    ),
    "a hook with a parameter too many": (
        "from sellerhealth import hookimpl\n@hookimpl\ndef classify_feedback(rating, words): return None",
        "acme",
        ["words", "Take only the parameters of the hook"],
    ),
    "a hook with a default that would win": (
        "from sellerhealth import hookimpl\n@hookimpl\ndef classify_feedback(rating, comment=None): return None",
        "acme",
        ["classify_feedback has a default value for comment"],
    ),
    "a hook that raises": (
        "from sellerhealth import hookimpl\n@hookimpl\ndef register_metrics(): return 1 / 0",
        "acme",
        ["ZeroDivisionError", "acme.py, line 3"],
    ),
    "a hook that returns a single number": (
        "from sellerhealth import hookimpl\n@hookimpl\ndef register_importers(): return 3",
        "acme",
        ["acme returns 3, which is no Importer. Return one, or several in a list."],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_plugin_at_fault_is_kept_out_alone_and_told_why(install, load, metric_source, fault):
    source, value, said = FAULTS[fault]
    install("acme", {"acme": value}, "0.3", acme=source)
    install("sound", {"sound": "sound:metric"}, sound=metric_source("sound_rate"))
    loaded = load()
    (plugin,) = [plugin for plugin in loaded.plugins if plugin.name == "acme"]
    assert plugin.state is PluginState.QUARANTINED
    assert str(plugin) == "acme (acme 0.3)"
    assert all(words in plugin.reason for words in said), plugin.reason
    assert "sound_rate" in loaded.registry


def test_a_metric_without_settings_refuses_a_section(install, fate, metric_source):
    install("acme", {"acme": "acme:metric"}, acme=metric_source("acme_rate"))
    assert "takes no settings, but `plugins` has some for it: days. Remove them." in fate("acme", plugins={"acme": {"days": 7}}).reason


@pytest.mark.parametrize(("api", "said"), [(2, "Install a newer sellerhealth."), (0, "Install a newer acme.")])
def test_a_metric_of_another_version_of_the_plugin_api_is_kept_out(install, fate, metric_source, api, said):
    install("acme", {"acme": "acme:metric"}, acme=metric_source("acme_rate", api=api))
    reason = fate("acme").reason
    assert f"version {api} of the plugin API, not for 1" in reason
    assert said in reason


def test_a_metric_that_cannot_be_computed_is_kept_out(install, metric_source):
    from sellerhealth.plugins import load_plugins
    from sellerhealth.settings import Settings

    def check(metric):
        if metric.key == "acme_rate":
            raise LookupError("no such column")

    install("acme", {"acme": "acme:metric"}, acme=metric_source("acme_rate"))
    loaded = load_plugins(Settings(strict=False), check_metric=check)
    (plugin,) = [plugin for plugin in loaded.plugins if plugin.name == "acme"]
    assert "the metric 'acme_rate' cannot be computed: LookupError: no such column" in plugin.reason
    assert "acme_rate" not in loaded.registry
