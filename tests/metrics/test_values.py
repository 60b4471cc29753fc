"""Values are exact inside, and rounded once for display."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth import Count, Mean, MetricUnit, Percent, Ratio, Score, count, half_up
from sellerhealth.facts import Order

fractions = st.fractions(min_value=-1000, max_value=1000)


def measure():
    return count(on=Order.placed_on, where=Order.accepted)


part, whole, more = measure(), measure(), measure()


@pytest.mark.parametrize(
    ("value", "places", "display"),
    [
        ("12.5", 0, "13"),
        ("87.5", 0, "88"),
        ("0.125", 2, "0.13"),
        ("-12.5", 0, "-13"),
        ("84.495", 2, "84.50"),
        ("2.4499", 1, "2.4"),
        (7, 2, "7.00"),
    ],
)
def test_halves_are_rounded_away_from_zero(value, places, display):
    assert str(half_up(Fraction(value), places)) == display


@given(fractions, st.integers(0, 6))
def test_rounding_moves_a_value_by_half_a_step_at_most(value, places):
    rounded = half_up(value, places)
    assert abs(Fraction(rounded) - value) <= Fraction(1, 2 * 10**places)
    assert rounded == rounded.quantize(Decimal(1).scaleb(-places))


def test_a_ratio_is_exact_and_displayed_in_percent():
    ratio = part / whole
    value = ratio({part: 10, whole: 1001})
    assert value == Fraction(10, 1001)
    assert ratio.display(value) == "1.00 %"
    assert ratio.unit is MetricUnit.FRACTION


@pytest.mark.parametrize("value", [part / whole, Percent(part, whole), Mean(part, whole)])
def test_nothing_divided_by_nothing_is_no_value(value):
    assert value({part: 0, whole: 0}) is None


def test_sums_of_measures_can_be_divided():
    assert ((part + more) / (part + more + whole))({part: 1, more: 2, whole: 9}) == Fraction(3, 12)


def test_a_percent_is_a_whole_number_rounded_half_up():
    value = Percent(part, whole)({part: 1, whole: 8})
    assert value == 13
    assert Percent(part, whole).display(value) == "13 %"


def test_a_mean_is_divided_by_per():
    hours = Mean(part, whole, unit=MetricUnit.HOURS, per=3600)
    assert hours({part: 32 * 3600, whole: 2}) == 16
    assert hours.display(Fraction(16)) == "16.00"


def test_a_mean_may_be_rounded_itself():
    stars = Mean(part, whole, places=1, rounded=True)
    assert stars({part: 438, whole: 100}) == Fraction("4.4")
    assert stars.display(Fraction("4.4")) == "4.4"


def test_a_score_is_the_mean_of_points_rounded_to_two_places():
    score = Score({part: 100, whole: 0, more: 110}, perfect=part)
    value = score({part: 1581, whole: 320, more: 99})
    assert value == Fraction("84.5")
    assert score.display(value) == "84.50"


def test_a_score_stays_within_its_limits():
    score = Score({part: 110, whole: -500}, perfect=part)
    assert score({part: 10, whole: 0}) == 100
    assert score({part: 0, whole: 10}) == 0
    assert score({part: 0, whole: 0}) is None


def test_a_score_takes_weights():
    score = Score({part: 100, whole: 0}, perfect=part)
    assert score({part: Fraction(1), whole: Fraction(1, 2)}) == Fraction("66.67")


def test_a_score_without_a_perfect_class_is_refused():
    with pytest.raises(ValueError, match="`perfect` must be one of the measures"):
        Score({part: 100}, perfect=whole)


def test_a_count_of_nothing_is_a_value():
    assert Count(part)({part: 0}) == 0
    assert Count(part + whole)({part: 1, whole: 2}) == 3
    assert Count(part).display(Fraction(3)) == "3"
    assert Count(part).display(Fraction(2, 3)) == "0.67"  # where older days weigh less


def test_values_name_their_measures():
    assert Ratio(part, whole + more).measures == (part, whole, more)
    assert Score({part: 1, whole: 2}, perfect=part).measures == (part, whole)
    assert Count(part).measures == (part,)
