"""A metric turns numbers into a result, and refuses a declaration that cannot work."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import pytest

from sellerhealth import Bands, Below, Count, Figure, Metric, MetricStatus, Minimum, Nothing, Score, Window, count
from sellerhealth.facts import Order, Package
from sellerhealth.metrics.result import UnavailableReason

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
late = orders.where(Order.late_by > 0, "Late orders.")
overdue = orders.where(Order.unconfirmed, "Overdue orders.")
doubtful = orders.where(Order.lateness_unknown)
target = Below("0.04", warn="0.032")
lateness = Metric(
    key="lateness",
    title="Lateness",
    description="Late orders.",
    section="tests",
    windows=(Window(30),),
    measures={"orders": orders, "late": late, "overdue": overdue},
    value=late / orders,
    target=target,
    figures={"projected_rate": Figure((late + overdue) / orders, "If all overdue orders are late.", target=target)},
)
perfect, poor = orders.where(Order.accepted, "Perfect."), orders.where(Order.accepted, "Poor.")
rating = Metric(
    key="rating",
    title="Rating",
    description="Points.",
    section="tests",
    windows=(Window(365, half_life=90),),
    measures={"perfect": perfect, "poor": poor},
    value=Score({perfect: 100, poor: 0}, perfect=perfect),
    bands=Bands(LOW=0, HIGH=60),
)

# ---------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("window", "as_of", "first", "last"),
    [
        (Window(60, lag=15), "2022-01-11", "2021-10-29", "2021-12-27"),
        (Window(1), "2024-02-29", "2024-02-29", "2024-02-29"),
        (Window(0), "2026-03-31", "0001-01-01", "2026-03-31"),
        (Window(0, lag=3), "2026-03-31", "0001-01-01", "2026-03-28"),
    ],
)
def test_a_window_is_whole_days_both_ends_included(window, as_of, first, last):
    assert window.span(dt.date.fromisoformat(as_of)) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def test_with_a_half_life_a_day_weighs_less_the_older_it_is():
    window, day = Window(365, lag=1, half_life=90), dt.date(2026, 3, 30)
    assert window.weight(day, dt.date(2026, 3, 31)) == 1
    assert window.weight(day - dt.timedelta(90), dt.date(2026, 3, 31)) == Fraction(1, 2)
    assert window.weight(day - dt.timedelta(180), dt.date(2026, 3, 31)) == Fraction(1, 4)
    assert Window(365).weight(day - dt.timedelta(90), dt.date(2026, 3, 31)) == 1


@pytest.mark.parametrize("wrong", [{"days": -1}, {"days": 1, "lag": -1}, {"days": 1, "half_life": 0}])
def test_a_window_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="is not a window"):
        Window(**wrong)


# ---------------------------------------------------------------- results


def test_a_result_has_the_exact_value_and_the_status():
    result = lateness.result({"orders": 172, "late": 6})
    assert result.value == Fraction(6, 172)
    assert result.fraction == (6, 172)
    assert (result.display, result.status, result.reason, result.enforced) == ("3.49 %", MetricStatus.AT_RISK, None, True)


def test_a_figure_with_a_target_is_judged_like_the_value():
    result = lateness.result({"orders": 20, "overdue": 1})
    assert result.status is MetricStatus.GOOD
    assert result.figures["projected_rate"].status is MetricStatus.CRITICAL
    assert result.figures["projected_rate"].display == "5.00 %"


def test_with_nothing_to_measure_there_is_no_value():
    result = lateness.result({})
    assert (result.value, result.fraction, result.headroom, result.display) == (None, None, None, "N/A")
    assert (result.status, result.reason) == (MetricStatus.NOT_AVAILABLE, UnavailableReason.NOTHING_TO_MEASURE)
    assert result.figures["projected_rate"].value is None


def test_a_number_that_no_measure_has_is_refused():
    with pytest.raises(KeyError, match="ordres"):
        lateness.result({"ordres": 20})


def test_an_unavailable_result_has_no_value_whatever_the_numbers():
    result = lateness.result({"orders": 20, "late": 20}, unavailable=UnavailableReason.SOURCE_MISSING)
    assert (result.value, result.status, result.reason) == (None, MetricStatus.NOT_AVAILABLE, UnavailableReason.SOURCE_MISSING)
    assert result.figures["projected_rate"].status is MetricStatus.NOT_AVAILABLE


@pytest.mark.parametrize(("late_ones", "status"), [(0, "NOT_AVAILABLE"), (6, "AT_RISK"), (7, "CRITICAL")])
def test_without_proof_good_is_not_available_and_worse_stays(late_ones, status):
    result = lateness.result({"orders": 172, "late": late_ones}, proven=False)
    assert result.status == status
    assert result.reason == (UnavailableReason.UNPROVEN if late_ones == 0 else None)
    assert result.value == Fraction(late_ones, 172)


@pytest.mark.parametrize(("late_ones", "status"), [(0, MetricStatus.NOT_AVAILABLE), (6, MetricStatus.AT_RISK), (7, MetricStatus.CRITICAL)])
def test_stale_coverage_makes_good_not_available_and_worse_stays(late_ones, status):
    result = lateness.result({"orders": 172, "late": late_ones}, stale=True)
    assert (result.status, result.reason is UnavailableReason.STALE) == (status, late_ones == 0)
    assert result.value == Fraction(late_ones, 172)


def test_what_was_never_imported_is_named_before_what_is_old():
    assert lateness.result({"orders": 172}, proven=False, stale=True).reason is UnavailableReason.UNPROVEN


def test_rows_that_may_be_bad_leave_good_unproven():
    metric = replace(lateness, unproven=doubtful)
    assert metric.result({"orders": 20}).status is MetricStatus.GOOD
    result = metric.result({"orders": 20, "unproven": 1})
    assert (result.status, result.reason) == (MetricStatus.NOT_AVAILABLE, UnavailableReason.UNPROVEN)
    assert result.figures["projected_rate"].status is MetricStatus.NOT_AVAILABLE
    assert result.unproven.rows == 1
    assert metric.result({"orders": 200, "unproven": 1}).status is MetricStatus.GOOD  # good even if it is a miss
    assert metric.result({"orders": 20, "late": 5, "unproven": 1}).status is MetricStatus.CRITICAL


def test_below_the_minimum_a_value_is_displayed_and_not_judged():
    metric = replace(lateness, minimum=Minimum(orders, 20))
    few, enough = metric.result({"orders": 19, "late": 19}), metric.result({"orders": 20, "late": 19})
    assert (few.value, few.status, few.enforced, few.reason) == (1, MetricStatus.NOT_AVAILABLE, False, UnavailableReason.BELOW_MINIMUM)
    assert (enough.status, enough.enforced, enough.reason) == (MetricStatus.CRITICAL, True, None)


def test_without_a_target_there_is_a_value_and_no_status():
    result = replace(lateness, target=None, figures={}).result({"orders": 20, "late": 20})
    assert (result.value, result.status, result.enforced, result.headroom) == (1, MetricStatus.WITHOUT_TARGET, False, None)


def test_a_target_that_is_not_enforced_is_judged_all_the_same():
    result = replace(lateness, target=Below("0.04", enforced=False)).result({"orders": 2, "late": 2})
    assert (result.status, result.enforced) == (MetricStatus.CRITICAL, False)


def test_a_score_has_a_band_and_the_headroom_to_the_next():
    result = rating.result({"perfect": 1, "poor": 1})
    assert (result.value, result.band, result.fraction) == (50, "LOW", None)
    assert result.headroom.needed == 1
    assert rating.result({}).band is None


def test_weights_change_the_value_and_not_the_numbers():
    result = rating.result({"perfect": 1, "poor": 1}, weighted={perfect: Fraction(1), poor: Fraction(1, 2)})
    assert (result.display, result.band, result.headroom) == ("66.67", "HIGH", None)
    assert result.numbers == {"perfect": 1, "poor": 1}


# ---------------------------------------------------------------- declarations


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"key": "LateShipment"}, "'LateShipment' is not in snake_case"),
        ({"windows": ()}, "it has no window"),
        ({"measures": {"orders": orders, "late": late, "2late": overdue}}, "'2late' is not in snake_case"),
        (
            {"measures": {"orders": orders, "late": late}},
            "'projected_rate' uses a measure that is neither in `measures` nor in `hidden`",
        ),
        ({"value": doubtful / orders}, "'value' uses a measure"),
        ({"target": Nothing(grave=doubtful)}, "'value' uses a measure"),
        ({"minimum": Minimum(doubtful, 1)}, "'minimum' uses a measure"),
        ({"hidden": {"late": late}}, "'late' names two of its measures"),
        ({"hidden": {"unproven": late}, "unproven": doubtful}, "'unproven' names two"),
        ({"measures": {**lateness.measures, "doubtful": doubtful}}, "the measure 'doubtful' has no description"),
        ({"parts": {"category": Package.category}}, "the part 'category' is a column of Package"),
        ({"bands": Bands(LOW=0)}, "bands grade a Score"),
        ({"deprecated": "Use another."}, "`deprecated` does not say when the metric is removed"),
        ({"deprecated": "Use another. Removal on 2027-02-30 UTC."}, "`deprecated` does not say when the metric is removed"),
        ({"deprecated": ""}, "`deprecated` does not say when the metric is removed"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(change, problem):
    with pytest.raises(ValueError, match=f"^metric '.*': {problem}"):
        replace(lateness, **change)


def test_measures_that_only_serve_a_value_are_hidden():
    metric = replace(lateness, measures={"orders": orders}, hidden={"late": late, "overdue": overdue}, unproven=doubtful)
    assert list(metric.all_measures) == ["orders", "late", "overdue", "unproven"]
    assert metric.result({"orders": 2, "late": 1}).value == Fraction(1, 2)


def test_a_count_is_no_fraction():
    metric = replace(lateness, value=Count(late), target=None, figures={})
    assert metric.result({"late": 3}).value == 3
    assert metric.result({"late": 3}).fraction is None


def test_metrics_are_compared_by_identity():
    assert replace(lateness) != lateness
