"""Customer feedback by the day it was left, not that of the order. See docs/metrics.md#customer-feedback."""

from sellerhealth import Figure, Mean, Metric, MetricUnit, Percent, Window, count
from sellerhealth.facts import Feedback

total = count(on=Feedback.left_on, where=Feedback.counts, description="Feedback left in the window that still stands.")
positive = total.where(Feedback.positive, "Feedback classed as positive.")
neutral = total.where(Feedback.neutral, "Feedback classed as neutral.")
negative = total.where(Feedback.negative, "Feedback classed as negative.")
stars = total.total(Feedback.rating)

customer_feedback = Metric(
    key="customer_feedback",
    title="Customer feedback",
    description="Buyer feedback by the day it was left. The value is the share of positive feedback.",
    section="customer_feedback",
    windows=(Window(365), Window(30), Window(90), Window(0)),
    measures={"total": total, "positive": positive, "neutral": neutral, "negative": negative},
    hidden={"stars_given": stars},
    value=positive / total,
    figures={
        "positive_percent": Figure(Percent(positive, total), "Positive feedback in whole percent, rounded half up. Null without feedback."),
        "neutral_percent": Figure(Percent(neutral, total), "Neutral feedback in whole percent, rounded half up. Null without feedback."),
        "negative_percent": Figure(Percent(negative, total), "Negative feedback in whole percent, rounded half up. Null without feedback."),
        "stars": Figure(
            Mean(stars, total, unit=MetricUnit.STARS, places=1, rounded=True), "The mean rating with one decimal. Null without feedback."
        ),
    },
    source="docs/metrics.md#customer-feedback",
)
