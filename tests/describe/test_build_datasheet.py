"""A datasheet has everything that the declaration of its metric has."""

import dataclasses
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic import BaseModel, Field

from sellerhealth import AtRisk, Below, Count, Figure, Metric, MetricStatus, Window, count
from sellerhealth.describe.build_datasheet import build_datasheet
from sellerhealth.describe.datasheet import Datasheet
from sellerhealth.facts import Claim, Order
from sellerhealth.metrics.targets import Headroom, TargetCondition
from sellerhealth.plugins.plugin import Plugin, PluginState
from tests.support.world import built_in

ACME = Plugin("acme", "acme-metrics", "1.2", PluginState.ACTIVE, None, ())

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
claimed = orders.where(Order.claims.any(), "Orders with a claim.")
refunded = orders.where(Order.refunds.any(), "Orders with a refund.")


def declared(**fields: object) -> Metric:
    defaults = {
        "key": "acme_trouble", "title": "Trouble", "description": "Orders with trouble.", "section": "acme", "windows": (Window(30),),
        "measures": {"orders": orders, "claimed": claimed, "refunded": refunded}, "value": (claimed + refunded) / orders,
    }  # fmt: skip
    return Metric(**(defaults | fields))


def sheet(metric: Metric) -> Datasheet:
    return build_datasheet(metric, ACME)


def line(metric: Metric, name: str) -> str:
    return dict(sheet(metric).summary())[name]


def test_it_names_the_plugin_and_the_field_of_the_api():
    assert line(declared(), "plugin") == "`acme` of the distribution `acme-metrics`"
    assert line(declared(), "API") == "field `acmeTrouble`, type `AcmeTrouble`, section `acme`"
    assert sheet(declared()).version == "1.2"


@pytest.mark.parametrize(
    ("key", "formula"),
    [
        ("late_shipment_rate", "late / orders"),
        ("policy_violations", "open"),
        ("seller_rating", "mean of the points (claims -500, chargebacks -500, negative_feedback -500, expirations -500, "
         "cancellations -100, late_shipments 0, late_responses 0, bonus 110, perfect 100), within 0 and 100"),
    ],
)  # fmt: skip
def test_a_value_is_a_formula_over_measures(key, formula):
    assert sheet(built_in(key)).value == formula


def test_sums_and_figures_are_formulas_too():
    assert sheet(declared()).value == "(claimed + refunded) / orders"
    assert sheet(declared(value=Count(claimed + refunded))).value == "claimed + refunded"
    figures = {figure.key: figure for figure in sheet(built_in("contact_response_time")).figures}
    assert figures["average_hours"].value == "answered_after / (in_time + late) / 3600"
    assert [figure.value for figure in sheet(built_in("customer_feedback")).figures][-1] == "stars_given / total"


class Worst:
    """The greater of two shares: a value class of a plugin."""

    measures = (claimed, refunded, claimed)
    unit = Count(orders).unit

    def __call__(self, numbers):
        return None

    def display(self, value):
        return f"{value}!"


class Never:
    """A target class of a plugin."""

    condition, limit, warn, enforced, measures = TargetCondition.AT_MOST, 3, 2, True, ()

    def display(self, value):
        return "at most three"

    def judge(self, value, numbers):
        return MetricStatus.GOOD

    def headroom(self, value, numbers):
        return Headroom(0, 0, Fraction(0))


def test_a_value_and_a_target_class_of_a_plugin_are_described_as_far_as_possible():
    own = sheet(declared(value=Worst(), target=Never()))
    assert own.value == "Worst(claimed, refunded)"
    assert own.target.words == "at most three, AT_RISK from 2! on"


