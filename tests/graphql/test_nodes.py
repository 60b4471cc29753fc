import dataclasses
import gc

import pytest

from sellerhealth.access import Permission, Viewer
from sellerhealth.engine.queries import Part
from sellerhealth.facts import Package
from sellerhealth.graphql import ids
from sellerhealth.graphql.schema import Schema, make_schema
from sellerhealth.metrics.declaration import Window
from sellerhealth.sources import key
from sellerhealth.sources.cells import LONGEST_KEY
from sellerhealth.testing import US, at

NODE = "query ($id: ID!) { node(id: $id) { __typename id ... on MetricResult { display window { asOf days from to } } } }"


@pytest.fixture
def seller(world):
    seller = world.account()
    order = seller.order(placed_at=at(3, 1), deliver_by=at(3, 10))
    seller.add(Package, order_id=order, package_id="1", category="Books", confirmed_at=at(3, 2))
    return seller


FIELDS = "__typename id display window { asOf days from to }"

# Every kind of object with an id, by how it is reached from an account.
REACHED = {
    "account": '{ account(key: "seller-1") { __typename id } }',
    "metrics": f'{{ account(key: "seller-1") {{ metrics(asOf: "2026-03-30", marketplace: "{US}", channel: SELLER) {{ __typename id }} }} }}',
    "default window": f'{{ account(key: "seller-1") {{ metrics {{ validTrackingRate {{ {FIELDS} }} }} }} }}',
    "any length": f'{{ account(key: "seller-1") {{ metrics(asOf: "2026-03-20") {{ validTrackingRate(days: 77) {{ {FIELDS} }} }} }} }}',
    "windows": f'{{ account(key: "seller-1") {{ metrics {{ customerFeedback {{ windows {{ {FIELDS} }} }} }} }} }}',
    "parts": f'{{ account(key: "seller-1") {{ metrics {{ validTrackingRate {{ breakdown(by: "category") {{ {FIELDS} }} }} }} }} }}',
    "any metric": f'{{ account(key: "seller-1") {{ metricResults(marketplace: "{US}") {{ {FIELDS} }} }} }}',
    "definitions": "{ metricDefinitions { __typename id } }",
}


def objects(data):
    """The innermost objects of a response."""
    if isinstance(data, list):
        for each in data:
            yield from objects(each)
    elif "__typename" in data:
        yield data
    else:
        for each in data.values():
            yield from objects(each)


@pytest.mark.parametrize("reached", REACHED)
def test_every_object_can_be_fetched_again_by_its_id(seller, query, reached):
    found = list(objects(query(REACHED[reached])))
    assert found
    for each in found:
        assert query(NODE, id=each["id"])["node"] == each


def test_every_object_has_an_id_of_its_own(seller, query):
    found = [each["id"] for document in REACHED.values() for each in objects(query(document))]
    assert len(set(found)) == len(found)


def test_the_day_of_a_measurement_stays_that_of_its_id(seller, query):
    document = '{ account(key: "seller-1") { metrics { id validTrackingRate { id } } } }'
    metrics = query(document)["account"]["metrics"]
    again = query("query ($id: ID!) { node(id: $id) { ... on AccountMetrics { validTrackingRate { id } } } }", id=metrics["id"])
    assert again["node"]["validTrackingRate"] == metrics["validTrackingRate"]


RESULT = ["metric", "seller-1", "2026-03-31", None, None, "valid_tracking_rate", 30, 10]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        ["account"],
        ["account", "unknown"],
        ["account", 1],
        ["nothing", "seller-1"],
        ["definition", "unknown"],
        ["metrics", "seller-1", "2026-04-01", None, None],
        ["metrics", "seller-1", "20260331", None, None],
        ["metrics", "seller-1", "2026-03-31", 1, None],
        ["metrics", "seller-1", "2026-03-31", None, "UNKNOWN"],
        ["metrics", "seller-1", "2026-03-31", None, None, "more"],
        ["metrics", "unknown", "2026-03-31", None, None],
        RESULT[:-1],
        [*RESULT[:-3], "unknown", 30, 10],
        [*RESULT[:-2], 30, 11],
        [*RESULT[:-2], True, 10],
        [*RESULT[:-2], 3651, 10],
        [*RESULT[:-2], 0, 11],
        [*RESULT[:-2], -1, 10],
        [*RESULT, "category"],
        [*RESULT, "colour", "Red"],
        [*RESULT, "category", 1],
    ],
)
def test_an_id_that_names_nothing_is_null(seller, query, parts):
    assert query(NODE, id=ids.write(parts)) == {"node": None}


