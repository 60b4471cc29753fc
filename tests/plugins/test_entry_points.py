"""Entry points: what they may name, and the reason if they are wrong."""

import re
from importlib import metadata

import pytest
import structlog

from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import load_plugins
from sellerhealth.plugins.plugin import PluginState
from sellerhealth.settings import Settings

HOOKS = """
from sellerhealth import hookimpl
from sellerhealth.sources import Importer
from acme_metric import metric

@hookimpl
def register_metrics():
    yield metric

@hookimpl
def register_importers():
    return [Importer("acme_csv", "Acme", frozenset(), 1, lambda sample: False, lambda stream, context: iter(()))]
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


def test_a_metric_of_an_installed_distribution_takes_part(install, load, load_one, metric_source):
    install("acme-dispatch", {"acme": "acme:metric"}, "2.1", acme=metric_source("acme_dispatch"))
    plugin = load_one("acme")
    assert (plugin.distribution, plugin.version, plugin.state, plugin.reason) == ("acme-dispatch", "2.1", PluginState.ACTIVE, None)
    assert plugin.metrics == ("acme_dispatch",)
    loaded = load()
    assert loaded.registry["acme_dispatch"].title == "T"
    assert loaded.registry.origin("acme_dispatch").distribution == "acme-dispatch"


def test_a_module_with_hooks_provides_metrics_and_importers(install, load, metric_source):
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


def test_a_function_gets_its_section_of_the_settings(install, load_one, metric_source, monkeypatch):
    install("acme", {"Acme-Rate": "acme:metric"}, acme=SETTINGS, acme_metric=metric_source("acme_rate"))
    monkeypatch.setenv("SELLERHEALTH_PLUGINS__ACME_RATE__DAYS", "7")
    assert load_one("Acme-Rate").state is PluginState.ACTIVE
    import acme_metric

    assert acme_metric.days == 7


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"days": "many"}, ["its setting days is 'many'", "valid integer"]),
        ({"dayz": 7}, ["no setting dayz", "Did you mean days?", "days, points"]),
        ({"points": {"late": "x"}}, ["its setting points.late is 'x'"]),
    ],
)
def test_wrong_settings_quarantine_the_plugin(install, load_one, metric_source, section, expected):
    install("acme", {"acme": "acme:metric"}, acme=SETTINGS, acme_metric=metric_source("acme_rate"))
    plugin = load_one("acme", plugins={"acme": section})
    assert plugin.state is PluginState.QUARANTINED
    assert plugin.metrics == ()
    assert all(part in plugin.reason for part in expected), plugin.reason


FAULTS = {
    "an import that fails": ("import acme_nowhere", "acme:metric", "acme_nowhere"),
    "an import that exits": ("raise SystemExit('no licence')", "acme:metric", "SystemExit: no licence"),
    "a hook that raises": (
        "from sellerhealth import hookimpl\n@hookimpl\ndef register_metrics(): return 1 / 0",
        "acme",
        "ZeroDivisionError",
    ),
    "a metric of the wrong form": ("from sellerhealth import Window\nmetric = Window('30')", "acme:metric", "Window: days is '30'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_plugin_at_fault_is_quarantined_alone_with_the_reason(install, load, metric_source, fault):
    source, value, expected = FAULTS[fault]
    install("acme", {"acme": value}, "0.3", acme=source)
    install("other", {"other": "other:metric"}, other=metric_source("other_rate"))
    loaded = load()
    (plugin,) = [plugin for plugin in loaded.plugins if plugin.name == "acme"]
    assert plugin.state is PluginState.QUARANTINED
    assert str(plugin) == "acme (acme 0.3)"
    assert expected in plugin.reason
    assert "other_rate" in loaded.registry


def test_a_metric_that_cannot_be_computed_is_quarantined(install, metric_source):
    from sellerhealth.plugins.load import load_plugins
    from sellerhealth.settings import Settings

    def check(metric):
        if metric.key == "acme_rate":
            raise LookupError("no such column")

    install("acme", {"acme": "acme:metric"}, acme=metric_source("acme_rate"))
    loaded = load_plugins(Settings(strict=False), check_metric=check)
    (plugin,) = [plugin for plugin in loaded.plugins if plugin.name == "acme"]
    assert "the metric 'acme_rate' cannot be computed: LookupError: no such column" in plugin.reason
    assert "acme_rate" not in loaded.registry


def test_what_a_plugin_prints_is_not_in_the_output(install, load, metric_source, capsys):
    install("acme", {"acme": "acme:metric"}, acme="print('hello')\n" + metric_source("acme_rate"))
    assert "acme_rate" in load().registry
    printed = capsys.readouterr()
    assert "hello" not in printed.out
    assert "hello" in printed.err


def test_a_plugin_that_loads_slowly_takes_part_with_a_warning(install, load_one, metric_source, monkeypatch):
    monkeypatch.setattr("sellerhealth.plugins.candidate.SLOW_SECONDS", 0.2)
    work = "import time\nend = time.thread_time() + 0.21\nwhile time.thread_time() < end: pass\n"
    install("acme", {"acme": "acme:metric"}, acme=work + metric_source("acme_rate"))
    with structlog.testing.capture_logs() as lines:
        plugin = load_one("acme")
    assert (plugin.state, plugin.reason) == (PluginState.ACTIVE, None)
    assert re.match(
        r"It took \d+\.\d seconds of CPU time to load, and every start and every command waits for it\. Import what is heavy",
        plugin.warning,
    )
    assert [line["plugin"] for line in lines if line["event"] == "plugin_warned"] == ["acme (acme 1.0)"]


def test_waiting_for_a_busy_machine_is_not_loading_slowly(install, load_one, metric_source, monkeypatch):
    monkeypatch.setattr("sellerhealth.plugins.candidate.SLOW_SECONDS", 0.2)
    install("acme", {"acme": "acme:metric"}, acme="import time\ntime.sleep(0.21)\n" + metric_source("acme_rate"))
    assert load_one("acme").warning is None


def test_a_built_in_plugin_is_never_called_slow(monkeypatch):
    monkeypatch.setattr("sellerhealth.plugins.candidate.SLOW_SECONDS", -1)
    loaded = load_plugins(Settings(), [metadata.distribution(BUILT_IN_DISTRIBUTION)])
    assert [plugin.warning for plugin in loaded.plugins if plugin.warning is not None] == []


def test_a_plugin_that_provides_nothing_has_a_warning(install, load_one):
    install("acme", {"acme": "acme"}, acme="from sellerhealth import hookimpl\n@hookimpl\ndef register_metrics(): return []")
    assert (
        load_one("acme").warning
        == "It provides nothing: its hooks return no metric and no format. Return some, or uninstall acme (acme 1.0)."
    )


def test_a_plugin_without_faults_has_no_warning(install, load_one, metric_source):
    install("acme", {"acme": "acme:metric"}, acme=metric_source("acme_rate"))
    assert load_one("acme").warning is None


def test_a_distribution_with_broken_metadata_is_logged_and_skipped(install, load, tmp_path, metric_source):
    install("broken", {"broken": "broken:metric"}, broken="")
    tmp_path.joinpath("broken-site", "broken-1.0.dist-info", "entry_points.txt").write_text("[sellerhealth]\nno value\n")
    install("other", {"other": "other:metric"}, other=metric_source("other_rate"))
    with structlog.testing.capture_logs() as lines:
        assert "other_rate" in load().registry
    assert [line["event"] for line in lines if "broken-site" in str(line)] == ["distribution_unreadable"]