def test_a_target_has_its_warn_line_and_whether_it_is_enforced():
    assert line(built_in("late_shipment_rate"), "target") == "under 4 %, GOOD while under 3.2 %"
    assert line(built_in("contact_response_time"), "target") == "at least 90 %, GOOD while at least 92 %; Amazon does not act on a miss"
    figure = declared(figures={"claim_rate": Figure(claimed / orders, "Claims.", target=Below("0.01"))})
    assert sheet(figure).figures[0].target.words == "under 1 %"
    assert line(built_in("policy_violations"), "target") == "none, CRITICAL with any severe"
    assert sheet(declared()).target is None


def test_windows_are_described_with_those_that_are_judged():
    assert line(built_in("late_shipment_rate"), "windows") == "30 days (judged); 10 days (judged)"
    assert line(built_in("customer_feedback"), "windows") == "365 days (judged); 30 days; 90 days; lifetime"
    odd = declared(windows=(Window(1, lag=1, half_life=90),))
    assert line(odd, "windows") == "1 day, ending 1 day before the as-of day, with a half-life of 90 days"


def test_it_lists_what_is_read_and_what_must_be_imported():
    defects = sheet(built_in("order_defect_rate"))
    assert list(defects.reads) == ["orders", "chargebacks", "claims", "feedback"]
    assert defects.reads["claims"] == ("state",)
    assert (defects.needs, defects.proof) == (("ORDER",), ("CHARGEBACK", "CLAIM", "FEEDBACK"))
    assert "`refunds`: whether there are any" in line(declared(), "reads")
    assert "needs too" not in dict(sheet(built_in("policy_violations")).summary())


def test_minimum_bands_parts_and_at_risk_are_described():
    assert line(built_in("on_time_delivery_rate"), "judged while") == "`units >= 20`"
    assert line(built_in("seller_rating"), "bands") == "`NORMAL` from 0, `GOOD` from 84.5, `VERY_GOOD` from 96.5, `EXCELLENT` from 98.5"
    assert line(built_in("valid_tracking_rate"), "breakdown") == "`marketplace`, `channel`, `category` (judged)"
    risky = declared(at_risk=AtRisk(orders, Order.ship_by, "It is not shipped yet.", hours=24))
    assert line(risky, "at risk") == "It is not shipped yet. It becomes a miss after orders.ship_by and 24 hours."


def test_hidden_measures_are_marked_and_described():
    measures = {each.key: each for each in sheet(built_in("late_shipment_rate")).measures}
    assert [each.key for each in measures.values() if each.hidden] == ["unproven"]
    assert "A GOOD is unproven" in measures["unproven"].description
    assert measures["late"].counted_by == "orders.placed_on"
    opened = count(on=Claim.opened_on, where=Claim.counts, description="Claims.")
    assert sheet(declared(hidden={"opened": opened})).measures[-1].counted_by == "claims.opened_on"


class Points(BaseModel):
    good: int = 100
    bad: int = 0


class Settings(BaseModel):
    limit: Decimal
    points: Points = Points(bad=-1)
    kinds: frozenset[str] = frozenset({"b", "a"})
    days: int | None = None
    strict: bool = True
    names: list[str] = Field(default_factory=lambda: ["x"])


def test_the_settings_of_the_plugin_are_listed_with_their_defaults():
    configured = Settings.model_validate({"limit": "0.5", "points": {"good": 90, "bad": -1}, "days": 7})
    settings = build_datasheet(declared(), dataclasses.replace(ACME, settings=(configured,))).settings
    assert [dataclasses.astuple(setting) for setting in settings] == [
        ("limit", "0.5", None),
        ("points.good", "90", "100"),
        ("points.bad", "-1", "-1"),
        ("kinds", "a, b", "a, b"),
        ("days", "7", "none"),
        ("strict", "true", "true"),
        ("names", "x", "x"),
    ]


def test_every_field_of_a_metric_is_in_the_datasheet_or_left_out_on_purpose():
    covered = {field.name for field in dataclasses.fields(Datasheet)} | {"parts", "hidden", "unproven"}  # dimensions, and measures
    assert {field.name for field in dataclasses.fields(Metric)} - covered == {"api"}
