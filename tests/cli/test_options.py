"""The shared options: `--plugin FILE` works on every command that loads plugins."""

import json
import re
from pathlib import Path

import pytest

from tests.support.running import run, serving

METRIC = """
from sellerhealth import Count, Metric, Window, count
from sellerhealth.facts import Claim

claims = count(on=Claim.opened_on, where=Claim.state.is_not(None), description="Claims.")
metric = Metric(
    key="acme_claims", title="Claims", description="Claims.", section="acme", windows=(Window(30),), measures={"claims": claims},
    value=Count(claims),
)
"""
BROKEN = METRIC.replace("Claim.state.is_not(None)", "Claim.state == 'OPENED'")
FORMAT = """
from sellerhealth import hookimpl
from sellerhealth.sources import Importer
from sellerhealth.model.tables import FactKind

@hookimpl
def register_importers():
    yield Importer(
        name="acme_cases", title="Cases", covers=frozenset({FactKind.CLAIM}), rank=10, recognises=lambda sample: False,
        read=lambda stream, context: iter(()), template="order,opened",
    )
"""

SLOW = "import time\nuntil = time.thread_time() + 0.06\nwhile time.thread_time() < until:\n    pass\n"


@pytest.fixture
def early(folder: Path) -> Path:
    """A plugin file in the working folder."""
    path = folder / "early.py"
    path.write_text(METRIC)
    return path


def test_a_file_is_listed_like_a_distribution(invoke, early):
    (listed,) = [each for each in json.loads(invoke("plugins", "--json", "--plugin", "early.py").out) if each["name"] == "early"]
    assert listed == {
        "name": "early",
        "distribution": "early.py",
        "version": "0",
        "state": "ACTIVE",
        "reason": None,
        "warning": None,
        "metrics": ["acme_claims"],
        "formats": [],
        "classifier": None,
    }


def test_the_option_overrides_the_setting(invoke, early, folder, monkeypatch):
    folder.joinpath("other.py").write_text(METRIC.replace("acme_claims", "acme_other"))
    monkeypatch.setenv("SELLERHEALTH_PLUGIN_FILES", "other.py")
    assert "acme_other" in invoke("plugins").out
    out = invoke("plugins", "--plugin", "early.py").out
    assert "acme_claims" in out
    assert "acme_other" not in out
    assert {"acme_claims", "acme_other"} <= set(invoke("plugins", "--plugin", "early.py", "--plugin", "other.py").out.split())


def test_a_broken_file_is_listed_with_the_reason(invoke, early):
    early.write_text(BROKEN)
    done = invoke("plugins", "--plugin", "early.py")
    assert done.exit_code == 0
    assert "compares state with 'OPENED', which it never is. Did you mean OPEN or DENIED?" in done.out
    assert f"See {early}, line 5." in done.out


def test_a_warning_is_listed(invoke, early, monkeypatch):
    monkeypatch.setattr("sellerhealth.plugins.candidate.SLOW_SECONDS", 0.05)
    early.write_text(SLOW + METRIC)
    assert re.search(r"Warning: It took \d+\.\d seconds of CPU time to load", invoke("plugins", "--plugin", "early.py").out)


CLASSIFIER = """
from sellerhealth import hookimpl
from sellerhealth.facts import FeedbackClass

@hookimpl
def classify_feedback(rating: int) -> FeedbackClass | None:
    return FeedbackClass.NEGATIVE if rating == 5 else None
"""


def test_formats_and_classifiers_are_listed_too(invoke, early, folder):
    early.write_text(FORMAT)
    folder.joinpath("moody.py").write_text(CLASSIFIER)
    options = ("--plugin", "early.py", "--plugin", "moody.py")
    done = invoke("plugins", *options)
    assert done.out.splitlines()[0].split() == ["plugin", "from", "state", "provides"]
    listed = {line.split()[0]: " ".join(line.split()) for line in done.out.splitlines()}
    assert listed["early"] == "early early.py 0 ACTIVE formats: acme_cases"
    assert listed["moody"] == "moody moody.py 0 ACTIVE classifier: decides"
    assert listed["feedback_classifier"].endswith("ACTIVE classifier: called when the other one returns nothing")
    assert listed["late_shipment_rate"].endswith("ACTIVE metrics: late_shipment_rate")
    listed = {each["name"]: each for each in json.loads(invoke("plugins", "--json", *options).out)}
    assert (listed["early"]["formats"], listed["early"]["metrics"]) == (["acme_cases"], [])
    assert {name: each["classifier"] for name, each in listed.items() if each["classifier"]} == {
        "moody": "DECIDES",
        "feedback_classifier": "FALLBACK",
    }


def test_a_classifier_that_is_not_used_is_listed_as_idle(invoke, early, monkeypatch):
    early.write_text(CLASSIFIER)
    monkeypatch.setenv("SELLERHEALTH_CLASSIFIER", "feedback_classifier")
    roles = {each["name"]: each["classifier"] for each in json.loads(invoke("plugins", "--json", "--plugin", "early.py").out)}
    assert (roles["early"], roles["feedback_classifier"]) == ("IDLE", "DECIDES")
    assert "classifier: never called" in invoke("plugins", "--plugin", "early.py").out


