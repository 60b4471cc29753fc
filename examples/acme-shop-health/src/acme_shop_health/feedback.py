"""A classifier of feedback: three stars with a threat in the comment are negative."""

from sellerhealth import hookimpl
from sellerhealth.facts import FeedbackClass

THREATS = ("never again", "stay away", "scam")


@hookimpl
def classify_feedback(rating: int, comment: str | None) -> FeedbackClass | None:
    """NEGATIVE for three stars with a threat. The built-in classifier decides the rest."""
    if rating == 3 and any(threat in (comment or "").lower() for threat in THREATS):
        return FeedbackClass.NEGATIVE
    return None
