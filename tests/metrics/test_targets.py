"""Targets judge exact values, and say how far they are. Headroom is compared with counting one by one."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from sellerhealth import (
    AtLeast,
    Bands,
    Below,
    Count,
    Headroom,
    Mean,
    MetricStatus,
    Nothing,
    Percent,
    Score,
    Share,
    TargetCondition,
    count,
)
from sellerhealth.facts import Order
from sellerhealth.metrics.targets import display_warning

GOOD, AT_RISK, CRITICAL = MetricStatus.GOOD, MetricStatus.AT_RISK, MetricStatus.CRITICAL


def measure():
    return count(on=Order.placed_on, where=Order.accepted)


part, whole = measure(), measure()
ratio = part / whole
counted = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
limits = st.fractions(min_value=Fraction(1, 50), max_value=Fraction(49, 50), max_denominator=60)


# ---------------------------------------------------------------- judging


@pytest.mark.parametrize(
    ("target", "value", "warning"),
    [
        (Below("0.01", warn="0.0075"), ratio, "from 0.75 % on"),
        (AtLeast("0.95", warn="0.98"), ratio, "under 98 %"),
        (Below("24", warn="20"), Count(part), "from 20 on"),
        (Below("0.01"), ratio, None),
        (Nothing(grave=part), Count(part), None),
    ],
)
def test_the_warn_line_can_be_displayed(target, value, warning):
    assert display_warning(target, value) == warning


@pytest.mark.parametrize(
    ("value", "status"), [("0.00799", GOOD), ("0.008", AT_RISK), ("0.00999", AT_RISK), ("0.01", CRITICAL), ("0.02", CRITICAL)]
)
def test_below_is_strict_and_warns_from_the_warn_line_on(value, status):
    assert Below("0.01", warn="0.008").judge(Fraction(value), {}) is status


@pytest.mark.parametrize(("value", "status"), [("0.9499", CRITICAL), ("0.95", AT_RISK), ("0.9599", AT_RISK), ("0.96", GOOD)])
def test_at_least_is_met_by_the_limit_itself(value, status):
    assert AtLeast("0.95", warn="0.96").judge(Fraction(value), {}) is status


def test_without_a_warn_line_a_met_target_is_good():
    assert Below("0.01").judge(Fraction("0.00999"), {}) is GOOD
    assert AtLeast("0.95").judge(Fraction("0.95"), {}) is GOOD


def test_nothing_is_good_at_zero_and_critical_when_any_is_grave():
    target = Nothing(grave=part)
    assert target.judge(Fraction(0), {part: 0}) is GOOD
    assert target.judge(Fraction(2), {part: 0}) is AT_RISK
    assert target.judge(Fraction(2), {part: 1}) is CRITICAL


def test_the_worst_status_wins_and_without_any_there_is_none():
    assert MetricStatus.worst(GOOD, CRITICAL, AT_RISK) is CRITICAL
    assert MetricStatus.worst(GOOD, MetricStatus.NOT_AVAILABLE) is GOOD
    assert MetricStatus.worst(MetricStatus.NOT_AVAILABLE) is MetricStatus.NOT_AVAILABLE
    assert MetricStatus.worst() is MetricStatus.NOT_AVAILABLE


@pytest.mark.parametrize(
    ("target", "display"),
    [
        (Below("0.01"), "under 1 %"),
        (Below("0.025"), "under 2.5 %"),
        (Below(Fraction(1, 3)), "under 33.3333 %"),
        (AtLeast(Decimal("0.90")), "at least 90 %"),
        (Nothing(grave=part), "none"),
    ],
)
def test_a_target_has_a_display(target, display):
    assert target.display(ratio) == display


def test_a_target_that_is_no_share_is_displayed_like_its_value():
    assert Below(12).display(Mean(part, whole)) == "under 12.00"
    assert AtLeast(95).display(Percent(part, whole)) == "at least 95 %"


def test_each_target_says_how_it_compares():
    assert Below(1).condition is TargetCondition.BELOW
    assert AtLeast(1).condition is TargetCondition.AT_LEAST
    assert Nothing(grave=part).condition is TargetCondition.EXACTLY


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Below("0.01", warn="0.02"), "the warn line 0.02 lies above the limit 0.01"),
        (lambda: AtLeast("0.95", warn="0.9"), "the warn line 0.9 lies below the limit 0.95"),
        (lambda: Below(0), "the limit 0 can never be met"),
        (lambda: Bands(), "bands need at least one name"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(make, problem):
    with pytest.raises(ValueError, match=problem):
        make()


@pytest.mark.parametrize(
    "make", [lambda: Below(0.04), lambda: AtLeast(0.9), lambda: AtLeast("0.9", warn=0.95).judge(Fraction(1), {}), lambda: Bands(LOW=0.5)]
)
def test_a_float_is_refused(make):
    with pytest.raises(TypeError, match=r"is a float, and 0\.1 is not a tenth: write '0"):
        make()


def test_a_warn_line_may_be_the_limit():
    assert Below("0.01", warn="0.01").judge(Fraction("0.009"), {}) is GOOD


@pytest.mark.parametrize("share", ["0", "1", "-0.5", "2.5", "NaN", "one percent"])
def test_a_share_among_settings_lies_between_zero_and_one(share):
    class Settings(BaseModel):
        target: Share = Decimal("0.01")

    with pytest.raises(ValidationError):
        Settings.model_validate({"target": share})
    assert Settings.model_validate({"target": 0.02}).target == Decimal("0.02")


# ---------------------------------------------------------------- headroom


def most_bad_ones(bad, n, limit):
    """How many of the rows counted may still turn bad, counted one by one."""
    allowed = [more for more in range(n - bad + 1) if Fraction(bad + more, n) < limit]
    return allowed[-1] if allowed else 0


@given(counted, limits)
def test_headroom_below_a_limit(numbers, limit):
    bad, n = numbers
    headroom = Below(limit).headroom(ratio, {part: bad, whole: n})
    if n == 0:
        assert headroom is None
        return
    assert headroom.allowed == most_bad_ones(bad, n, limit)
    assert headroom.needed == next(clean for clean in range(10_000) if Fraction(bad, n + clean) < limit)
    assert headroom.used == Fraction(bad, n) / limit
    assert (headroom.used >= 1) == (headroom.needed > 0)


def most_misses(good, n, limit):
    """How many of the good rows counted may still turn bad, counted one by one."""
    allowed = [misses for misses in range(good + 1) if Fraction(good - misses, n) >= limit]
    return allowed[-1] if allowed else 0


@given(counted, limits)
def test_headroom_at_least_a_limit(numbers, limit):
    good, n = numbers
    headroom = AtLeast(limit).headroom(ratio, {part: good, whole: n})
    if n == 0:
        assert headroom is None
        return
    assert headroom.allowed == most_misses(good, n, limit)
    assert headroom.needed == next(clean for clean in range(10_000) if Fraction(good + clean, n + clean) >= limit)
    assert headroom.used == (1 - Fraction(good, n)) / (1 - limit)
    assert (headroom.used > 1) == (headroom.needed > 0)


def test_a_target_that_allows_nothing_has_no_share_of_it():
    assert AtLeast(1).headroom(ratio, {part: 5, whole: 5}) == Headroom(allowed=0, needed=0, used=None)


def test_a_miss_that_nothing_can_make_up_for_has_no_headroom():
    assert AtLeast(1).headroom(ratio, {part: 4, whole: 5}) is None


def test_headroom_of_a_count_is_what_is_open():
    assert Nothing(grave=part).headroom(Count(part + whole), {part: 1, whole: 2}) == Headroom(allowed=0, needed=3, used=None)


@pytest.mark.parametrize("value", [Percent(part, whole), Mean(part, whole), Count(part)])
@pytest.mark.parametrize("target", [Below(1), AtLeast(1)])
def test_only_one_count_by_another_has_headroom(value, target):
    assert target.headroom(value, {part: 1, whole: 2}) is None


# ---------------------------------------------------------------- bands

perfect, poor, bonus = measure(), measure(), measure()
score = Score({perfect: 100, poor: -500, bonus: 110}, perfect=perfect)
rating = Bands(NORMAL=0, GOOD="84.5", VERY_GOOD="96.5", EXCELLENT="98.5")


@pytest.mark.parametrize(
    ("value", "band"),
    [
        ("0", "NORMAL"),
        ("84.49", "NORMAL"),
        ("84.5", "GOOD"),
        ("96.49", "GOOD"),
        ("96.5", "VERY_GOOD"),
        ("98.5", "EXCELLENT"),
        ("100", "EXCELLENT"),
    ],
)
def test_a_band_begins_at_its_lower_end(value, band):
    assert rating.grade(Fraction(value)) == band


def test_the_lowest_band_has_no_lower_end():
    assert Bands(HIGH=50, LOW=10).grade(Fraction(3)) == "LOW"


@given(st.integers(0, 30), st.integers(0, 3), st.integers(0, 10))
def test_headroom_of_a_score_is_the_perfect_rows_to_the_next_band(n_perfect, n_poor, n_bonus):
    numbers = {perfect: n_perfect, poor: n_poor, bonus: n_bonus}
    headroom = rating.headroom(score, numbers)
    value = score(numbers)
    if value is None:
        assert headroom is None
        return
    band = rating.grade(value)
    needed = 0
    if band != "EXCELLENT":
        needed = next(more for more in range(20_000) if rating.grade(score({**numbers, perfect: n_perfect + more})) != band)
    assert headroom == Headroom(allowed=0, needed=needed, used=None)


def test_a_band_out_of_reach_has_no_headroom():
    modest = Score({perfect: 80, poor: 0}, perfect=perfect)
    assert Bands(LOW=0, HIGH=80).headroom(modest, {perfect: 3, poor: 1}) == Headroom(allowed=0, needed=15996, used=None)
    assert Bands(LOW=0, HIGH="80.01").headroom(modest, {perfect: 3, poor: 1}) is None
    assert Bands(LOW=0, BEYOND=101).headroom(score, {perfect: 1, poor: 0, bonus: 0}) is None
