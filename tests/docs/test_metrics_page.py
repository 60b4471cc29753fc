"""docs/metrics.md names every metric, measure, figure, setting and default, and its examples are true."""

import datetime as dt
import re
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

from sellerhealth import Metric, MetricStatus, Window
from sellerhealth.metrics.result import UnavailableReason
from tests.support.reference import POINTS
from tests.support.reference_metrics import DEFINITIONS
from tests.support.world import built_in

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS.joinpath("metrics.md").read_text()
RULES = DOCS.joinpath("spec", "rules.md").read_text()
SECTIONS = {
    re.sub("[ -]", "_", title.lower()): section
    for title, section in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}


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
    assert list(SECTIONS) == [*DEFINITIONS, "when_a_good_value_may_still_turn_bad"]


@pytest.mark.parametrize("key", DEFINITIONS)
def test_every_section_has_its_public_sources(key):
    assert re.search(r"\*Sources?\*: [^*]*\]\(https://", SECTIONS[key])


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
    row = re.search(rf"^\| \[`{key}`\]\(#{key.replace('_', '-')}\) \|(.*)\|$", PAGE, re.MULTILINE).group(1)
    _, window, target, _ = (cell.strip() for cell in row.split("|"))
    for declared in metric.windows:
        assert (str(declared.days) if declared.days else "lifetime") in window
    lag = metric.windows[0].lag
    assert f"ending {lag} day" in window if lag else "ending" not in window
    assert metric.target is None or target.startswith(metric.target.display(metric.value))


def counts(metric: Metric, example: str) -> dict[str, int]:
    """The numbers of an example: `8 of 2000` of a rate, else a count before each measure."""
    if " of " in example:
        names = {measure: name for name, measure in metric.measures.items()}
        terms = (*metric.value.part.measures, *metric.value.whole.measures)
        return {names[term]: int(count) for term, count in zip(terms, example.split(" of "), strict=True)}
    return {name: int(count) for count, name in re.findall(r"(\d+) `(\w+)`", example)}


EXAMPLES = [
    (key, *row)
    for key, section in SECTIONS.items()
    for table in re.findall(r"^\| example .*\n\|.*\n((?:\|.*\n)*)", section, re.MULTILINE)
    for row in re.findall(r"^\| (.+?) \| (.+?) \| (\w+) \| (\w+) (\d+) \|$", table, re.MULTILINE)
]


@pytest.mark.parametrize(("key", "example", "display", "status_or_band", "headroom", "rows"), EXAMPLES)
def test_the_examples_are_true(key, example, display, status_or_band, headroom, rows):
    metric = built_in(key)
    result = metric.result(counts(metric, example))
    assert (result.display, result.band or result.status, getattr(result.headroom, headroom)) == (display, status_or_band, int(rows))


def test_every_metric_with_a_target_or_bands_has_examples():
    assert {key for key, *_ in EXAMPLES} == set(DEFINITIONS) - {"customer_feedback"}
    assert len(EXAMPLES) == len(re.findall(r"^\| .* \| (?:allowed|needed) \d+ \|$", PAGE, re.MULTILINE))


def test_the_examples_of_feedback_are_true():
    metric = built_in("customer_feedback")
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (.*?) \| (.*?) \| (.*?) \|$", SECTIONS["customer_feedback"], re.MULTILINE)
    assert len(rows) == 4
    for positive, neutral, negative, *display in rows:
        numbers = {"positive": int(positive), "neutral": int(neutral), "negative": int(negative)}
        figures = metric.result({**numbers, "total": sum(numbers.values())}).figures
        assert [figures[f"{kind}_percent"].display for kind in numbers] == display


def test_the_examples_of_windows_are_true():
    rows = re.findall(r"^\| (\d+) days, lag (\d+) \| (\S+) \| (\S+) \| (\S+) \|$", RULES, re.MULTILINE)
    assert len(rows) == 7
    for days, lag, as_of, *span in rows:
        assert [day.isoformat() for day in Window(int(days), int(lag)).span(dt.date.fromisoformat(as_of))] == span


def test_the_rules_name_every_status_and_every_reason():
    assert [word for word in (*MetricStatus, *UnavailableReason) if f"`{word}`" not in RULES] == []


def test_the_bands_are_those_of_the_seller_rating():
    documented = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|$", SECTIONS["seller_rating"].partition("### Bands")[2], re.MULTILINE))
    assert {name: Fraction(end) for name, end in documented.items()} == built_in("seller_rating").bands.lower_ends


def test_the_points_are_those_of_the_settings():
    documented = dict(re.findall(r"^\| `(\w+)` \| .* \| (-?\d+) \|$", SECTIONS["seller_rating"], re.MULTILINE))
    assert {name: int(points) for name, points in documented.items()} == POINTS