def test_a_broken_plugin_is_reported_once_and_provides_nothing(invoke, early):
    early.write_text(BROKEN)
    done = invoke("plugins", "--plugin", "early.py")
    assert done.err == ""
    assert done.out.count("compares state") == 1
    (listed,) = [each for each in json.loads(invoke("plugins", "--json", "--plugin", "early.py").out) if each["name"] == "early"]
    assert (listed["metrics"], listed["formats"], listed["classifier"]) == ([], [], None)
    assert "plugins_loaded" in invoke("metric", "catalog", "--plugin", "early.py").err


def test_a_warning_is_shown_once(invoke, early, monkeypatch):
    monkeypatch.setattr("sellerhealth.plugins.candidate.SLOW_SECONDS", 0.05)
    early.write_text(SLOW + METRIC)
    done = invoke("plugins", "--plugin", "early.py")
    assert done.err == ""
    assert done.out.count("CPU time to load") == 1


def test_feedback_is_reclassified_by_a_file(invoke, early, folder, shop):
    early.write_text(CLASSIFIER)
    path = folder / "feedback.csv"
    path.write_text("order_id,left_at,rating,comment\n123-4567890-1234567,2026-03-01,5,\n")
    assert invoke("import", str(path), "--account", shop).exit_code == 0
    assert invoke("reclassify", "--plugin", "early.py").rows() == [["shop", "1"]]
    assert invoke("reclassify").rows() == [["shop", "1"]]
    early.write_text("raise RuntimeError('out of order')")
    assert "The plugin early (early.py 0) is not active" in invoke("reclassify", "--plugin", "early.py").err


def test_the_schema_has_the_metrics_of_a_file(invoke, early, folder):
    now = invoke("schema", "--plugin", "early.py")
    assert "acmeClaims(" in now.out
    folder.joinpath("theirs.graphql").write_text(now.out)
    assert "acmeClaims" in invoke("schema", "--diff", "theirs.graphql").out
    assert invoke("schema", "--diff", "theirs.graphql", "--plugin", "early.py").out == ""
    for option in ("--write", "--check"):
        refused = invoke("schema", option, "--plugin", "early.py")
        assert (refused.exit_code, "leave --plugin out" in " ".join(refused.err.replace("│", "").split())) == (2, True)


def test_a_missing_file_is_reported(invoke):
    done = invoke("plugins", "--plugin", "late.py")
    assert done.exit_code == 1
    assert done.err.startswith("BAD_SETTINGS: The plugin file late.py does not exist")


def test_a_metric_of_a_file_is_explained(invoke, early, shop):
    done = invoke("explain", "acme_claims", "--account", shop, "--plugin", "early.py")
    assert done.exit_code == 0
    assert done.out.startswith("Claims of shop")


def test_a_command_says_why_its_plugin_file_is_not_active(invoke, early, shop):
    early.write_text("raise RuntimeError('out of order')")
    done = invoke("explain", "late_shipment_rate", "--account", shop, "--plugin", "early.py")
    assert done.exit_code == 0
    assert "The plugin early (early.py 0) is not active: RuntimeError: out of order" in done.err


def test_a_format_of_a_file_is_imported(invoke, early):
    early.write_text(FORMAT)
    assert invoke("import", "--template", "acme_cases", "--plugin", "early.py").out == "order,opened\n"


def test_a_server_starts_with_a_plugin_file_and_reports_a_broken_one(home):
    home.joinpath("early.py").write_text(METRIC)
    home.joinpath("broken.py").write_text(BROKEN.replace("acme_claims", "acme_broken"))
    with serving(home, "serve", "--port", "0", "--plugin", "early.py", "--plugin", "broken.py") as server:
        listed = server.query("{ plugins { name distribution state reason metrics { key } } }")["plugins"]
        plugins = {plugin["name"]: plugin for plugin in listed}
        assert plugins["early"]["metrics"] == [{"key": "acme_claims"}]
        assert (plugins["broken"]["distribution"], plugins["broken"]["state"]) == ("broken.py", "QUARANTINED")
        assert "Did you mean OPEN" in plugins["broken"]["reason"]
        assert "The plugin broken (broken.py 0) is not active: metric 'acme_broken'" in server.output.read_text()


def test_a_strict_server_does_not_start_with_a_broken_file(home):
    home.joinpath("broken.py").write_text(BROKEN)
    done = run(home, "serve", "--port", "0", "--plugin", "broken.py", SELLERHEALTH_STRICT="true")
    assert done.returncode == 1
    assert "PLUGIN_ERROR: The settings are strict, and 1 of the plugins cannot take part:\n- broken (broken.py 0): metric" in done.stderr
