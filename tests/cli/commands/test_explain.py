"""`explain` shows how a value was computed, or why it could not be."""

import pytest

from tests.support.performance import LATE, report
from tests.support.running import install
from tests.support.stores import Kind


def test_explain_shows_value_status_window_numbers_and_on_request_the_sql(invoke, sold):
    assert "SELECT" not in invoke("explain", "late_shipment_rate", "--account", sold).out
    done = invoke("explain", "late_shipment_rate", "--account", sold, "--sql")
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
    for day in ("0001-01-01", "1994-12-31"):
        past = invoke("explain", "late_shipment_rate", "--account", sold, "--as-of", day)
        assert past.err == f"BAD_USER_INPUT: {day} lies before all facts: --as-of can be 1995-01-01 or later.\n"


def test_explain_says_what_was_never_imported(invoke, sold):
    done = invoke("explain", "customer_feedback", "--account", sold)
    assert "no source of feedback was ever imported" in done.out


def test_explain_says_what_is_too_old_by_the_tolerances_of_the_settings(invoke, sold, folder, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_CLOCK", "2026-04-10T12:00:00Z")
    claims, orders = folder / "claims.csv", folder / "orders.json"
    claims.write_text("order_id,opened_at\n")
    for path, instant in ((claims, "2025-03-01T00:00:00Z"), (orders, "2026-04-10T12:00:00Z")):
        assert invoke("import", str(path), "--account", sold, "--observed-at", instant).exit_code == 0
    for name in ("feedback", "chargebacks"):
        path = folder / f"{name}.csv"
        path.write_text(invoke("import", "--template", name).out.splitlines()[0] + "\n")
        assert invoke("import", str(path), "--account", sold, "--observed-at", "2026-04-10T12:00:00Z").exit_code == 0
    stale = invoke("explain", "order_defect_rate", "--account", sold)
    assert "NOT_AVAILABLE" in stale.out
    assert "too old to prove it: claims only up to 2025-03-01. Import newer files." in stale.out
    monkeypatch.setenv("SELLERHEALTH_STALE_AFTER__LOOKED_UP__CLAIM", "405")
    assert "meets it with room to spare" in invoke("explain", "order_defect_rate", "--account", sold).out


@pytest.mark.parametrize("metric", ["customer_feedback", "late_shipment_rate"])
def test_explain_takes_the_lifetime_as_0_days(invoke, sold, metric):
    lifetime = invoke("explain", metric, "--account", sold, "--days", "0")
    assert (lifetime.exit_code, "Window: the first fact to 2026-03-31" in lifetime.out) == (0, True)
    negative = invoke("explain", metric, "--account", sold, "--days", "-1")
    assert (negative.exit_code, "must be 1 to 3650, or 0 for the lifetime" in negative.err) == (1, True)


def test_explain_describes_all_numbers_that_it_shows(invoke, sold):
    descriptions = {row[0]: row[2:] for row in invoke("explain", "late_shipment_rate", "--account", sold).rows() if len(row) > 1}
    assert "miss" in " ".join(descriptions["unproven"])
    assert "stars_given" not in invoke("explain", "customer_feedback", "--account", sold).out.split("SELECT")[0]


def test_explain_says_how_far_a_score_is_from_the_next_band(invoke, sold):
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


NO_FUNCTION = {
    Kind.SQLITE: "OperationalError: no such function: no_such_function",
    Kind.POSTGRESQL: "UndefinedFunction: function no_such_function(character varying) does not exist",
}


@pytest.mark.parametrize(("key", "cause"), [("acme_sql", NO_FUNCTION), ("acme_value", "ZeroDivisionError: nothing to divide by")])
def test_explain_reports_a_failing_metric_with_its_plugin_cause_and_statement(invoke, sold, stores, tmp_path, monkeypatch, key, cause):
    install(tmp_path / "site", "acme_failing", FAILING, {"acme": "acme_failing:metric"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    done = invoke("explain", key, "--account", sold)
    assert done.exit_code == 1
    assert done.err.splitlines() == [
        f"METRIC_FAILED: The metric {key} could not be computed: {cause[stores.kind] if cause is NO_FUNCTION else cause}.",
        "It comes from the plugin acme (acme_failing 1.0): report it to its author.",
    ]
    assert "SELECT" in done.out


def test_explain_says_why_the_plugin_of_a_metric_is_not_active(invoke, sold, tmp_path, monkeypatch):
    install(tmp_path / "site", "acme_broken", "raise RuntimeError('out of order')", {"acme_rate": "acme_broken:metric"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("SELLERHEALTH_DISABLED_PLUGINS", "late_shipment_rate")
    quarantined = invoke("explain", "acmeRate", "--account", sold)
    assert quarantined.err.splitlines()[-4].startswith("NOT_FOUND: There is no metric 'acmeRate'.")
    assert "The plugin acme_rate (acme_broken 1.0) is QUARANTINED: RuntimeError: out of order" in quarantined.err
    disabled = invoke("explain", "late_shipment_rate", "--account", sold)
    assert ") is DISABLED: Switched off by the setting disabled_plugins." in disabled.err
    other = invoke("explain", "another", "--account", sold)
    assert "Plugins that are not active: 2. `sellerhealth plugins` says which, and why." in other.err
    assert "acme_rate (" not in other.err.splitlines()[-1]


def test_explain_says_what_amazon_says_and_why_it_differs(invoke, sold, folder):
    path = folder / "performance.json"
    path.write_text(report(lateShipmentRate=LATE | {"rate": 0.25, "orderCount": 4, "lateShipmentCount": 1}))
    assert invoke("import", str(path), "--account", sold).exit_code == 0
    done = invoke("explain", "late_shipment_rate", "--account", sold)
    assert (
        "Amazon says: 25.00 % (1 of 4), GOOD for 2026-03-02 to 2026-03-31, as of 2026-03-31. That is 8.33 percentage points less than ours. "
        "Ours counts 3 of the 4 that Amazon counts. Import what is missing.\n"
    ) in done.out
    by_channel = invoke("explain", "policy_violations", "--account", sold)
    assert "Amazon says of Amazon.com, listingPolicyViolations: 2, BAD for 2025-10-03 to 2026-03-31, as of 2026-03-31.\n" in by_channel.out
    assert "Amazon says" not in invoke("explain", "seller_rating", "--account", sold).out
