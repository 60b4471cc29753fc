"""Whether a metric counts what it should: the facts that it is about, those of the account alone, and nothing where there is nothing."""

from collections.abc import Iterator

from sellerhealth.errors import did_you_mean
from sellerhealth.metrics import MetricResult, UnavailableReason
from sellerhealth.testing.clock import TODAY
from sellerhealth.testing.subject import EVER, LIFETIME, Subject, over
from sellerhealth.testing.world import new_world
from sellerhealth.values import Count, MetricUnit, Value

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
            yield f"the measure {name!r} counts facts that `tell` tells, but none on a day of a window ({spans}). Tell some of these days."
        else:
            yield (
                f"the measure {name!r} counts none of the facts that `tell` tells. Tell some that it should count; "
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
                "Mend its condition, the facts that `tell` tells, or `expected`."
            )


def known_without_a_source(subject: Subject) -> Iterator[str]:
    """A value although no source was ever imported: nobody can know that nothing happened (domain 0.1)."""
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


def others_counted(subject: Subject) -> Iterator[str]:
    """Numbers that change with the facts of another account.

    The other account has orders of the same numbers: a condition that finds related facts by their order alone finds those of
    both. Beside an account with all facts stands one with the counted facts alone, to which nothing else belongs.
    """
    counted = {measure.on.class_ for measure in subject.metric.all_measures.values()}
    with subject.told() as (world, account):
        alone = subject.numbers(world, account, LIFETIME, as_of=EVER)
    with new_world() as world:
        bare = subject.account(world)
        bare.told = [row for row in bare.told if row.fact in counted]
        bare_alone = subject.numbers(world, bare, LIFETIME, as_of=EVER)
        full = subject.account(world)
        beside = {full: (alone, subject.numbers(world, full, LIFETIME, as_of=EVER))}
        beside[bare] = bare_alone, subject.numbers(world, bare, LIFETIME, as_of=EVER)
    for before, after in beside.values():
        for name, number in after.items():
            if number != before[name]:
                yield (
                    f"the measure {name!r} is {before[name]} for an account alone, but {number} beside another one with orders of the same "
                    "numbers: it looks at facts of all accounts. Use a relationship, as in Order.claims.any(...), instead of a query of your own."
                )