def test_an_id_may_name_a_marketplace_as_long_as_the_key_of_one_may_be(seller, query):
    longest = key("U" * LONGEST_KEY)
    assert query(NODE, id=ids.write(["metrics", "seller-1", "2026-03-31", longest, None]))["node"]
    assert query(NODE, id=ids.write(["metrics", "seller-1", "2026-03-31", f"{longest}U", None])) == {"node": None}


@pytest.mark.parametrize("id_", ["", "garbage", "ä", "=", "W10=", "bnVsbA", "e30", ids.write(["account", "seller-1"]) + "="])
def test_a_malformed_id_is_null(seller, query, id_):
    assert query(NODE, id=id_) == {"node": None}


def test_ids_like_the_examples_above_work_when_they_name_something(seller, query):
    assert query(NODE, id=ids.write(RESULT))["node"]["__typename"] == "ValidTrackingRate"
    assert query(NODE, id=ids.write([*RESULT, "category", "Books"]))["node"]["display"] == "0.00 %"


def test_a_part_in_which_nothing_happened_has_nothing_to_measure(seller, query):
    assert query(NODE, id=ids.write([*RESULT, "category", "Toys"]))["node"]["display"] == "N/A"


def test_nothing_remembers_a_part_that_an_id_names(seller, query):
    document = """query ($id: ID!) { node(id: $id) { ... on MetricResult {
        display explanation overallStatus figures { display } history(from: "2026-03-01") { value } forecast { value } evidence(measure: "valid") { totalCount }
    } } }"""
    for number in range(3):
        assert query(document, id=ids.write([*RESULT, "category", f"any text {number}"]))["node"]["overallStatus"] == "NOT_AVAILABLE"
    gc.collect()
    parts = [each for each in gc.get_objects() if type(each) is Part]
    assert [each for each in parts if (each.name or "").startswith("any text")] == []


def test_several_objects_come_in_the_order_of_their_ids_with_nulls(seller, query):
    good, bad = ids.write(["account", "seller-1"]), ids.write(["account", "unknown"])
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert query(document, ids=[bad, good, "garbage", good])["nodes"] == [None, {"id": good}, None, {"id": good}]


def test_more_than_a_hundred_ids_at_once_are_refused(seller, execute):
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert execute(document, ids=["x"] * 100).errors == []
    result = execute(document, ids=["x"] * 101)
    assert result.data == {"nodes": None}
    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


NOBODY = Viewer("nobody", "nobody", frozenset({Permission.READ}), granted=frozenset())


def test_the_id_of_something_that_the_viewer_may_not_see_is_null(seller, query):
    for parts in (["account", "seller-1"], ["metrics", "seller-1", "2026-03-31", None, None], RESULT):
        assert query(NODE, id=ids.write(parts))["node"]
        assert query(NODE, viewer=NOBODY, id=ids.write(parts)) == {"node": None}


def test_a_window_that_a_plugin_no_longer_declares_is_null(seller, query, built_ins):
    more = {
        key: dataclasses.replace(metric, windows=(*metric.windows, Window(20, lag=5))) if key == "customer_feedback" else metric
        for key, metric in built_ins.registry.items()
    }
    registry = type(built_ins.registry)((metric, built_ins.registry.origin(key)) for key, metric in more.items())
    schema: Schema = make_schema(dataclasses.replace(built_ins, registry=registry))
    declared = ids.write(["metric", "seller-1", "2026-03-31", None, None, "customer_feedback", 20, 5])
    assert query(NODE, id=declared, schema=schema)["node"]
    assert query(NODE, id=declared) == {"node": None}
