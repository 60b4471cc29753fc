"""Whether a metric counts what it should: the facts that it is about, and nothing where there is nothing."""

from collections.abc import Iterator

from sellerhealth.errors import did_you_mean
from sellerhealth.metrics.measures import MetricUnit
from sellerhealth.metrics.result import MetricResult, UnavailableReason
from sellerhealth.metrics.values import Count, Value
from sellerhealth.testing.clock import TODAY
from sellerhealth.testing.subject import EVER, LIFETIME, Subject, over
from sellerhealth.testing.world import new_world

_OF_SOMETHING = (MetricUnit.DAYS, MetricUnit.FRACTION, MetricUnit.HOURS, MetricUnit.PERCENT, MetricUnit.STARS)


def nothing_counted(subject: Subject) -> Iterator[str]:
    """Measures that count none of the facts told: a condition that is never met shows in nothing else."""
    with subject.told() as (world, account):
        in_windows = [subject.numbers(world, account, window) for window in subject.metric.windows]
        ever = subject.numbers(world, account, LIFETIME, as_of=EVER)
    spans = " or ".join(f"{first} to {last}" for first, last in (window.span(TODAY) for window in subject.metric.windows))
    for name in subject.metric.all_measures:
        if any(numbers[name] for numbers in in_windows):
            continue
        if ever[name]:
            yield f"the measure {name!r} counts facts that `add_facts` adds, but none on a day of a window ({spans}). Tell some of these days."
        else:
            yield (
                f"the measure {name!r} counts none of the facts that `add_facts` adds. Tell some that it should count; "
                "if there are some, its condition is never met: mend it."
            )


def not_as_expected(subject: Subject) -> Iterator[str]:
    """Numbers over the first window other than those that the author worked out."""
    window = subject.metric.windows[0]
    with subject.told() as (world, account):
        numbers = subject.numbers(world, account, window)
    for name, number in subject.expected.items():
        if name not in numbers:
            yield f"`expected` names {name!r}, which is no measure of it.{did_you_mean(name, numbers)}"
        elif numbers[name] != number:
            yield (
                f"the measure {name!r} is {numbers[name]} {over(window, TODAY)}, but `expected` says {number}. "
                "Mend its condition, the facts that `add_facts` adds, or `expected`."
            )


def known_without_a_source(subject: Subject) -> Iterator[str]:
    """A value although no source was ever imported: nobody can know that nothing happened. See docs/spec/rules.md#coverage."""
    window = subject.metric.windows[0]
    with new_world() as world:
        result = subject.results(world, world.account(tells=()), window)[""]
    if result.reason is not UnavailableReason.SOURCE_MISSING:
        yield (
            f"its value is {result.display} for an account of which no source was ever imported: nobody can know then that nothing "
            "happened. Leave it to Metric.result what is `unavailable`."
        )


def not_nothing(subject: Subject) -> Iterator[str]:
    """Numbers or shares although nothing happened: a count is then 0, and a share of nothing is unknown."""
    window = subject.metric.windows[0]
    with new_world() as world:
        result = subject.results(world, world.account(), window)[""]
    yield from _of_nothing("its value", subject.metric.value, result)
    for name, figure in subject.metric.figures.items():
        yield from _of_nothing(f"the figure {name!r}", figure.value, result, name)


def _of_nothing(what: str, value: Value, result: MetricResult, figure: str | None = None) -> Iterator[str]:
    reading = result if figure is None else result.figures[figure]
    if isinstance(value, Count) and reading.value != 0:
        yield f"{what} is {reading.display} although nothing was counted. A Count of nothing is 0."
    elif value.unit in _OF_SOMETHING and reading.value is not None:
        yield (
            f"{what} is {reading.display} although there is nothing to work it out from. "
            f"Return None for that: in {value.unit} every number says that something happened."
        )
