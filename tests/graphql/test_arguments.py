"""The window of a metric that an argument names."""

import pytest

from sellerhealth.errors import BadInput
from sellerhealth.graphql.arguments import window_of


def test_a_window_of_any_length_is_made_once(built_ins):
    metric = built_ins.registry["order_defect_rate"]
    window = window_of(metric, 77)
    assert (window.days, window.lag, window.judged) == (77, metric.windows[0].lag, False)
    assert window_of(metric, 77) is window


def test_a_declared_window_is_itself(built_ins):
    metric = built_ins.registry["contact_response_time"]
    assert [window_of(metric, window.days) for window in metric.windows] == list(metric.windows)
    assert window_of(metric, None) is metric.windows[0]


@pytest.mark.parametrize("days", [-1, 3651])
def test_a_length_out_of_bounds_is_refused(built_ins, days):
    with pytest.raises(BadInput, match="must be 1 to 3650"):
        window_of(built_ins.registry["order_defect_rate"], days)
