"""Contact response time: buyer messages answered within 24 hours. See docs/metrics.md#contact-response-time."""

from decimal import Decimal

from pydantic import BaseModel, PositiveInt

from sellerhealth import AtLeast, AtRisk, Figure, Mean, Metric, MetricUnit, ReportedAs, Share, Window, count, passed
from sellerhealth.facts import Message


class Settings(BaseModel):
    """`limit_hours`: the number of hours within which a message must be answered."""

    target: Share = Decimal("0.90")
    warn: Share = Decimal("0.92")
    limit_hours: PositiveInt = 24


def contact_response_time(settings: Settings) -> Metric:
    """The metric. A message that may still be answered in time is in neither number."""
    hours = settings.limit_hours
    seconds = hours * 3600
    unanswered = Message.answered_after.is_(None)
    overdue = passed(Message.received_at, hours=hours)

    received = count(on=Message.received_on, where=Message.counts)
    messages = received.where(~unanswered | overdue, f"Messages that needed a reply: answered, or silent for more than {hours} hours.")
    in_time = messages.where(Message.answered_after <= seconds, f"Messages answered within {hours} hours.")
    late = messages.where(Message.answered_after > seconds, f"Messages answered after more than {hours} hours.")
    answered_after = messages.total(Message.answered_after)

    return Metric(
        key="contact_response_time",
        title="Contact response time",
        description=f"The share of buyer messages answered within {hours} hours. Amazon no longer sets a target; the older one is used.",
        section="account_health",
        windows=(Window(30), Window(7), Window(90)),
        measures={
            "messages": messages,
            "in_time": in_time,
            "late": late,
            "unanswered": messages.where(unanswered, f"Messages without an answer for more than {hours} hours."),
            "pending": received.where(unanswered).without(
                overdue, f"Messages without an answer, not yet {hours} hours old. They are not in `messages`."
            ),
        },
        hidden={"answered_after": answered_after},
        value=in_time / messages,
        target=AtLeast(settings.target, warn=settings.warn, enforced=False),
        figures={
            "average_hours": Figure(
                Mean(answered_after, in_time + late, unit=MetricUnit.HOURS, per=3600),
                "The mean time to an answer in hours. Null when nothing was answered.",
            )
        },
        at_risk=AtRisk(received.where(unanswered), Message.received_at, "The message is not answered yet.", hours=hours),
        reported=(ReportedAs("responseUnder24Hours"),) if hours == 24 else (),
        source="docs/metrics.md#contact-response-time",
    )
