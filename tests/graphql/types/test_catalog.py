import dataclasses

from sellerhealth.access import OWNER, Permission, Viewer
from sellerhealth.facts import FeedbackClass
from sellerhealth.graphql.schema import make_schema
from sellerhealth.plugins.classifier import Classifier
from sellerhealth.plugins.plugin import Plugin, PluginState


def test_feedback_is_classified_as_at_import(query, execute):
    document = "query ($rating: Int!, $comment: String) { classifyFeedback(rating: $rating, comment: $comment) }"
    assert [query(document, rating=rating)["classifyFeedback"] for rating in (1, 2, 3, 4, 5)] == [
        "NEGATIVE",
        "NEGATIVE",
        "NEUTRAL",
        "POSITIVE",
        "POSITIVE",
    ]
    result = execute(document, rating=6)
    assert (result.data, result.errors[0]["extensions"]["code"]) == ({"classifyFeedback": None}, "BAD_USER_INPUT")


def test_a_classifier_of_a_plugin_takes_part(world, query, loaded_with, built_ins):
    def classify(rating, comment):
        return FeedbackClass.NEGATIVE if comment == "Never again" else None

    loaded = dataclasses.replace(loaded_with(), classify=Classifier((built_ins.plugins[0], classify), *built_ins.classify.classifiers))
    document = 'query { a: classifyFeedback(rating: 5, comment: "Never again") b: classifyFeedback(rating: 5) }'
    assert query(document, schema=make_schema(loaded)) == {"a": "NEGATIVE", "b": "POSITIVE"}


def test_the_catalog_lists_every_metric_with_its_plugin(query, execute, built_ins):
    definitions = query("{ metricDefinitions { key section plugin { name state } windows { days lag } dimensions target { display } } }")
    assert [each["key"] for each in definitions["metricDefinitions"]] == list(built_ins.registry)
    (rate,) = [each for each in definitions["metricDefinitions"] if each["key"] == "valid_tracking_rate"]
    assert rate == {
        "key": "valid_tracking_rate",
        "section": "account_health",
        "plugin": {"name": "valid_tracking_rate", "state": "ACTIVE"},
        "windows": [{"days": 30, "lag": 10}],
        "dimensions": ["marketplace", "channel", "category"],
        "target": {"display": "at least 95 %"},
    }
    section = query('{ metricDefinitions(section: "account_health") { section } }')["metricDefinitions"]
    assert {each["section"] for each in section} == {"account_health"}
    assert execute('{ metricDefinitions(section: "nothing") { key } }').errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_only_administrators_see_why_a_plugin_was_refused(query, execute, built_ins, loaded_with):
    refused = Plugin("bad", "bad-metrics", "1.0", PluginState.QUARANTINED, "It takes a name of ours. Rename it.", ())
    loaded = dataclasses.replace(built_ins, plugins=(*built_ins.plugins, refused))
    document = "{ plugins { name distribution version state reason metrics { key } } }"
    expected = {"name": "bad", "distribution": "bad-metrics", "version": "1.0", "state": "QUARANTINED", "metrics": []}
    schema = make_schema(loaded)
    assert query(document, schema=schema)["plugins"][-1] == {**expected, "reason": refused.reason}
    reader = Viewer("reader", "reader", frozenset({Permission.READ}), granted=None)
    assert execute(document, schema=schema, viewer=reader).data["plugins"][-1] == {**expected, "reason": None}
    assert len(query(document, schema=schema)["plugins"]) == len(loaded.plugins)


def test_clients_do_not_see_the_path_of_a_plugin_file(query, built_ins):
    file = Plugin("early", "/srv/acme/early.py", "0", PluginState.ACTIVE, None, ())
    schema = make_schema(dataclasses.replace(built_ins, plugins=(*built_ins.plugins, file)))
    assert query("{ plugins { name distribution } }", schema=schema)["plugins"][-1] == {"name": "early", "distribution": "early.py"}


def test_only_administrators_see_the_warning_of_a_plugin(query, execute, built_ins):
    slow = Plugin("slow", "slow-metrics", "1.0", PluginState.ACTIVE, None, (), "It took 3.0 seconds to load.")
    schema = make_schema(dataclasses.replace(built_ins, plugins=(*built_ins.plugins, slow)))
    document = "{ plugins { name state reason warning } }"
    expected = {"name": "slow", "state": "ACTIVE", "reason": None}
    assert query(document, schema=schema)["plugins"][-1] == {**expected, "warning": slow.warning}
    reader = Viewer("reader", "reader", frozenset({Permission.READ}), granted=None)
    assert execute(document, schema=schema, viewer=reader).data["plugins"][-1] == {**expected, "warning": None}
    assert {plugin["warning"] for plugin in query(document, schema=schema)["plugins"][:-1]} == {None}


def test_the_viewer_has_a_name_and_permissions(query):
    assert query("{ viewer { name permissions expiresAt } }") == {
        "viewer": {"name": OWNER.name, "permissions": ["ADMIN", "READ", "WRITE"], "expiresAt": None}
    }
