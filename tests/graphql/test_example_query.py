"""The example query and types of a metric match the schema."""

import pytest
from graphql import build_schema

from sellerhealth.graphql.example_query import own_types, sample_query
from sellerhealth.graphql_names import field_name, type_name


def test_every_example_query_has_a_result(demo, built_ins):
    for metric in built_ins.registry.values():
        response = demo.post("/graphql", json={"query": sample_query(metric, "critical")}).json()
        assert "errors" not in response, response["errors"]
        result = response["data"]["account"]["metrics"][field_name(metric.key)]
        assert {field_name(name) for name in (*metric.measures, *metric.figures)} < result.keys()
        *_, last = metric.measures
        assert result["evidence"]["totalCount"] == result[field_name(last)] or metric.measures[last].summed is not None


@pytest.mark.parametrize("key", ["late_shipment_rate", "seller_rating"])
def test_the_type_shows_what_the_metric_adds_to_every_result_and_nothing_else(built_ins, built_in_schema, key):
    metric, text = built_ins.registry[key], built_in_schema.as_text()
    common = build_schema(text).type_map["MetricResult"].fields
    types = build_schema("interface Node interface MetricResult " + own_types(text, metric), assume_valid=True).type_map
    own = {field_name(name) for name in (*metric.measures, *metric.figures, *(["band"] if metric.bands else []))}
    assert set(types[type_name(key)].fields) == own
    assert own.isdisjoint(common)
    assert ("SellerRatingBand" in types) == (metric.bands is not None)
