"""docs/plugins/testing.md is true: it names every check, function and fixture, and its code runs."""

import inspect
import re
import subprocess
from pathlib import Path

import sqlalchemy as sa

import pytest_sellerhealth
from sellerhealth import Metric, testing
from sellerhealth.checks.metric_checks import EmptyTables, checker
from sellerhealth.facts import FACTS, FactOfOrder, Order
from sellerhealth.testing import ImporterConformance, MetricConformance, rows
from tests.support.running import PYTEST

PAGE = Path(__file__).parents[2].joinpath("docs", "plugins", "testing.md").read_text(encoding="utf-8")


def table(heading):
    """The first cells of the table under a heading, without their quotes."""
    section = re.split(r"^## ", PAGE.split(f"## {heading}\n")[1], flags=re.MULTILINE)[0]
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def checks(kind):
    return [name for name in vars(kind) if name.startswith("test_")]


def test_every_check_is_in_its_table():
    assert table("The checks of a metric") == checks(MetricConformance)
    assert table("The checks of an importer") == checks(ImporterConformance)
    assert f"one class, {len(checks(MetricConformance))} checks" in PAGE
    assert f"one class, {len(checks(ImporterConformance))} checks" in PAGE
    assert f"`pytest` now runs {len(checks(MetricConformance))} checks" in PAGE


def test_every_row_builder_is_in_its_table_with_an_example_of_its_own_parameters():
    builders = {
        name: function
        for name, function in vars(rows).items()
        if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == rows.__name__
    }
    examples = table("Facts")
    assert [example.partition("(")[0] for example in examples] == list(builders)
    for example, function in zip(examples, builders.values(), strict=True):
        arguments = eval(
            f"dict{example[example.index('(') :]}".replace("(account, 2, ", "(number=2, ")
            .replace("(account, 3, ", "(number=3, ")
            .replace("(account, order_ids", "(order_ids=1")
            .replace("(account, ", "("),
            {},
        )
        inspect.signature(function).bind("account", **arguments)


def test_every_fixture_is_in_its_table():
    assert set(table("The API")) == {name for name in vars(pytest_sellerhealth) if name.startswith("sellerhealth_")}


def test_every_public_name_is_on_the_page():
    words = set(re.findall(r"\w+", PAGE))
    assert set(testing.__all__) <= words
    assert testing.__all__ == sorted(testing.__all__, key=lambda name: (not name.isupper(), name.islower(), name))


def test_the_metrics_on_the_page_about_metrics_are_correct_and_it_names_every_relationship():
    page = Path(__file__).parents[2].joinpath("docs", "plugins", "metrics.md").read_text(encoding="utf-8")
    found = []
    for source in re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        if "Metric(" in source:
            declared = {}
            exec(source, declared)
            found += [thing for thing in declared.values() if isinstance(thing, Metric)]
    assert [metric.key for metric in found] == ["acme_dispatch", "acme_refunds_after_message"]
    for metric in found:
        checker(EmptyTables())(metric)
    (named,) = re.findall(r"relationship to all the others:\n(.*?), with `\.any", page, re.DOTALL)
    every = {*re.findall(r"`(\w+)`", named), "order"}
    for fact in FACTS:
        own = "order" if fact is Order else fact.__table__.name
        assert set(sa.inspect(fact).relationships.keys()) == (every - {own} if issubclass(fact, FactOfOrder) else set())


def test_the_code_of_the_page_runs(tmp_path):
    for source in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        tmp_path.joinpath(source.splitlines()[0].removeprefix("# ")).write_text(source)
    ran = subprocess.run(
        [*PYTEST, "-q", "-W", "error"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert f"{len(checks(MetricConformance)) + len(checks(ImporterConformance)) + 3} passed" in ran.stdout
