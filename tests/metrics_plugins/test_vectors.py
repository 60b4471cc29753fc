"""Every example of vectors.json is worked out somewhere, and the windows are those of the examples."""

import datetime as dt
from collections import Counter

import pytest

from tests.support.vectors import ALL, Vectors
from tests.support.world import built_in

WINDOWS = {
    "ODR 60d lag15": built_in("order_defect_rate").windows[0],
    "CR 7d lag1": built_in("cancellation_rate").windows[0],
    "LSR 30d lag0": built_in("late_shipment_rate").windows[0],
    "LSR 10d lag0": built_in("late_shipment_rate").windows[1],
    "VTR/OTD 30d lag10": built_in("valid_tracking_rate").windows[0],
    "policy 180d lag0": built_in("policy_violations").windows[0],
    "unit OTDR 14d lag8": built_in("on_time_delivery_rate").windows[0],
    "feedback 30d lag0": built_in("customer_feedback").windows[1],
}
windows = Vectors("window")


@pytest.mark.parametrize("case", windows.expected)
def test_window(case: str) -> None:
    name, as_of = case.split(" @")
    assert [day.isoformat() for day in WINDOWS[name].span(dt.date.fromisoformat(as_of))] == windows.expected[case]


def test_every_example_is_tested() -> None:
    worked_out_by_the_test_of_the_metric = {"ODR": 13, "CR": 9, "LSR": 10, "OTDR": 11, "VTR": 11, "CRT": 8, "RATING": 10, "FEEDBACK": 8}
    worked_out_by_the_test_of_the_example = {"AHR": 7}  # the account health rating is not built in
    assert Counter(vector["metric"] for vector in ALL) == {
        "window": 10,
        **worked_out_by_the_test_of_the_metric,
        **worked_out_by_the_test_of_the_example,
    }
