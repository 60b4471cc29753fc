"""docs/metrics.md names every metric, measure, figure, setting and default."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

from verdicts import DEFINITIONS
from world import built_in

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS.joinpath("metrics.md").read_text()
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def settings_of(model: BaseModel, prefix: str = "") -> dict[str, object]:
    """The settings of a model with their defaults, those of nested models by their path."""
    found: dict[str, object] = {}
    for name, value in model:
        found |= settings_of(value, f"{name}.") if isinstance(value, BaseModel) else {prefix + name: value}
    return found


def written(value: object) -> str:
    """A default as the page writes it."""
    if isinstance(value, frozenset):
        return ", ".join(f"`{word}`" for word in ("valid_tracking", "delivered_by_earliest_promise", "no_refund") if word in value)
    if value is None:
        return "none"
    return f"`{str(value).lower()}`"


def test_every_metric_has_its_section():
    assert list(SECTIONS) == list(DEFINITIONS)


@pytest.mark.parametrize("key", DEFINITIONS)
def test_every_measure_and_figure_is_explained(key):
    metric = built_in(key)
    missing = [name for name in (*metric.measures, *metric.figures, *metric.parts) if f"`{name}`" not in SECTIONS[key]]
    assert missing == []


@pytest.mark.parametrize("key", DEFINITIONS)
def test_every_setting_is_explained_with_its_default(key):
    rows = re.search(r"^\| setting .*?\n\|.*?\n((?:\|.*\n)*)", SECTIONS[key], re.MULTILINE)
    documented = dict(re.findall(r"^\| `([\w.]+)` \| (.*?) \|", rows.group(1), re.MULTILINE)) if rows else {}
    module = import_module(f"sellerhealth_metrics.{key}")
    settings = settings_of(module.Settings()) if hasattr(module, "Settings") else {}
    assert documented == {name: written(value) for name, value in settings.items()}


@pytest.mark.parametrize("key", DEFINITIONS)
def test_the_overview_has_the_windows_and_the_target(key):
    metric = built_in(key)
    row = re.search(rf"^\| \[`{key}`\]\(#{key}\) \|(.*)\|$", PAGE, re.MULTILINE).group(1)
    _, window, target, _ = (cell.strip() for cell in row.split("|"))
    for declared in metric.windows:
        assert (str(declared.days) if declared.days else "lifetime") in window
    lag = metric.windows[0].lag
    assert f"ending {lag} day" in window if lag else "ending" not in window
    assert metric.target is None or target.startswith(metric.target.display(metric.value))


def test_no_word_of_the_glossary_is_explained_twice():
    words = re.findall(r"^\| \*\*(.+?)\*\*", DOCS.joinpath("glossary.md").read_text(), re.MULTILINE)
    assert len(words) == len(set(words)) > 40
