"""Checks that a metric counts what it should, and nothing where there is nothing."""

from collections.abc import Iterator

from sellerhealth.errors import did_you_mean
from sellerhealth.metrics.measures import MetricUnit
from sellerhealth.metrics.result import MetricResult, UnavailableReason
from sellerhealth.metrics.values import Count, Value
from sellerhealth.testing.clock import TODAY
from sellerhealth.testing.metric_subject import LIFETIME, NEXT_YEAR, MetricSubject, describe_window
from sellerhealth.testing.world import new_world

_UNDEFINED_WITHOUT_ROWS = (MetricUnit.DAYS, MetricUnit.FRACTION, MetricUnit.HOURS, MetricUnit.PERCENT, MetricUnit.STARS)


def check_every_measure_counts(subject: MetricSubject) -> Iterator[str]:
    """Every measure counts some of the author's facts: no other check finds a condition that is never met."""
    with subject.with_facts() as (world, account):
        in_windows = [subject.numbers(world, account, window) for window in subject.metric.windows]
        in_lifetime = subject.numbers(world, account, LIFETIME, as_of=NEXT_YEAR)
    spans = " or ".join(f"{first} to {last}" for first, last in (window.span(TODAY) for window in subject.metric.windows))
    for name in subject.metric.all_measures:
        if any(numbers[name] for numbers in in_windows):
            continue
        if in_lifetime[name]:
            yield f"the measure {name!r} counts facts of `add_facts`, but none on a day of a window ({spans}). Add some on these days."
        else:
            yield (
                f"the measure {name!r} counts none of the facts of `add_facts`. Add some that it should count; "
                "if there are some, its condition is never met: fix it."
            )


def check_expected_numbers(subject: MetricSubject) -> Iterator[str]:
    """The numbers over the first window are those that the author expects."""
    window = subject.metric.windows[0]
    with subject.with_facts() as (world, account):
        numbers = subject.numbers(world, account, window)
    for name, number in subject.expected.items():
        if name not in numbers:
            yield f"`expected` names {name!r}, which is not one of its measures.{did_you_mean(name, numbers)}"
        elif numbers[name] != number:
            yield (
                f"the measure {name!r} is {numbers[name]} {describe_window(window, TODAY)}, but `expected` says {number}. "
                "Fix its condition, `add_facts` or `expected`."
            )


def check_unknown_without_source(subject: MetricSubject) -> Iterator[str]:
    """Without any import the value is unknown, not 0: the absence of facts proves nothing. See docs/spec/rules.md#coverage."""
    window = subject.metric.windows[0]
    with new_world() as world:
        result = subject.results(world, world.account(covers=()), window)[""]
    if result.reason is not UnavailableReason.SOURCE_MISSING:
        yield (
            f"its value is {result.display} for an account without any import, so nothing is known. Leave `unavailable` to Metric.result."
        )


def check_without_facts(subject: MetricSubject) -> Iterator[str]:
    """If nothing happened, a count is 0, and a share or a mean is unknown."""
    window = subject.metric.windows[0]
    with new_world() as world:
        result = subject.results(world, world.account(), window)[""]
    yield from _value_without_facts("its value", subject.metric.value, result)
    for name, figure in subject.metric.figures.items():
        yield from _value_without_facts(f"the figure {name!r}", figure.value, result, name)


def _value_without_facts(name: str, value: Value, result: MetricResult, figure: str | None = None) -> Iterator[str]:
    reading = result if figure is None else result.figures[figure]
    if isinstance(value, Count) and reading.value != 0:
        yield f"{name} is {reading.display} although nothing was counted. A Count of nothing is 0."
    elif value.unit in _UNDEFINED_WITHOUT_ROWS and reading.value is not None:
        yield (
            f"{name} is {reading.display} although there are no rows to compute it from. "
            f"Return None then: any number in {value.unit} claims that something happened."
        )
