"""Checks that values are exact and in the range of their unit, and that targets judge as they declare. See docs/spec/rules.md."""

from collections.abc import Iterator
from fractions import Fraction

from sellerhealth.engine.results import dimensions
from sellerhealth.metrics.measures import MetricUnit, Numbers
from sellerhealth.metrics.result import MetricResult
from sellerhealth.metrics.targets import MetricStatus, Target, TargetCondition
from sellerhealth.metrics.values import Score, Value
from sellerhealth.testing.metric_subject import LIFETIME, NEXT_YEAR, MetricSubject

_RANGES = {MetricUnit.FRACTION: (0, 1), MetricUnit.PERCENT: (0, 100), MetricUnit.STARS: (1, 5)}
_FIXES = {
    MetricUnit.FRACTION: "Make its numerator a part of its denominator with .where(...); if it is not a share, use Mean(total, count).",
    MetricUnit.PERCENT: "Make its numerator a part of its denominator with .where(...), or give it another unit.",
    MetricUnit.STARS: "Give it another unit, or fix what it divides.",
}
_EPSILON = Fraction(1, 10**9)


def check_values(subject: MetricSubject) -> Iterator[str]:
    """Values are exact numbers in the range of their unit."""
    metric = subject.metric
    for result in _results(subject):
        values = {
            "its value": (metric.value, result),
            **{f"the figure {name!r}": (metric.figures[name].value, reading) for name, reading in result.figures.items()},
        }
        for name, (declared, reading) in values.items():
            value = reading.value
            if value is None:
                continue
            low, high = declared.within if isinstance(declared, Score) else _RANGES.get(declared.unit, (value, value))
            if not low <= value <= high:
                numbers = ", ".join(f"{measure} = {number}" for measure, number in result.numbers.items())
                fix = _FIXES.get(declared.unit, "")
                yield f"{name} is {reading.display} for {numbers}, but {declared.unit} ranges from {low} to {high}. {fix}".rstrip()
            if not isinstance(reading.display, str) or not reading.display:
                yield f"{name} is displayed as {reading.display!r}. Let `display` return a text."


def _results(subject: MetricSubject) -> Iterator[MetricResult]:
    """Results for the author's facts: over every window, for every part, and for every day."""
    with subject.with_facts() as (world, account):
        for window in (*subject.metric.windows, LIFETIME):
            as_of = NEXT_YEAR if window is LIFETIME else world.clock.date()
            yield from subject.results(world, account, window, as_of=as_of).values()
        for by in dimensions(subject.metric):
            yield from subject.results(world, account, LIFETIME, as_of=NEXT_YEAR, by=by).values()
        for numbers in subject.days(world, account).values():
            yield subject.metric.result(numbers)


def check_targets(subject: MetricSubject) -> Iterator[str]:
    """Targets judge as their `condition`, `limit` and `warn` say."""
    metric = subject.metric
    with subject.with_facts() as (world, account):
        numbers = metric.by_measure(subject.numbers(world, account, LIFETIME, as_of=NEXT_YEAR))
    targets = {
        "its target": (metric.value, metric.target),
        **{f"the target of the figure {name!r}": (figure.value, figure.target) for name, figure in metric.figures.items()},
    }
    for name, (value, target) in targets.items():
        if target is not None:
            yield from _target_problems(name, value, target, numbers)


def _target_problems(name: str, value: Value, target: Target, numbers: Numbers) -> Iterator[str]:
    limit = Fraction(target.limit)
    below, above = limit - _EPSILON, limit + _EPSILON
    met, missed = {
        TargetCondition.BELOW: (below, limit),
        TargetCondition.AT_MOST: (limit, above),
        TargetCondition.AT_LEAST: (limit, below),
        TargetCondition.EXACTLY: (limit, limit + 1),
    }[target.condition]
    good, declared = (MetricStatus.GOOD, MetricStatus.AT_RISK), f"{name} is {target.condition} {limit}"
    if (status := target.judge(met, numbers)) not in good:
        yield f"{declared}, but it judges {_decimal(met)}, which meets that, as {status}. Fix `judge`, `condition` or `limit`."
    if (status := target.judge(missed, numbers)) is MetricStatus.GOOD or status not in MetricStatus:
        yield f"{declared}, but it judges {_decimal(missed)}, which misses that, as {status}. Fix `judge`, `condition` or `limit`."
    if target.warn is not None:
        warn = Fraction(target.warn)
        first, before = (warn - _EPSILON, warn) if target.condition is TargetCondition.AT_LEAST else (warn, warn - _EPSILON)
        if warn != limit and (status := target.judge(first, numbers)) is not MetricStatus.AT_RISK:
            yield f"{declared} and warns from {warn} on, but it judges {_decimal(first)} as {status}. Fix `judge` or `warn`."
        if (status := target.judge(before, numbers)) is not MetricStatus.GOOD:
            yield f"{declared} and warns from {warn} on, but it judges {_decimal(before)} as {status} already. Fix `judge` or `warn`."
    if not isinstance(display := target.display(value), str) or not display:
        yield f"{name} is displayed as {display!r}. Let `display` return a text."


def _decimal(value: Fraction) -> str:
    return f"{float(value):.10g}"
