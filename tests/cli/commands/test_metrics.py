"""Metrics on the command line: shown, in the catalog, and created."""

import json
from pathlib import Path

import pytest
from graphql import parse

from tests.support.running import install

CATALOG = Path(__file__).parents[3] / "docs" / "catalog.md"
MODULE = """
from sellerhealth import Below, Metric, Window, count
from sellerhealth.facts import Order

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders | placed.")
replaced = orders.where(Order.replacement, "Orders that replace another.")
replacement_rate = Metric(
    key="acme_replacement_rate", title="Replacements", description="The share of orders that replace another.", section="acme",
    windows=(Window(30),), measures={"orders": orders, "replaced": replaced}, value=replaced / orders, target=Below("0.3"),
    deprecated="Use acme_x. Removal on 2027-01-31 UTC.",
)
"""


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """A metric of a third party, installed."""
    install(tmp_path / "site", "acme_replacements", MODULE, {"acme": "acme_replacements:replacement_rate"})
    monkeypatch.syspath_prepend(tmp_path / "site")


def test_the_metrics_are_listed_with_their_targets_and_plugins(invoke, acme):
    done = invoke("metric", "list")
    assert (done.exit_code, done.err) == (0, "")
    listed = {row[0]: row for row in done.rows()}
    assert len(listed) == 10
    assert "under 4 %, GOOD while under 3.2 %" in " ".join(listed["late_shipment_rate"])
    assert listed["acme_replacement_rate"][-1] == "acme"


@pytest.mark.parametrize("name", ["late_shipmet_rate", "late-shipment", "Shipment", "LSR"])
def test_a_metric_that_is_almost_named_is_suggested_and_the_list_of_all_is_named(invoke, name):
    done = invoke("metric", "show", name)
    assert done.exit_code == 1
    assert f"There is no metric '{name}'. Did you mean late_shipment_rate?\n`sellerhealth metric list`" in done.err


def test_a_metric_is_shown_with_its_declaration_sql_type_and_query(invoke):
    done = invoke("metric", "show", "late_shipment_rate")
    assert (done.exit_code, done.err) == (0, "")
    assert done.out.startswith("Late shipment rate (late_shipment_rate), of the plugin late_shipment_rate (sellerhealth ")
    for text in (
        "value         late / orders (FRACTION)",
        "target        under 4 %, GOOD while under 3.2 %",
        "windows       30 days (judged); 10 days (judged)",
        "Orders confirmed after their ship-by instant.",
        "(late + overdue) / orders",
        "count(*) FILTER (WHERE orders.late_by > 0) AS late",
        "  AND orders.accepted = 1",
        "type LateShipmentRate implements MetricResult & Node {",
        'account(key: "my-shop")',
    ):
        assert text in done.out


def test_a_metric_is_found_by_its_field_and_the_sql_is_that_of_the_dialect(invoke):
    done = invoke("metric", "show", "lateShipmentRate", "--dialect", "postgresql")
    assert "  AND orders.accepted\n" in done.out
    assert invoke("metric", "show", "late_shipment_rate", "--dialect", "oracle").exit_code == 2


def test_a_metric_is_shown_to_programs_as_json(invoke):
    printed = json.loads(invoke("metric", "show", "seller_rating", "--json").out)
    assert printed["windows"] == [{"words": "365 days", "days": 365, "lag": 0, "judged": True, "half_life": None}]
    assert printed["bands"]["EXCELLENT"] == "98.5"
    assert printed["needs"] == ["ORDER"]
    assert {each["key"] for each in printed["measures"]} >= {"orders", "perfect"}
    assert all(sql.startswith("SELECT") for sql in printed["sql"])
    assert "enum SellerRatingBand" in printed["graphql"]["types"]
    parse(printed["graphql"]["query"])


def test_settings_are_shown_with_their_defaults(invoke, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_PLUGINS__LATE_SHIPMENT_RATE__TARGET", "0.05")
    printed = json.loads(invoke("metric", "show", "late_shipment_rate", "--json").out)
    assert {"key": "target", "value": "0.05", "default": "0.04"} in printed["settings"]
    assert any(line.split() == ["target", "0.05", "0.04"] for line in invoke("metric", "show", "late_shipment_rate").out.splitlines())


def test_an_unknown_metric_is_reported_with_a_suggestion(invoke, monkeypatch):
    assert "Did you mean late_shipment_rate?" in invoke("metric", "show", "late_shipmnt_rate").err
    monkeypatch.setenv("SELLERHEALTH_DISABLED_PLUGINS", "late_shipment_rate")
    assert "is DISABLED" in invoke("metric", "show", "late_shipment_rate").err


def test_the_metric_of_a_third_party_is_shown_and_in_the_catalog_like_any_other(invoke, acme):
    printed = invoke("metric", "show", "acme_replacement_rate").out
    assert "of the plugin acme (acme_replacements 1.0)" in printed
    assert "Deprecated: Use acme_x." in printed
    page = invoke("metric", "catalog").out
    assert "## `acme_replacement_rate`" in page
    assert "*Deprecated.* Use acme_x. Removal on 2027-01-31 UTC." in page
    assert r"Orders \| placed." in page  # a bar would begin a cell
    assert "## `late_shipment_rate`" in page
    assert "acme_replacement_rate" not in invoke("metric", "catalog", "--built-in").out


def test_a_metric_can_be_tried_from_a_file(invoke, folder):
    folder.joinpath("replacements.py").write_text(MODULE)
    printed = invoke("metric", "show", "acme_replacement_rate", "--plugin", "replacements.py")
    assert "of the plugin replacements (replacements.py 0)" in printed.out
    assert "## `acme_replacement_rate`" in invoke("metric", "catalog", "--plugin", "replacements.py").out
    folder.joinpath("replacements.py").write_text(MODULE.replace("Below(", "Bellow("))
    broken = invoke("metric", "show", "acme_replacement_rate", "--plugin", "replacements.py")
    assert (broken.exit_code, "Bellow" in broken.err) == (1, True)


def test_the_catalog_of_the_documentation_is_that_of_the_built_in_metrics(invoke, acme, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_PLUGINS__LATE_SHIPMENT_RATE__TARGET", "0.05")
    assert invoke("metric", "catalog", "--built-in").out == CATALOG.read_text(encoding="utf-8"), "Run `make reference`."
    assert "under 5 %" in invoke("metric", "catalog").out


def test_a_new_metric_is_created_and_the_next_commands_are_printed(invoke, folder):
    done = invoke("metric", "new", "acme-dispatch")
    assert done.exit_code == 0
    assert "acme-dispatch/src/acme_dispatch/__init__.py" in done.out.splitlines()
    assert [line.strip() for line in done.err.splitlines() if line.startswith("  ")] == [
        "cd acme-dispatch",
        "pip install -e '.[test]'",
        "pytest && sellerhealth plugins",
    ]
    assert folder.joinpath("acme-dispatch", "pyproject.toml").exists()


def test_a_new_metric_is_created_in_the_requested_directory_or_not_at_all(invoke, folder):
    folder.joinpath("my plugins").mkdir()
    done = invoke("metric", "new", "acme-dispatch", "--into", "my plugins")
    assert "cd 'my plugins/acme-dispatch'" in done.err
    taken = invoke("metric", "new", "late-shipment-rate")
    assert (taken.exit_code, taken.err.split(":")[0]) == (1, "BAD_USER_INPUT")
    assert not folder.joinpath("late-shipment-rate").exists()
    assert invoke("metric", "new", "acme-dispatch", "--into", "nowhere").exit_code == 2
