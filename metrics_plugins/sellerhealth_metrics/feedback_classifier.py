"""The class of a piece of feedback by its stars: 4 and 5 are positive, 3 is neutral, 1 and 2 are negative. See docs/metrics.md#feedback-classes."""

from sellerhealth import hookimpl
from sellerhealth.facts import FeedbackClass


@hookimpl
def classify_feedback(rating: int) -> FeedbackClass:
    """The class by the stars alone, whatever the comment."""
    if rating >= 4:
        return FeedbackClass.POSITIVE
    return FeedbackClass.NEUTRAL if rating == 3 else FeedbackClass.NEGATIVE
