"""The classifier of feedback."""

import pytest
from sellerhealth.facts import FeedbackClass

from acme_shop_health.feedback import classify_feedback


@pytest.mark.parametrize("comment", ["Never again!", "A SCAM", "My advice: stay away."])
def test_three_stars_with_a_threat_are_negative(comment: str) -> None:
    assert classify_feedback(3, comment) is FeedbackClass.NEGATIVE


@pytest.mark.parametrize(
    ("rating", "comment"), [(3, None), (3, "It was fine."), (1, "A scam"), (5, "Never again elsewhere")]
)
def test_the_built_in_classifier_decides_the_rest(rating: int, comment: str | None) -> None:
    assert classify_feedback(rating, comment) is None
