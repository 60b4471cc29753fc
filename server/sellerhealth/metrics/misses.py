"""Misses: the rows that make a value worse, and the rows that they are a share of, from the declaration of a metric."""

from typing import NamedTuple

from sellerhealth.metrics.measures import Measure, Numbers, Ratio, refines
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import TargetCondition
from sellerhealth.metrics.values import Count, Mean, Score


class Misses(NamedTuple):
    """Rows as sums of measures: those in `counted` without those in `but_not`, of the ones in `of`, which is empty where they are no share."""

    counted: tuple[Measure, ...]
    but_not: tuple[Measure, ...]
    of: tuple[Measure, ...]

    def number(self, numbers: Numbers) -> int:
        """How many there are."""
        return int(sum(numbers[each] for each in self.counted) - sum(numbers[each] for each in self.but_not))

    def rows(self, numbers: Numbers) -> int | None:
        """How many rows they are a share of. None if they are no share."""
        return int(sum(numbers[each] for each in self.of)) if self.of else None


def misses_of(metric: Metric) -> Misses | None:
    """The misses of a metric: what its target wants few of. None if only a named measure can say, as without a target."""
    value, target = metric.value, metric.target
    if isinstance(value, Score):
        perfect = value.points[value.perfect]
        return Misses(tuple(measure for measure, points in value.points.items() if points < perfect), (), value.measures)
    if target is None or isinstance(value, Mean):
        return None
    is_share = isinstance(value, Ratio) and value.is_share
    if isinstance(value, Ratio) and target.condition is TargetCondition.AT_LEAST:
        return Misses(value.whole.measures, value.part.measures, value.whole.measures) if is_share else None
    if target.condition is TargetCondition.AT_LEAST:
        return None
    if isinstance(value, Ratio):
        return Misses(value.part.measures, (), value.whole.measures if is_share else ())
    return Misses(value.measures, (), ()) if type(value) is Count else None


def counted_by(metric: Metric, key: str) -> Misses:
    """The rows of one measure, and those that they are a share of: of the value, else of the first measure that includes them."""
    measure, value = metric.measures[key], metric.value
    if isinstance(value, Score) and measure in value.points:
        return Misses((measure,), (), value.measures)
    wholes = value.whole.measures if isinstance(value, Ratio) else ()
    if any(refines(measure, whole) for whole in wholes):
        return Misses((measure,), (), wholes)
    including = (other for other in metric.measures.values() if other is not measure and refines(measure, other))
    return Misses((measure,), (), tuple(including)[:1])
