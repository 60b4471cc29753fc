"""What-if: a result with other numbers."""

from collections.abc import Sequence

from sellerhealth.engine.queries import QueryResult
from sellerhealth.engine.what_if import apply_changes, result_with
from sellerhealth.errors import BadInput
from sellerhealth.graphql.arguments import one_of
from sellerhealth.graphql.decorators import displayed, field, input_type, object_type
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.enums import MetricStatus
from sellerhealth.graphql.types.values import Headroom
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult


@input_type
class MeasureChange:
    """A change to a measure, to see its effect."""

    by: int = field(description="What to add. Negative to take away. Changes to the same measure are added up.")
    measure: str = field(description="The key of a measure from `figures`.")


@object_type
class WhatIf:
    """A hypothetical result."""

    display: str = displayed(description="The value for people.")
    headroom: Headroom | None = field(description="The distance to the target.")
    status: MetricStatus = field(description="How the value would compare with the target.")
    value: float | None = field(description="The value. Null when there would be nothing to measure.")


def what_if(metric: Metric, result: MetricResult, window: Window, changes: Sequence[MeasureChange], query_result: QueryResult) -> WhatIf:
    """A result with changes to the named measures only, for the same coverage. Raises BadInput for unknown measures and impossible numbers."""
    if window.half_life is not None:
        raise BadInput(
            f"The older a row of {metric.key} is, the less it weighs in this window, so the effect of a change depends on its day."
        )
    by_measure = [(one_of(change.measure, metric.measures, f"measure of {metric.key} called"), change.by) for change in changes]
    numbers = apply_changes(metric, result.numbers, by_measure)
    return hypothetical(result_with(metric, result, query_result, numbers))


def hypothetical(would_be: MetricResult) -> WhatIf:
    """A result with other numbers, as an object of the API."""
    return WhatIf(
        display=would_be.display,
        headroom=converters.headroom(would_be.integer_headroom),
        status=would_be.status,
        value=converters.quotient(would_be.quotient),
    )
