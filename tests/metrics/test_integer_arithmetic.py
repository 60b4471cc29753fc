"""The arithmetic in integers computes what values, targets and bands compute in fractions: for every kind of them, with any numbers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth import AtLeast, Bands, Below, Count, Mean, MetricStatus, MetricUnit, Nothing, Percent, Ratio, Score, count, total
from sellerhealth.facts import Order, Package
from sellerhealth.metrics.integer_arithmetic import Arithmetic
from sellerhealth.metrics.integer_headroom import headroom_of
from sellerhealth.metrics.quotients import fraction_of, largest, quotient_of, whole
from sellerhealth.metrics.targets import Headroom


def measure():
    return count(on=Order.placed_on, where=Order.accepted)


part, other, third, rows, units = *(measure() for _ in range(4)), total(Package.unit_count, on=Package.promised_on, where=Order.accepted)
MEASURES = (part, other, third, rows, units)
TERMS = (part, part + other, part + other + third, units)
counts = st.one_of(st.integers(0, 3), st.integers(0, 5_000), st.integers(0, 10**12))
numbers = st.fixed_dictionaries({part: counts, other: counts, third: counts, rows: counts, units: st.integers(-5_000, 5_000)})
limits = st.fractions(Fraction(1, 1_000), 2, max_denominator=10_000)
points = st.integers(-500, 500)


@st.composite
def values(draw):
    one, of = draw(st.sampled_from(TERMS)), draw(st.sampled_from((rows, rows + other, units)))
    per, places, rounded = draw(st.integers(1, 3_600)), draw(st.integers(0, 8)), draw(st.booleans())
    scored = {part: draw(points), other: draw(points), rows: draw(points)}
    return draw(
        st.sampled_from(
            [
                one / of,
                Percent(one, of),
                Mean(one, of, unit=MetricUnit.HOURS, per=per, places=places, rounded=rounded),
                Score(scored, perfect=rows, within=tuple(sorted(draw(st.tuples(points, points))))),
                Count(one),
            ]
        )
    )


@st.composite
def targets(draw):
    low, high = sorted((draw(limits), draw(limits)))
    grave = Nothing(grave=draw(st.sampled_from(TERMS)))
    return draw(st.sampled_from([None, Below(high), Below(high, warn=low), AtLeast(low), AtLeast(low, warn=high), grave]))


@st.composite
def bands(draw):
    ends = draw(st.lists(st.fractions(-100, 100, max_denominator=400), min_size=1, max_size=4, unique=True))
    return Bands(**{f"BAND_{number}": end for number, end in enumerate(ends)})


def outcome(compute):
    """What a computation returns, or that it divides by nothing: both kinds of arithmetic do so with the same numbers."""
    try:
        return compute()
    except ZeroDivisionError:
        return ZeroDivisionError


@given(values(), targets(), numbers)
def test_values_statuses_headroom_and_texts_are_those_in_fractions(value, target, counted):
    arithmetic, expected = Arithmetic(value, target), value(counted)
    quotient = arithmetic.quotient(counted)
    assert not arithmetic.is_own
    assert fraction_of(quotient) == expected
    if target is not None:
        assert outcome(lambda: headroom_of(arithmetic.headroom(counted))) == outcome(lambda: target.headroom(value, counted))
    if quotient is not None:
        assert quotient[1] > 0
        assert arithmetic.display(quotient) == value.display(expected)
        assert whole(quotient) == int(expected)
        assert arithmetic.status(quotient, counted) is (MetricStatus.WITHOUT_TARGET if target is None else target.judge(expected, counted))


@given(values(), st.fractions(-1_000, 1_000))
def test_texts_of_weighted_numbers_are_those_in_fractions(value, weight):
    weighted = value(dict.fromkeys(MEASURES, weight))
    assert weighted is None or Arithmetic(value).display(quotient_of(weighted)) == value.display(weighted)


@given(st.tuples(points, points), bands(), numbers)
def test_bands_and_the_way_to_the_next_are_those_in_fractions(of_each, declared, counted):
    score = Score({part: of_each[0], rows: of_each[1]}, perfect=rows)
    arithmetic, expected = Arithmetic(score, None, declared), score(counted)
    assert headroom_of(arithmetic.headroom(counted)) == declared.headroom(score, counted)
    if expected is not None:
        assert arithmetic.band(arithmetic.quotient(counted)) == declared.grade(expected)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 50))))
def test_the_largest_of_quotients(quotients):
    assert fraction_of(largest(quotients)) == max((Fraction(*each) for each in quotients), default=None)


class Doubled(Ratio):
    """A value of a plugin's own, with a text of its own."""

    def from_share(self, share):
        return 2 * share

    def display(self, value):
        return f"{value} of two"


class Lenient(Below):
    """A target of a plugin's own."""

    def judge(self, value, numbers):
        return MetricStatus.GOOD

    def headroom(self, value, numbers):
        return Headroom(allowed=7, needed=0, used=Fraction(1, 3))


class Two(Bands):
    """Bands of a plugin's own."""

    def grade(self, value):
        return "HIGH" if value > 1 else "LOW"


COUNTED = {part: 1, other: 2, third: 3, rows: 4, units: 0}


def test_classes_of_a_plugin_compute_themselves_even_if_they_inherit_from_ours():
    doubled = Arithmetic(Doubled(part, rows), Lenient("0.1"))
    assert doubled.is_own
    assert fraction_of(doubled.quotient(COUNTED)) == Fraction(1, 2)
    assert doubled.display((1, 2)) == "1/2 of two"
    assert doubled.status((1, 2), COUNTED) is MetricStatus.GOOD
    assert doubled.headroom(COUNTED) == (7, 0, (1, 3))
    assert Arithmetic(part / rows, Lenient("0.1")).is_own
    score = Score({part: 0, rows: 100}, perfect=rows)
    assert Arithmetic(score, None, Two(LOW=0, HIGH=2)).band((3, 2)) == "HIGH"


@pytest.mark.parametrize("number", [0.5, True, "1/2"])
def test_a_number_that_is_not_exact_is_refused(number):
    with pytest.raises(TypeError, match="Compute it exactly"):
        quotient_of(number)
    assert quotient_of(None) is None
    assert quotient_of(3) == (3, 1)
