"""The registry: the GraphQL names of metrics, and how a metric is found."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

from sellerhealth.errors import NotFound
from sellerhealth.graphql_names import CORE_TYPES, RESULT_FIELDS, claimed_types, field_name, type_name
from sellerhealth.plugins.load import load_plugins
from sellerhealth.plugins.registry import MetricRegistry
from sellerhealth.settings import Settings

SCHEMA = Path(__file__).parents[2] / "schema.graphql"


@pytest.fixture(scope="module")
def registry() -> MetricRegistry:
    return load_plugins(Settings(strict=False)).registry


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text())


@pytest.mark.parametrize(
    ("key", "field", "type_"),
    [("late_shipment_rate", "lateShipmentRate", "LateShipmentRate"), ("acme", "acme", "Acme"), ("rate_30d", "rate30d", "Rate30d")],
)
def test_a_key_gives_the_names_of_a_field_and_a_type(key, field, type_):
    assert (field_name(key), type_name(key)) == (field, type_)


def test_metrics_come_in_the_order_of_section_and_key(registry):
    assert list(registry) == sorted(registry, key=lambda key: (registry[key].section, key))


def test_a_metric_is_found_by_its_key_and_by_its_field(registry):
    assert registry.find("late_shipment_rate") is registry.find("lateShipmentRate") is registry["late_shipment_rate"]


def test_a_metric_that_does_not_exist_is_not_found_with_similar_names(registry):
    with pytest.raises(NotFound, match=r"There is no metric 'late_shipmnt_rate'\. Did you mean late_shipment_rate"):
        registry.find("late_shipmnt_rate")


def test_every_type_of_the_schema_belongs_to_a_metric_or_is_a_name_of_the_core(registry, schema):
    types = {name for name in schema.type_map if not name.startswith("__")}
    assert types - {name for metric in registry.values() for name in claimed_types(metric)} <= CORE_TYPES


def test_every_field_of_a_result_is_a_name_that_no_measure_can_have(schema):
    assert set(schema.type_map["MetricResult"].fields) <= RESULT_FIELDS
