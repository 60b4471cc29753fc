"""Values, limits and headroom are computed in integers. Compared with the same formulas in fractions, as docs/spec/rules.md writes them."""

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sellerhealth import AtLeast, Bands, Below, Headroom, Mean, MetricStatus, Percent, Score, count, half_up
from sellerhealth.facts import Order


def measure():
    return count(on=Order.placed_on, where=Order.accepted)


part, whole = measure(), measure()
ratio, percent = part / whole, Percent(part, whole)
counts = st.integers(0, 5_000)
# Days that weigh less make numbers of rows fractions.
weighted = st.one_of(counts, st.fractions(0, 5_000, max_denominator=2**20))
limits = st.fractions(Fraction(1, 1_000), 2, max_denominator=10_000)
signed = st.fractions(-1_000, 1_000, max_denominator=3_000)


def rounded(value, places):
    """The nearest number with so many places, halves away from zero."""
    size = Fraction(math.floor(abs(value) * 10**places + Fraction(1, 2)), 10**places)
    return -size if value < 0 else size


@given(signed, st.integers(0, 4))
def test_rounding(value, places):
    displayed = half_up(value, places)
    assert Fraction(displayed) == rounded(value, places)
    assert displayed.as_tuple().exponent == -places


@given(weighted, weighted.filter(bool), st.integers(1, 3_600), st.integers(0, 4))
def test_values(number, of, per, places):
    numbers = {part: number, whole: of}
    share = Fraction(number) / of
    assert ratio(numbers) == share
    assert percent(numbers) == rounded(share * 100, 0)
    assert Mean(part, whole, per=per)(numbers) == share / per
    assert Mean(part, whole, per=per, places=places, rounded=True)(numbers) == rounded(share / per, places)
    assert ratio.display(share) == f"{half_up(share * 100, 2)} %"


@given(weighted, weighted, st.integers(-500, 500), st.integers(-500, 500))
def test_scores(some, others, points, perfect):
    score = Score({part: points, whole: perfect}, perfect=whole)
    mean = Fraction(points * some + perfect * others) / (some + others) if some + others else None
    expected = None if mean is None else rounded(min(max(mean, Fraction(0)), Fraction(100)), 2)
    assert score({part: some, whole: others}) == expected


@given(signed, limits, limits)
def test_statuses(value, one, other):
    low, high = min(one, other), max(one, other)
    below = MetricStatus.CRITICAL if value >= high else MetricStatus.AT_RISK if value >= low else MetricStatus.GOOD
    assert Below(high, warn=low).judge(value, {}) is below
    at_least = MetricStatus.CRITICAL if value < low else MetricStatus.AT_RISK if value < high else MetricStatus.GOOD
    assert AtLeast(low, warn=high).judge(value, {}) is at_least


@given(counts, counts, limits)
def test_headroom_below_a_limit(bad, rows, limit):
    expected = Headroom(
        allowed=max(0, math.ceil(limit * rows - bad) - 1), needed=max(0, math.floor(bad / limit - rows) + 1), used=bad / (limit * rows or 1)
    )
    assert Below(limit).headroom(ratio, {part: bad, whole: rows}) == (expected if rows else None)


@given(counts, counts.filter(bool), limits)
def test_headroom_above_a_limit(good, rows, limit):
    missing, allowance = limit * rows - good, 1 - limit
    if allowance > 0:
        expected = Headroom(
            allowed=max(0, math.floor(-missing)),
            needed=max(0, math.ceil(missing / allowance)),
            used=1 + missing / (rows * allowance),
        )
    else:
        expected = None if missing > 0 else Headroom(allowed=0, needed=0, used=None)
    assert AtLeast(limit).headroom(ratio, {part: good, whole: rows}) == expected


@given(counts, counts.filter(bool), st.fractions(0, 100, max_denominator=400), st.fractions(0, 100, max_denominator=400))
def test_headroom_of_bands(some, perfect, one, other):
    score, numbers = Score({part: 0, whole: 100}, perfect=whole), {part: some, whole: perfect}
    bands = Bands(LOW=0, **({"HIGH": max(one, other)} if max(one, other) else {}))
    value = rounded(Fraction(100 * perfect) / (some + perfect), 2)
    higher = [end for end in bands.lower_ends.values() if end > value]
    if not higher:
        expected = Headroom(allowed=0, needed=0, used=None)
    else:
        reach = Fraction(math.ceil(higher[0] * 100), 100) - Fraction(1, 200)
        expected = Headroom(allowed=0, needed=math.ceil((reach * (some + perfect) - 100 * perfect) / (100 - reach)), used=None)
    assert bands.headroom(score, numbers) == expected
