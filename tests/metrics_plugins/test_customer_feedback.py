"""Customer feedback: what still stands, by the day it was left and by the class stored with it."""

from fractions import Fraction

import pytest

from sellerhealth import MetricStatus, half_up
from sellerhealth.facts import Feedback, FeedbackClass
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import CLOCK, Account, World, at
from sellerhealth_metrics.customer_feedback import customer_feedback as metric
from sellerhealth_metrics.feedback_classifier import classify_feedback
from tests.support.vectors import Vectors


def test_five_and_four_stars_of_all_are_its_value():
    result = metric.result({"total": 1020, "positive": 1001, "neutral": 15, "negative": 4, "stars_given": 4900})
    assert (result.fraction, result.status, result.headroom) == ((1001, 1020), MetricStatus.WITHOUT_TARGET, None)
    assert [result.figures[name].display for name in metric.figures] == ["98 %", "1 %", "0 %", "4.8"]


@pytest.mark.parametrize(("left", "counts"), [((3, 1, 23), 0), ((3, 2, 0), 1)])
def test_it_counts_by_the_day_it_was_left(world: World, left, counts):
    seller = world.account()
    order_id = seller.order(placed_at=at(1, 2))
    seller.add(Feedback, order_id=order_id, left_at=at(*left), rating=1)
    assert world.measure(seller, metric, window=metric.windows[1]).numbers["total"] == counts


@pytest.mark.parametrize("gone", [{"removed_at": CLOCK}, {"struck_through": True}, {"rating": None}])
def test_removed_feedback_does_not_count(world: World, gone):
    seller = world.account()
    seller.add(Feedback, order_id="1", **{"left_at": at(3, 20), "rating": 1} | gone)
    seller.add(Feedback, order_id="2", left_at=at(3, 20), rating=5, struck_through=False)
    numbers = world.measure(seller, metric).numbers
    assert numbers == {"total": 1, "positive": 1, "neutral": 0, "negative": 0, "stars_given": 5}


def test_a_lifetime_has_no_first_day(world: World):
    seller = world.account()
    seller.add(Feedback, order_id="1", left_at=at(1, 1, year=2011), rating=5)
    (lifetime,) = (window for window in metric.windows if window.days == 0)
    assert world.measure(seller, metric, window=lifetime).numbers["total"] == 1
    assert world.measure(seller, metric).value is None


def test_without_a_source_there_is_no_value(world: World):
    assert world.measure(world.account(covers={FactKind.ORDER}), metric).reason == "SOURCE_MISSING"


@pytest.mark.parametrize(("stars", "expected"), [(1, "NEGATIVE"), (2, "NEGATIVE"), (3, "NEUTRAL"), (4, "POSITIVE"), (5, "POSITIVE")])
def test_the_classifier_goes_by_the_stars(stars, expected):
    assert classify_feedback(stars) is FeedbackClass(expected)


# ---------------------------------------------------------------- the examples of vectors.json

vectors = Vectors("FEEDBACK")


def feedback(seller: Account, *stars: int) -> None:
    """So many pieces of feedback with 1, 2, 3, 4 and 5 stars."""
    for rating, number in enumerate(stars, start=1):
        for index in range(number):
            seller.add(Feedback, order_id=f"{rating}-{index}", left_at=at(3, 20), rating=rating)


@vectors.case("Amazon help 1001/15/4", positive=1001, neutral=15, negative=4)
@vectors.case("Amazon help 90/5/5", positive=90, neutral=5, negative=5)
@vectors.case("2011 page 30 days", positive=356, neutral=11, negative=20, days=30)
@vectors.case("2011 page 90 days", positive=1083, neutral=32, negative=47, days=90)
@vectors.case("2011 page 365 days", positive=1246, neutral=40, negative=49, days=365)
@vectors.case("7/0/1: 12.5 -> 13 (half-up), 87.5 -> 88, sums to 101", positive=7, neutral=0, negative=1, days=0)
@vectors.case("none", positive=0, neutral=0, negative=0, days=0)
def shares(world: World, positive: int, neutral: int, negative: int, days: int = 365) -> object:
    seller = world.account()
    feedback(seller, negative, 0, neutral, 0, positive)
    (window,) = (window for window in metric.windows if window.days == days)
    result = world.measure(seller, metric, window=window)
    percents = [result.figures[f"{name}_percent"].value for name in ("positive", "neutral", "negative")]
    return [*(None if percent is None else int(percent) for percent in percents), result.numbers["total"]]


@vectors.case("stars 55/35/5/3/2 mean")
def mean_of_the_stars(world: World) -> object:
    seller = world.account()
    feedback(seller, 2, 3, 5, 35, 55)
    result = world.measure(seller, metric)
    assert result.figures["stars"].display == "4.4"
    return str(half_up(Fraction(result.numbers["stars_given"], result.numbers["total"]), 2))


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]
