"""The numbers of a result and how far they are from a target."""

from sellerhealth.graphql.decorators import displayed, field, object_type
from sellerhealth.graphql.types.enums import FactKind, MetricUnit, TargetCondition
from sellerhealth.graphql.types.scalars import BigInt


@object_type
class MetricTarget:
    """The target of a metric."""

    condition: TargetCondition = field(description="How the value is compared with the limit.")
    display: str = displayed(description="The target for people: `under 1 %`.")
    enforced: bool = field(description="Whether Amazon acts on a miss. False for an older target, or when there is too little to judge.")
    limit: float = field(description="The limit, in the unit of the metric.")
    warning: float | None = field(description="The value at which the status becomes `AT_RISK`. Null when there is no such line.")
    warning_display: str | None = displayed(
        description="Where the status becomes `AT_RISK`, for people: `from 0.75 % on` or `under 98 %`. Null when there is no such line."
    )


@object_type
class Headroom:
    """The distance to a target."""

    allowed: BigInt = field(description="How many more misses the target allows. 0 when it is missed.")
    needed: BigInt = field(description="How many further rows without a miss bring the target back. 0 when it is met.")
    used: float | None = field(
        description="The share of the allowance that is used: 0 is perfect, 1 and more is a miss. Comparable between metrics. "
        "Null when the target allows nothing."
    )


@object_type
class Figure:
    """A number behind a metric: a measure, counted from facts, or a figure derived from measures."""

    key: str = field(description="The key of the figure, for example `negative_feedback`. The object type has it as `negativeFeedback`.")
    title: str = field(description="A short name for people.")
    description: str = field(description="What it counts, in a sentence.")
    value: float | None = field(description="The number. Null when there is nothing to measure, or when the figure is a word.")
    display: str = displayed(description="The figure for people: `8`, `4.4`, `Very good` or `N/A`.")
    unit: MetricUnit = field(description="The unit of the number.")
    fact: FactKind | None = field(
        description="The kind of fact that `evidence` lists for it. Null for a derived figure, which has no facts of its own."
    )
