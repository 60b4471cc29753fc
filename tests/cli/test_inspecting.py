"""What the inspecting commands show: figures with their proof, plugins with their state, the schema and its changes."""

import json
from pathlib import Path

import pytest

from tests.support.running import install

ORDERS = """{{"orders": [{{
  "orderId": "123-4567890-{number:07}", "createdTime": "2026-03-20T10:00:00Z", "lastUpdatedTime": "2026-03-25T10:00:00Z",
  "salesChannel": {{"channelName": "AMAZON", "marketplaceId": "ATVPDKIKX0DER"}},
  "fulfillment": {{"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT", "shipByWindow": {{"latestDateTime": "2026-03-23T06:59:59Z"}}}},
  "orderItems": [], "packages": [{{"packageReferenceId": "1", "createdTime": "{confirmed}", "packageStatus": {{"status": "DELIVERED"}}}}]
}}]}}
"""


@pytest.fixture
def sold(invoke, folder, monkeypatch):
    """An account with three orders, one of them confirmed late, as of 31 March 2026."""
    monkeypatch.setenv("SELLERHEALTH_CLOCK", "2026-03-31T12:00:00Z")
    confirmed = ("2026-03-21T10:00:00Z", "2026-03-22T10:00:00Z", "2026-03-24T10:00:00Z")
    path = folder / "orders.json"
    path.write_text("".join(ORDERS.format(number=number, confirmed=at) for number, at in enumerate(confirmed)))
    assert invoke("import", str(path), "--account", "shop", "--create", "--name", "My shop").exit_code == 0
    return "shop"


def test_explain_shows_value_status_window_numbers_and_sql(invoke, sold):
    done = invoke("explain", "late_shipment_rate", "--account", sold)
    assert done.exit_code == 0
    assert "33.33 %, CRITICAL" in done.out
    assert "Window: 2026-03-02 to 2026-03-31" in done.out
    numbers = {row[0]: row[1] for row in done.rows() if len(row) > 1}
    assert (numbers["orders"], numbers["late"]) == ("3", "1")
    assert "clean ones needed" in done.out
    assert "SELECT" in done.out
    assert "projected_rate" in done.out


def test_explain_takes_another_day_and_another_length(invoke, sold):
    shorter = invoke("explain", "lateShipmentRate", "--account", sold, "--as-of", "2026-03-25", "--days", "5")
    assert "Window: 2026-03-21 to 2026-03-25" in shorter.out
    assert "N/A, NOT_AVAILABLE" in shorter.out
    future = invoke("explain", "late_shipment_rate", "--account", sold, "--as-of", "2026-04-01")
    assert (future.exit_code, "lies in the future" in future.err) == (1, True)


def test_explain_says_what_was_never_imported(invoke, sold):
    done = invoke("explain", "customer_feedback", "--account", sold)
    assert "no source that tells of feedback was ever imported" in done.out


def test_explain_takes_the_lifetime_of_a_metric_that_has_one(invoke, sold):
    lifetime = invoke("explain", "customer_feedback", "--account", sold, "--days", "0")
    assert (lifetime.exit_code, "Window: the first fact to 2026-03-31" in lifetime.out) == (0, True)
    without = invoke("explain", "late_shipment_rate", "--account", sold, "--days", "0")
    assert (without.exit_code, "must be 1 to 3650" in without.err) == (1, True)


def test_explain_describes_all_numbers_that_it_shows(invoke, sold):
    shown = {row[0]: row[2:] for row in invoke("explain", "late_shipment_rate", "--account", sold).rows() if len(row) > 1}
    assert "miss" in " ".join(shown["unproven"])
    assert "stars_given" not in invoke("explain", "customer_feedback", "--account", sold).out.split("SELECT")[0]


def test_explain_tells_of_a_score_how_far_the_next_band_is(invoke, sold):
    done = invoke("explain", "seller_rating", "--account", sold)
    assert "misses allowed" not in done.out
    assert "Perfect orders to the next band: " in done.out


FAILING = """
from sqlalchemy import func
from sellerhealth import Count, Metric, Window, count
from sellerhealth.facts import Order


class Broken(Count):
    def __call__(self, numbers):
        raise ZeroDivisionError("nothing to divide by\\nin two lines")


def declared(key, value, orders):
    return Metric(
        key=key, title="T", description="D.", section="acme", windows=(Window(30),), measures={"orders": orders}, value=value(orders)
    )


sound = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
unsound = count(on=Order.placed_on, where=func.no_such_function(Order.order_id) == 1, description="Orders.")
metrics = [declared("acme_sql", Count, unsound), declared("acme_value", Broken, sound)]


def metric():
    return metrics
"""


