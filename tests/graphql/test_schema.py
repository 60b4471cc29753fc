from pathlib import Path

import pytest
from graphql import build_schema, get_named_type, introspection_from_schema, is_object_type, is_required_argument

from sellerhealth import Bands, Below, Count, Figure, Mean, Metric, Percent, Score, Window, count, total
from sellerhealth.facts import Order, Package, Violation
from sellerhealth.graphql.schema import built_in_schema as built_in_text
from sellerhealth.graphql.schema import make_schema, schema_text
from sellerhealth.graphql.schema_diff import Severity, compare

COMMITTED = Path(__file__).parents[2].joinpath("schema.graphql").read_text()

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
gifts = orders.where(Order.is_replacement, "Replacements.")
units = total(Package.unit_count, on=Package.confirmed_on, where=Package.confirmed_on.is_not(None), description="Units sent.")


def metric(**changed):
    declared = {
        "key": "acme_gifts",
        "title": "Gifts",
        "description": "The share of gifts.",
        "section": "acme",
        "windows": (Window(30),),
        "measures": {"orders": orders, "gifts": gifts},
        "value": gifts / orders,
    }
    return Metric(**declared | changed)


def test_the_committed_schema_is_that_of_the_built_in_plugins():
    assert [change.description for change in compare(COMMITTED, built_in_text())] == []


def test_the_committed_schema_is_exactly_the_generated_text():
    assert built_in_text() == COMMITTED, "run `sellerhealth schema --write`"


def test_neither_settings_nor_the_environment_change_the_committed_schema(monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_DISABLED_PLUGINS", "seller_rating")
    monkeypatch.setenv("SELLERHEALTH_NO_SUCH_SETTING", "1")
    assert built_in_text() == COMMITTED


def undescribed(node, path=""):
    """The path of everything in an introspected schema that has no description."""
    for each in node:
        if each["name"].startswith("__"):
            continue
        here = f"{path}.{each['name']}"
        if not each["description"]:
            yield here
        for part in ("fields", "args", "inputFields", "enumValues"):
            yield from undescribed(each.get(part) or (), here)


def test_everything_has_a_description():
    types = introspection_from_schema(build_schema(COMMITTED))["__schema"]["types"]
    assert list(undescribed(types)) == []


def test_fields_that_read_the_store_are_nullable_and_no_argument_has_a_null_default():
    schema = build_schema(COMMITTED)
    assert {name for name, field in schema.query_type.fields.items() if str(field.type).endswith("!")} == set()
    assert " = null" not in COMMITTED
    results = [each for each in schema.get_possible_types(schema.type_map["MetricResult"]) if is_object_type(each)]
    assert len(results) == 10
    for each in results:
        assert str(each.fields["windows"].type) == f"[{each.name}!]"
        assert str(each.fields["breakdown"].type) == f"[{each.name}!]"
        assert is_required_argument(each.fields["breakdown"].args["by"])


def test_what_an_edge_leads_to_has_an_id_unless_it_is_a_value():
    types = build_schema(COMMITTED).type_map
    edges = {name: kind for name, kind in types.items() if name.endswith("Edge")}
    nodes = {name: get_named_type(edge.fields["node"].type) for name, edge in edges.items()}
    assert len(nodes) > 4
    without_id = {name for name, kind in nodes.items() if types["Node"] not in kind.interfaces}
    assert without_id == {"ReportedFigureEdge"}  # beside each result it is compared with another one


def test_a_third_party_metric_is_a_field_of_its_own_type(loaded_with):
    changes = compare(COMMITTED, schema_text(loaded_with(metric(figures={"per_order": Figure(Percent(gifts, orders), "In percent.")}))))
    assert {change.severity for change in changes} == {Severity.SAFE}
    schema = build_schema(schema_text(loaded_with(metric(figures={"per_order": Figure(Percent(gifts, orders), "In percent.")}))))
    fields = schema.type_map["AcmeGifts"].fields
    assert {name: (str(fields[name].type), fields[name].description) for name in ("orders", "gifts", "perOrder")} == {
        "orders": ("Int!", "Orders placed."),
        "gifts": ("Int!", "Replacements."),
        "perOrder": ("Int", "In percent."),
    }
    field = schema.type_map["AccountMetrics"].fields["acmeGifts"]
    assert str(field.type) == "AcmeGifts"
    assert field.description == "The share of gifts. Null when it cannot be computed; an error then says why."
    assert schema.type_map["AcmeGifts"].description == "The share of gifts."


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (gifts / orders, "Float"),
        (Percent(gifts, orders), "Int"),
        (Mean(gifts, orders), "Float"),
        (Count(gifts), "Int"),
        (Score({gifts: 0, orders: 100}, perfect=orders), "Float"),
    ],
)
def test_a_figure_is_a_whole_number_only_where_its_value_always_is(loaded_with, value, expected):
    schema = build_schema(schema_text(loaded_with(metric(figures={"figure": Figure(value, "A figure.")}))))
    assert str(schema.type_map["AcmeGifts"].fields["figure"].type) == expected


