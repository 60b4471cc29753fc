"""The plugin that classifies feedback, and the one that does if it fails."""

import re

import pytest
import structlog

from sellerhealth.errors import BadSettings, PluginError
from sellerhealth.facts import FeedbackClass
from sellerhealth.plugins.classifier import Classifier
from sellerhealth.plugins.plugin import Origin, PluginState


def classifier(body: str) -> str:
    return f"from sellerhealth import hookimpl\n@hookimpl\ndef classify_feedback(rating, comment):\n    {body}\n"


def test_the_built_in_classifier_decides_when_there_is_no_other(load):
    classify = load().classify
    assert [classify(stars, None).value for stars in (1, 2, 3, 4, 5)] == ["NEGATIVE", "NEGATIVE", "NEUTRAL", "POSITIVE", "POSITIVE"]


def test_one_of_a_third_party_wins_and_the_built_in_one_classifies_the_rest(install, load):
    install("acme", {"acme": "acme"}, acme=classifier("return 'NEGATIVE' if comment == 'never again' else None"))
    classify = load().classify
    assert classify(5, "never again") is FeedbackClass.NEGATIVE
    assert classify(5, "as always") is FeedbackClass.POSITIVE


def test_two_of_third_parties_are_both_quarantined_unless_a_setting_names_one(install, load, load_one):
    install("acme", {"acme": "acme"}, acme=classifier("return 'NEGATIVE'"))
    install("beta", {"beta": "beta"}, beta=classifier("return 'NEUTRAL'"))
    assert "acme (acme 1.0) and beta (beta 1.0) have a classifier. Name one in the setting `classifier`." in load_one("acme").reason
    assert load_one("beta").state is PluginState.QUARANTINED
    assert load().classify(5, None) is FeedbackClass.POSITIVE
    named = load(classifier="beta")
    assert named.classify(5, None) is FeedbackClass.NEUTRAL
    assert all(plugin.state is PluginState.ACTIVE for plugin in named.plugins if plugin.name in ("acme", "beta"))
    assert load(classifier="feedback_classifier").classify(5, None) is FeedbackClass.POSITIVE


def test_a_setting_that_names_a_plugin_without_a_classifier_is_refused(load):
    with pytest.raises(BadSettings, match="names late_shipment_rate, which has no active hook classify_feedback"):
        load(classifier="late_shipment_rate")


@pytest.mark.parametrize("body", ["return 1 / 0", "return 'AWFUL'"])
def test_when_it_fails_the_built_in_one_decides_and_the_failure_is_logged_once(install, load, body):
    install("acme", {"acme": "acme"}, acme=classifier(body))
    classify = load().classify
    with structlog.testing.capture_logs() as lines:
        assert [classify(stars, None) for stars in (5, 1, 5)] == [FeedbackClass.POSITIVE, FeedbackClass.NEGATIVE, FeedbackClass.POSITIVE]
    (line,) = lines
    assert line["event"] == "classifier_failed"
    assert line["plugin"] == "acme (acme 1.0)"
    assert re.search(r"^\w+Error in .*, line \d+$", line["error"])  # its text may quote a comment


def test_without_any_classifier_feedback_cannot_be_classified():
    with pytest.raises(PluginError, match="No plugin classifies feedback with 4 stars"):
        Classifier((Origin("acme", "acme", "1.0"), lambda rating, comment: None))(4, None)
