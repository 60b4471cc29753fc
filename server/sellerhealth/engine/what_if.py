"""What-if: the numbers of a metric with changes to some measures, and its result for other numbers. A change to one measure changes no other."""

from collections.abc import Iterable, Iterator, Mapping

from sellerhealth.engine.queries import QueryResult
from sellerhealth.errors import BadInput
from sellerhealth.metrics.measures import Numbers, Ratio, refines
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult, UnavailableReason
from sellerhealth.metrics.values import Percent

_UNKNOWABLE = (UnavailableReason.SOURCE_MISSING, UnavailableReason.WITHOUT_CHANNEL)  # with any numbers
PartAndWhole = tuple[tuple[str, ...], tuple[str, ...]]  # keys of measures whose sum is a part of the sum of others


def apply_changes(metric: Metric, numbers: Mapping[str, int], changes: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The numbers after changes, (measure, what to add), applied together. Raises BadInput for impossible numbers."""
    after = {name: numbers.get(name, 0) for name in metric.all_measures}
    for name, by in changes:
        after[name] += by
    for name, number in after.items():
        if number < 0:
            raise BadInput(f"`{name}` would be {number}: it is {numbers.get(name, 0)} now, and a count cannot be negative.")
    for part, whole in _parts(metric):
        many, all_of_them = (sum(after[name] for name in names) for names in (part, whole))
        if many > all_of_them:
            raise BadInput(
                f"`{' + '.join(part)}` would be {many}, but it is a part of `{' + '.join(whole)}`, which would be {all_of_them}. "
                "Only the measures named are changed: change the whole together with its part."
            )
    return after


def result_with(
    metric: Metric, result: MetricResult, query_result: QueryResult, numbers: Mapping[str, int], weighted: Numbers | None = None
) -> MetricResult:
    """What a result would be with other numbers: for the same coverage, and with all its unproven rows."""
    return metric.result(
        numbers,
        weighted=weighted,
        unavailable=result.reason if result.reason in _UNKNOWABLE else None,
        proven=None not in query_result.coverage.values(),
        stale=bool(query_result.stale),
        rejected=query_result.rejected,
        unproven=result.unproven.by_kind,
    )


def _parts(metric: Metric) -> Iterator[PartAndWhole]:
    """The parts that cannot exceed their whole: each measure refined from another, and the measures that a ratio adds up."""
    measures = metric.measures.items()
    for name, measure in measures:
        yield from (((name,), (other,)) for other, whole in measures if other != name and refines(measure, whole))
    names = {measure: name for name, measure in metric.all_measures.items()}
    for value in (metric.value, *(figure.value for figure in metric.figures.values())):
        if type(value) in (Ratio, Percent) and isinstance(value, Ratio):
            part, whole = value.part.measures, value.whole.measures
            if len(part) > 1 and all(any(refines(each, one) for one in whole) for each in part):
                yield tuple(names[each] for each in part), tuple(names[one] for one in whole)
