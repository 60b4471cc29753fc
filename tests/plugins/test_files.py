"""Plugin files: what takes part, and the reason if nothing does."""

import datetime as dt
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sellerhealth.errors import BadSettings
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.plugin import Plugin, PluginState
from tests.plugins.mistakes.builders import metric as metric_from

Write = Callable[[str, str], None]

FUNCTIONS = """
from pydantic import BaseModel

class Settings(BaseModel):
    days: int = 30

def helper(metric):
    return metric

def _hidden() -> Metric:
    raise RuntimeError

def again() -> Metric:
    return named("acme_again", 30)

def several(settings: Settings) -> list[Metric]:
    return [named("acme_one", settings.days), named("acme_two", settings.days)]

def named(key, days):
    return Metric(
        key=key, title="T", description="D.", section="acme", windows=(Window(days),),
        measures={"orders": orders}, value=Count(orders),
    )
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file into the working folder."""
    monkeypatch.chdir(tmp_path)
    return lambda name, source: (tmp_path / name).write_text(source) and None


@pytest.fixture
def load_file(load: Callable[..., Loaded]) -> Callable[..., Plugin]:
    """Loads a plugin file and returns its plugin."""

    def load_one(value: str, **settings: object) -> Plugin:
        (plugin,) = [plugin for plugin in load(plugin_files=[value], **settings).plugins if plugin.distribution == value]
        return plugin

    return load_one


def test_a_file_takes_part_as_a_distribution_would(write, load_file, metric_source):
    write("early.py", metric_source("acme_dispatch"))
    plugin = load_file("early.py")
    assert (plugin.name, plugin.distribution, plugin.version) == ("early", "early.py", "0")
    assert (plugin.state, plugin.metrics, plugin.reason, plugin.warning) == (PluginState.ACTIVE, ("acme_dispatch",), None, None)


def test_a_file_shadows_no_module(write, load_file, metric_source):
    import statistics

    write("statistics.py", metric_source("acme_dispatch"))
    assert load_file("statistics.py").state is PluginState.ACTIVE
    assert sys.modules["statistics"] is statistics
    assert statistics.mean([1, 3]) == 2


def test_a_file_provides_its_metrics_and_its_annotated_functions_with_their_settings(write, load, metric_source):
    write("early.py", metric_source("acme_dispatch").replace("import Metric,", "import Count, Metric,") + FUNCTIONS)
    loaded = load(plugin_files=["early.py"], plugins={"early": {"days": 7}})
    assert {"acme_dispatch", "acme_again", "acme_one", "acme_two"} <= set(loaded.registry)
    assert [loaded.registry[key].windows[0].days for key in ("acme_again", "acme_one", "acme_two")] == [30, 7, 7]


def test_a_file_with_hooks_provides_only_what_they_return(write, load_file, metric_source):
    hook = "\nfrom sellerhealth import hookimpl\n@hookimpl\ndef register_metrics():\n    return []\n"
    write("early.py", metric_source("acme_dispatch") + hook)
    assert load_file("early.py").metrics == ()


def test_one_thing_of_a_file_is_named_behind_a_colon(write, load_file, metric_source):
    write("early.py", metric_source("acme_dispatch").replace("import Metric,", "import Count, Metric,") + FUNCTIONS)
    assert load_file("early.py:several").metrics == ("acme_one", "acme_two")
    assert load_file("early.py:again").metrics == ("acme_again",)


def test_a_changed_file_is_read_again(write, load_file, metric_source):
    for key in ("acme_one", "acme_two"):  # of the same size, within the same second
        write("early.py", metric_source(key))
        assert load_file("early.py").metrics == (key,)
    assert not Path("__pycache__").exists()


def test_a_day_written_in_the_source_is_not_taken_for_that_of_the_clock(write, load_file):
    began = dt.datetime.now(dt.UTC).date() - dt.timedelta(9)
    metric = metric_from(
        f"Order.placed_on >= dt.date({began.year}, {began.month}, {began.day})", before="def now(): return dt.datetime.now(dt.UTC)"
    )
    write("early.py", metric)
    assert load_file("early.py").state is PluginState.ACTIVE


def test_a_file_is_disabled_by_its_name(write, load_file):
    write("early.py", "raise RuntimeError")
    assert load_file("early.py", disabled_plugins=["early"]).state is PluginState.DISABLED


@pytest.mark.parametrize(
    ("value", "expected"), [("late.py", "late.py does not exist"), (".", "is a folder"), ("early.txt", "is not a Python file")]
)
def test_a_file_that_does_not_exist_is_a_wrong_setting(write, load, value, expected):
    write("early.txt", "")
    with pytest.raises(BadSettings, match=f"{expected}.*FILE.py or FILE.py:NAME"):
        load(plugin_files=[value])


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ("", "early.py", ["early.py has neither a Metric nor anything marked @hookimpl.", "/early.py."]),
        ("x = 1", "early.py:y", ["early.py has no 'y'."]),
        ("import early_too", "early.py", ["A plugin file is complete in itself: put everything into it", "line 1"]),
        ("from . import early_too", "early.py", ["A plugin file is complete in itself: put everything into it", "line 1"]),
        ("def rate():\n    pass", "early.py", ["Of its functions (rate) none is marked `-> Metric`"]),
        ("from sellerhealth import Metric\ndef rate(days: int) -> Metric:\n    pass", "early.py", ["early.py:rate must take nothing"]),
    ],
)
def test_the_reason_for_a_file_at_fault_says_what_and_where(write, load_file, source, value, expected):
    write("early.py", source)
    write("early_too.py", "")
    plugin = load_file(value)
    assert plugin.state is PluginState.QUARANTINED
    assert all(part in plugin.reason for part in expected), plugin.reason


def test_two_files_of_one_name_are_both_quarantined(write, load, metric_source):
    write("early.py", metric_source("acme_dispatch"))
    Path("other").mkdir()
    write("other/early.py", metric_source("acme_other"))
    plugins = [plugin for plugin in load(plugin_files=["early.py", "other/early.py"]).plugins if plugin.name == "early"]
    assert [plugin.state for plugin in plugins] == [PluginState.QUARANTINED] * 2
    assert "claimed by early (early.py 0) with 'early' and early (other/early.py 0)" in plugins[0].reason


def test_ctrl_c_while_a_plugin_loads_ends_the_process(write, load_file, request):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs in the background ignore it
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    write("early.py", "import signal\nsignal.raise_signal(signal.SIGINT)")
    with pytest.raises(KeyboardInterrupt):
        load_file("early.py")


def test_a_file_is_named_once(write, load, metric_source):
    write("early.py", metric_source("acme_dispatch"))
    with pytest.raises(BadSettings, match=r"named twice, as early.py:metric and as \./early.py:gifts. Name ./early.py alone"):
        load(plugin_files=["early.py:metric", "./early.py:gifts"])


def test_a_file_cannot_take_the_name_of_a_built_in_metric(write, load_file, metric_source):
    write("early.py", metric_source("late_shipment_rate"))
    assert "belongs to the built-in plugin late_shipment_rate" in load_file("early.py").reason
