"""`sellerhealth demo` from end to end: a process that is queried over HTTP."""

import re
import signal
from pathlib import Path

import pytest

from sellerhealth.demo.answers import sha256_of_answers
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.example_queries import EXAMPLE_QUERIES, format_json
from tests.support.running import Serving, run, serving
from tests.support.stores import Kind

README = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")

EVERYTHING = """{
  accounts {
    nodes {
      key
      healthStatus
      dataQuality { code count }
      metricResults { definition { key } value status overallStatus unavailableReason target { enforced } figures { key value } }
    }
  }
}"""


@pytest.fixture(scope="module")
def url(tmp_path_factory, stores):
    """On a server, the URL of the database of the demo. None if it has a file of its own."""
    if stores.kind is Kind.SQLITE:
        yield None
        return
    with stores.in_folder(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="module")
def demo(tmp_path_factory, url):
    folder = tmp_path_factory.mktemp("demo")
    options = [] if url is None else ["--database", url]
    with serving(folder, "demo", "--port", "0", "--keep", "kept", *options, SELLERHEALTH_ROLLUPS="true") as server:
        yield server


@pytest.fixture(scope="module")
def accounts(demo: Serving):
    return {account["key"]: account for account in demo.query(EVERYTHING)["accounts"]["nodes"]}


def results(account):
    return {result["definition"]["key"]: result for result in account["metricResults"]}


def test_the_sellers_have_the_health_of_their_names(accounts):
    health = {key: account["healthStatus"] for key, account in accounts.items()}
    assert health == {"healthy": "GOOD", "slipping": "AT_RISK", "critical": "CRITICAL", "new": "NOT_AVAILABLE"}


def test_all_nine_metrics_have_values_for_all_but_the_new_seller(accounts):
    for key in ("healthy", "slipping", "critical"):
        assert len(results(accounts[key])) == 9
        assert all(result["value"] is not None for result in accounts[key]["metricResults"])
    assert {result["status"] for result in accounts["new"]["metricResults"]} == {"NOT_AVAILABLE"}
    assert {result["unavailableReason"] for result in accounts["new"]["metricResults"]} == {"NOTHING_TO_MEASURE", "SOURCE_MISSING"}


def test_the_healthy_seller_is_good_at_everything_that_is_judged_and_that_is_proven(accounts):
    judged = [result for result in accounts["healthy"]["metricResults"] if result["target"]]
    assert len(judged) == 7
    assert {result["overallStatus"] for result in judged} == {"GOOD"}
    assert accounts["healthy"]["dataQuality"] == []


def test_the_slipping_seller_misses_nothing_yet_and_the_critical_one_most(accounts):
    slipping = [result["overallStatus"] for result in accounts["slipping"]["metricResults"]]
    assert slipping.count("AT_RISK") >= 3
    assert "CRITICAL" not in slipping
    critical = [result["overallStatus"] for result in accounts["critical"]["metricResults"]]
    assert critical.count("CRITICAL") >= 6
    ratings = [results(accounts[key])["seller_rating"]["value"] for key in ("healthy", "slipping", "critical")]
    assert ratings == sorted(ratings, reverse=True)


def test_contradictions_are_noted(accounts):
    notes = {note["code"]: note["count"] for note in accounts["critical"]["dataQuality"]}
    assert {"canceller_unknown", "chargeback_kind_unknown", "delivered_before_shipped", "shipped_and_cancelled"} == set(notes)


def test_it_prints_queries_with_their_results(demo):
    printed = demo.output.read_text()
    assert len(EXAMPLE_QUERIES) == 4
    for example in EXAMPLE_QUERIES:
        assert f"# {example.question}\n{example.document}\n\n{format_json(demo.query(example.document))}\n" in printed


def test_it_prints_the_hash_of_its_answers(demo):
    assert f"\nAnswers: sha256 {sha256_of_answers(demo.query)}\n" in demo.output.read_text()


def test_the_query_of_the_readme_has_the_response_of_the_readme(demo):
    (query, _), (response,) = (
        re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL) for language in ("graphql", "json")
    )
    assert format_json(demo.query(query)) == response.rstrip("\n")


@pytest.mark.sqlite_file  # by default its data are in a file
def test_it_is_on_loopback_whatever_the_settings_say_and_ctrl_c_stops_it_cleanly_and_leaves_no_files(tmp_path):
    with serving(tmp_path, "demo", "--port", "0", TMPDIR=str(tmp_path), SELLERHEALTH_HOST="0.0.0.0") as server:
        assert server.address.startswith("http://127.0.0.1:")
        assert server.query("{ viewer { name } }") == {"viewer": {"name": "owner"}}
        assert list(tmp_path.glob("sellerhealth-demo-*"))
        assert server.stop(signal.SIGINT) == 0
    assert "Traceback" not in server.output.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["output.txt"]


def test_a_kept_demo_can_be_inspected_and_imported_again(demo, url):
    folder = demo.output.parent
    store = {"SELLERHEALTH_DATABASE": url or f"sqlite:///{folder / 'kept' / 'sellerhealth.db'}", "SELLERHEALTH_CLOCK": CLOCK.isoformat()}
    explained = run(folder, "explain", "late_shipment_rate", "--account", "critical", **store)
    assert "CRITICAL" in explained.stdout.splitlines()[0]
    report = "kept/reports/critical/orders-api.json"
    again = run(folder, "import", report, "--account", "critical", "--observed-at", CLOCK.isoformat(), **store)
    (row,) = again.stdout.splitlines()[1:]
    new_and_changed = row.split()[3:5]
    assert new_and_changed == ["0", "0"]