@pytest.mark.parametrize(
    ("key", "cause"),
    [("acme_sql", "OperationalError: no such function: no_such_function"), ("acme_value", "ZeroDivisionError: nothing to divide by")],
)
def test_explain_names_a_metric_that_fails_its_plugin_the_cause_and_the_statement(invoke, sold, tmp_path, monkeypatch, key, cause):
    install(tmp_path / "site", "acme_failing", FAILING, {"acme": "acme_failing:metric"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    done = invoke("explain", key, "--account", sold)
    assert done.exit_code == 1
    assert done.err.splitlines() == [
        f"METRIC_FAILED: The metric {key} could not be computed: {cause}.",
        "It comes from the plugin acme (acme_failing 1.0): tell its author.",
    ]
    assert "SELECT" in done.out


def test_explain_says_why_the_plugin_of_a_metric_takes_no_part(invoke, sold, tmp_path, monkeypatch):
    install(tmp_path / "site", "acme_broken", "raise RuntimeError('out of order')", {"acme_rate": "acme_broken:metric"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("SELLERHEALTH_DISABLED_PLUGINS", "late_shipment_rate")
    quarantined = invoke("explain", "acmeRate", "--account", sold)
    assert quarantined.err.splitlines()[-3].startswith("NOT_FOUND: There is no metric 'acmeRate'.")
    assert "The plugin acme_rate (acme_broken 1.0) is QUARANTINED: RuntimeError: out of order" in quarantined.err
    disabled = invoke("explain", "late_shipment_rate", "--account", sold)
    assert ") is DISABLED: Switched off by the setting disabled_plugins." in disabled.err
    other = invoke("explain", "another", "--account", sold)
    assert "Plugins that take no part: 2. `sellerhealth plugins` says which, and why." in other.err
    assert "acme_rate (" not in other.err.splitlines()[-1]


def test_the_plugins_are_listed_with_where_they_come_from(invoke):
    listed = {row[0]: row for row in invoke("plugins").rows()}
    assert listed["late_shipment_rate"][1] == "sellerhealth"
    assert listed["late_shipment_rate"][3] == "ACTIVE"
    told = {each["name"]: each for each in json.loads(invoke("plugins", "--json").out)}
    assert set(told) == set(listed)
    assert told["late_shipment_rate"]["metrics"] == ["late_shipment_rate"]
    assert told["late_shipment_rate"]["reason"] is None


def test_a_plugin_that_cannot_take_part_is_listed_with_the_reason_even_when_settings_are_strict(invoke, tmp_path, monkeypatch):
    site = tmp_path / "site"
    install(site, "acme_broken", "raise RuntimeError('out of order')", {"acme": "acme_broken:metric"})
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SELLERHEALTH_STRICT", "true")
    (broken,) = [each for each in json.loads(invoke("plugins", "--json").out) if each["distribution"] == "acme_broken"]
    assert broken["state"] == "QUARANTINED"
    assert "out of order" in broken["reason"]
    assert "PLUGIN_ERROR: " in invoke("schema").err


def test_the_schema_is_printed_with_the_metrics(invoke):
    done = invoke("schema")
    assert "lateShipmentRate(" in done.out
    assert done.err == ""


def test_a_schema_that_was_written_passes_the_check(invoke):
    assert "NOT_FOUND: " in invoke("schema", "--check").err
    assert invoke("schema", "--write").exit_code == 0
    assert invoke("schema", "--check").exit_code == 0


def test_the_check_names_each_change_and_what_it_breaks(invoke):
    invoke("schema", "--write")
    schema = Path("schema.graphql")
    schema.write_text(schema.read_text().replace("type Plugin {", "type Plugin {\n  colour: String\n"))
    done = invoke("schema", "--check")
    assert done.exit_code == 1
    assert "BREAKING: Field Plugin.colour was removed." in done.err
    assert "schema --write" in done.err


def test_the_difference_from_another_schema_names_what_breaks_and_what_may_surprise(invoke):
    path = Path("theirs.graphql")
    now = invoke("schema").out
    path.write_text(now)
    same = invoke("schema", "--diff", str(path))
    assert (same.exit_code, same.out, "Nothing breaks" in same.err) == (0, "", True)
    without = now.replace("WITHOUT_TARGET", "AIMLESS")  # theirs lacks a value of an enum, and has one that is gone
    path.write_text(without.replace("type Plugin {", "type Plugin {\n  colour: String\n"))
    done = invoke("schema", "--diff", str(path))
    assert done.exit_code == 1
    assert done.out.splitlines() == [
        "BREAKING: Enum value MetricStatus.AIMLESS was removed.",
        "BREAKING: Field Plugin.colour was removed.",
        "DANGEROUS: Enum value MetricStatus.WITHOUT_TARGET was added.",
    ]
    path.write_text(now.replace("  WITHOUT_TARGET\n", "").replace('  """The metric has no target."""\n', ""))
    surprising = invoke("schema", "--diff", str(path))
    assert (surprising.exit_code, surprising.out.split(":")[0]) == (0, "DANGEROUS")


@pytest.mark.parametrize("content", ["type Query {", "type Query { a: Nothing }", "not GraphQL", ""])
def test_a_file_that_is_no_schema_cannot_be_compared(invoke, content):
    Path("theirs.graphql").write_text(content)
    done = invoke("schema", "--diff", "theirs.graphql")
    assert done.exit_code == 1
    assert "theirs.graphql is not a GraphQL schema" in done.err


def test_migrate_brings_a_new_file_up_to_date_and_says_so(invoke, folder, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_DATABASE", "sqlite:///new.db")
    assert "sqlite:///new.db is up to date" in invoke("migrate").err
    assert folder.joinpath("new.db").exists()
    assert invoke("account", "list").exit_code == 0
