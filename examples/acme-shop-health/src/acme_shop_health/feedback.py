"""The class of a piece of feedback: three stars with a threat in words are as bad as one star."""

from sellerhealth import hookimpl
from sellerhealth.facts import FeedbackClass

THREATS = ("never again", "stay away", "scam")


@hookimpl
def classify_feedback(rating: int, comment: str | None) -> FeedbackClass | None:
    """NEGATIVE for three stars with a threat; all else is left to the built-in classifier."""
    if rating == 3 and any(threat in (comment or "").lower() for threat in THREATS):
        return FeedbackClass.NEGATIVE
    return None