def test_a_count_is_an_int_and_a_sum_a_big_int(loaded_with):
    figures = {"sent": Figure(Count(orders + units), "Everything."), "counted": Figure(Count(orders + gifts), "Orders and gifts.")}
    sending = metric(measures={"orders": orders, "gifts": gifts, "units": units}, figures=figures)
    fields = build_schema(schema_text(loaded_with(sending))).type_map["AcmeGifts"].fields
    types = {name: str(fields[name].type) for name in ("orders", "counted", "units", "sent", "numerator", "denominator")}
    assert types == {
        "orders": "Int!",
        "counted": "Int",
        "units": "BigInt!",
        "sent": "BigInt",
        "numerator": "BigInt",
        "denominator": "BigInt",
    }


def test_bands_become_an_enum_of_the_metric(loaded_with):
    graded = metric(value=Score({gifts: 0, orders: 100}, perfect=orders), bands=Bands(LOW=0, MIDDLE=50, HIGH="99.5"))
    schema = build_schema(schema_text(loaded_with(graded)))
    values = schema.type_map["AcmeGiftsBand"].values
    assert {name: value.description for name, value in values.items()} == {
        "HIGH": "99.5 and more.",
        "LOW": "Under 50.",
        "MIDDLE": "50 and more.",
    }


def test_measures_may_be_named_like_python_keywords_and_attributes_of_a_result(loaded_with):
    names = {"class": orders, "from": gifts, "of": orders, "result": gifts, "code": orders, "figure": orders, "none": orders}
    text = schema_text(loaded_with(metric(measures=names, value=gifts / orders)))
    assert names.keys() <= build_schema(text).type_map["AcmeGifts"].fields.keys()


def test_the_field_of_a_deprecated_metric_is_deprecated(loaded_with):
    reason = "Use `gifts`. Removal on 2027-01-01 UTC."
    field = build_schema(schema_text(loaded_with(metric(deprecated=reason)))).type_map["AccountMetrics"].fields["acmeGifts"]
    assert field.deprecation_reason == reason


def test_schemas_of_one_process_do_not_disturb_each_other(built_ins, loaded_with):
    first = make_schema(loaded_with(metric()))
    second = make_schema(loaded_with(metric(measures={"presents": gifts, "orders": orders})))
    assert "gifts: Int!" in str(first)
    assert "presents: Int!" in str(second)
    assert "presents" not in str(first)
    assert "acmeGifts" not in str(make_schema(built_ins))


def test_two_metrics_keep_their_own_fields(loaded_with):
    late = count(on=Violation.detected_on, where=Violation.severe, description="Severe ones.")
    text = schema_text(loaded_with(metric(), metric(key="acme_severe", measures={"severe_ones": late}, value=Count(late))))
    fields = build_schema(text).type_map
    assert "gifts" not in fields["AcmeSevere"].fields
    assert "severeOnes" in fields["AcmeSevere"].fields
    assert str(fields["AccountMetrics"].fields["acmeSevere"].type) == "AcmeSevere"
    assert str(fields["AccountMetrics"].fields["acmeGifts"].type) == "AcmeGifts"


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        ("type Query { a: Int b: Int }", "type Query { a: Int }", Severity.BREAKING),
        ("type Query { a: E } enum E { X }", "type Query { a: E } enum E { X Y }", Severity.DANGEROUS),
        ("type Query { a: Int }", "type Query { a: Int b: Int }", Severity.SAFE),
        ("type Query { a: Int }", 'type Query { a: Int @deprecated(reason: "No.") }', Severity.SAFE),
    ],
)
def test_changes_have_the_severity_that_they_have_for_clients(old, new, severity):
    (change,) = compare(old, new)
    assert change.severity is severity
    assert change.description.endswith(".")


def test_the_worst_change_comes_first():
    changes = compare("type Query { a: E b: Int } enum E { X }", "type Query { a: E c: Int } enum E { X Y }")
    assert [change.severity for change in changes] == [Severity.BREAKING, Severity.DANGEROUS, Severity.SAFE]


def test_the_catalog_has_the_target_that_the_plugin_declares(query, loaded_with):
    schema = make_schema(loaded_with(metric(target=Below("0.01", warn="0.008"))))
    document = '{ metricDefinitions(section: "acme") { target { display limit warning } plugin { distribution metrics { key } } } }'
    assert query(document, schema=schema)["metricDefinitions"] == [
        {
            "target": {"display": "under 1 %", "limit": 0.01, "warning": 0.008},
            "plugin": {"distribution": "acme-metrics", "metrics": [{"key": "acme_gifts"}]},
        }
    ]
