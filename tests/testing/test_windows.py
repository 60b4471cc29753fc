"""The window checks find numbers that do not add up, and windows with a wrong day."""

import pytest

from sellerhealth import Window
from sellerhealth.testing import DAY
from tests.testing.conformance import conformance, distinct_delays, metric_with, problems


def test_numbers_that_do_not_add_up():
    report = problems(conformance(metric_with({"delays": distinct_delays})).test_the_numbers_of_days_add_up)
    assert "What cannot be added up, such as distinct values, is not a measure" in report


class Longer(Window):
    """Begins a day early."""

    def span(self, as_of):
        first, last = super().span(as_of)
        return first - DAY, last


class WithoutLastDay(Window):
    """Ends a day early."""

    def span(self, as_of):
        first, last = super().span(as_of)
        return first, last - DAY


@pytest.mark.parametrize(("window", "problem"), [(Longer(30), "is the day before it"), (WithoutLastDay(7, lag=2), "is its last day")])
def test_a_window_with_wrong_bounds(window, problem):
    report = problems(conformance(metric_with(windows=(window,))).test_windows_begin_and_end_where_they_say)
    assert problem in report
    assert "compare with no day in a condition" in report


@pytest.mark.parametrize("window", [Window(1), Window(7, lag=3), Window(0), Window(60, lag=15)])
def test_a_window_with_right_bounds(window):
    conformance(metric_with(windows=(window,))).test_windows_begin_and_end_where_they_say()
