"""The settings of the built-in metrics: read from texts, as in environment variables, and validated."""

import pytest
from pydantic import ValidationError

from tests.support.world import built_in

CONFIGURABLE = (
    "order_defect_rate", "cancellation_rate", "late_shipment_rate", "on_time_delivery_rate", "valid_tracking_rate",
    "contact_response_time", "seller_rating",
)  # fmt: skip


@pytest.mark.parametrize("key", [key for key in CONFIGURABLE if key != "seller_rating"])
def test_the_target_and_its_warn_line_can_be_moved(key):
    metric = built_in(key, target="0.5", warn="0.5")
    assert metric.target is not None
    assert (str(metric.target.limit), str(metric.target.warn)) == ("0.5", "0.5")


@pytest.mark.parametrize(
    ("key", "settings", "problem"),
    [
        ("order_defect_rate", {"warn": "0.02"}, "the warn line 0.02 lies above the limit 0.01"),
        ("cancellation_rate", {"target": "0.01"}, "the warn line 0.02 lies above the limit 0.01"),
        ("late_shipment_rate", {"warn": "0.05"}, "the warn line 0.05 lies above the limit 0.04"),
        ("on_time_delivery_rate", {"warn": "0.85"}, r"the warn line 0.85 lies below the limit 0.90"),
        ("valid_tracking_rate", {"target": "0.97"}, "the warn line 0.96 lies below the limit 0.97"),
        ("contact_response_time", {"warn": "0.8"}, "the warn line 0.8 lies below the limit 0.90"),
        ("seller_rating", {"points": {"late_shipments": 101}}, "a problem may not earn more than a perfect order"),
        ("seller_rating", {"points": {"bonus": 99}}, "nor a perfect order more than one with the bonus"),
    ],
)
def test_a_metric_that_makes_no_sense_is_refused(key, settings, problem):
    with pytest.raises(ValueError, match=problem):
        built_in(key, **settings)


@pytest.mark.parametrize(
    ("key", "settings"),
    [
        *((key, {"no_such_setting": "1"}) for key in CONFIGURABLE),
        *((key, {"target": wrong}) for key in CONFIGURABLE[:-1] for wrong in ("0", "1", "2.5 %", "nan")),
        ("order_defect_rate", {"claims_policy": "some"}),
        ("late_shipment_rate", {"late_grace_days": "-1"}),
        ("late_shipment_rate", {"count_overdue_unshipped": "maybe"}),
        ("on_time_delivery_rate", {"unit": "parcels"}),
        ("on_time_delivery_rate", {"min_units": "-1"}),
        ("contact_response_time", {"limit_hours": "0"}),
        ("seller_rating", {"points": {"no_such_event": 1}}),
        ("seller_rating", {"points": {"perfect": "many"}}),
        ("seller_rating", {"bonus_needs": ["luck"]}),
        ("seller_rating", {"half_life_days": "0"}),
        ("seller_rating", {"maturity_days": "-1"}),
        ("seller_rating", {"buyer_cancelled": "include"}),
    ],
)
def test_a_wrong_setting_is_refused(key, settings):
    with pytest.raises(ValidationError):
        built_in(key, **settings)


def test_two_settings_are_two_metrics():
    strict, lenient = built_in("order_defect_rate", target="0.009"), built_in("order_defect_rate")
    assert strict.result({"orders": 1000, "defects": 9}).status == "CRITICAL"
    assert lenient.result({"orders": 1000, "defects": 9}).status == "AT_RISK"
