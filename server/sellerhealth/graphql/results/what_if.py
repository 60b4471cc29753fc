"""What-if: a result with other numbers."""

from collections.abc import Sequence

from sellerhealth.engine.queries import QueryResult
from sellerhealth.engine.what_if import apply_changes
from sellerhealth.errors import BadInput
from sellerhealth.graphql.arguments import one_of
from sellerhealth.graphql.decorators import field, input_type, object_type
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.enums import MetricStatus, UnavailableReason
from sellerhealth.graphql.types.values import Headroom
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult

_UNKNOWABLE = (UnavailableReason.SOURCE_MISSING, UnavailableReason.WITHOUT_CHANNEL)  # with any numbers


@input_type
class MeasureChange:
    """A change to a measure, to see its effect."""

    by: int = field(description="What to add. Negative to take away. Changes to the same measure are added up.")
    measure: str = field(description="The key of a measure from `figures`.")


@object_type
class WhatIf:
    """A hypothetical result."""

    display: str = field(description="The value for people.")
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
    unavailable = result.reason if result.reason in _UNKNOWABLE else None
    would_be = metric.result(
        numbers,
        unavailable=unavailable,
        proven=None not in query_result.coverage.values(),
        stale=bool(query_result.stale),
        rejected=query_result.rejected,
        unproven=result.unproven.by_kind,
    )
    return WhatIf(
        display=would_be.display,
        headroom=None if would_be.headroom is None else converters.headroom(would_be.headroom),
        status=would_be.status,
        value=converters.number(would_be.value),
    )
