"""Answer hours: within how many hours half of the messages and nine in ten are answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sellerhealth import Figure, Measure, Metric, MetricUnit, Numbers, Window, count
from sellerhealth.facts import Message


@dataclass(frozen=True, eq=False)
class Quantile:
    """A percentile read from a histogram: the upper end of the class in which a share of the rows is reached."""

    share: Fraction
    ends: Mapping[Measure, int]  # the upper end of each class, in ascending order
    unit: MetricUnit = MetricUnit.HOURS

    @property
    def measures(self) -> tuple[Measure, ...]:
        return tuple(self.ends)

    def __call__(self, numbers: Numbers) -> Fraction | None:
        rows = sum(numbers[measure] for measure in self.ends)
        reached = Fraction(0)
        for measure, end in self.ends.items():
            reached += numbers[measure]
            if rows and reached >= self.share * rows:
                return Fraction(end)
        return None

    def display(self, value: Fraction) -> str:
        return f"{value} hours"


ENDS = (1, 4, 12, 24, 48)

messages = count(on=Message.received_on, where=Message.counts, description="Messages that need an answer.")
classes = {
    f"within_{end}": (Message.answered_after <= end * 3600, f"Answered within {end} hours, without the classes before.")
    for end in ENDS[:-1]
}
histogram = messages.split(classes, rest=("later", "Answered later or not at all. They count as 48 hours."))
ends = dict(zip(histogram.values(), ENDS, strict=True))

answer_hours = Metric(
    key="acme_answer_hours",
    title="Answer hours",
    description="Within how many hours nine in ten messages are answered, to the nearest of 1, 4, 12, 24 and 48.",
    section="acme",
    windows=(Window(30, lag=2),),
    measures={"messages": messages, **histogram},
    value=Quantile(Fraction("0.9"), ends),
    figures={"median": Figure(Quantile(Fraction("0.5"), ends), "Within how many hours half of them are answered.")},
)
