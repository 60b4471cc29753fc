"""Whether the values, verdicts and headrooms of a metric agree with each other and with what they claim to be. See docs/spec/rules.md#headroom."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from sellerhealth.engine.results import dimensions
from sellerhealth.metrics.measures import Measure, MetricUnit, Number, Numbers, Ratio
from sellerhealth.metrics.result import MetricResult
from sellerhealth.metrics.targets import Headroom, MetricStatus, Target, TargetCondition
from sellerhealth.metrics.values import Score, Value
from sellerhealth.testing.subject import EVER, LIFETIME, Subject

_RANGES = {MetricUnit.FRACTION: (0, 1), MetricUnit.PERCENT: (0, 100), MetricUnit.STARS: (1, 5)}
_REMEDIES = {
    MetricUnit.FRACTION: "Make its numerator a part of its denominator with .where(...); if it is no share, use Mean(total, count).",
    MetricUnit.PERCENT: "Make its numerator a part of its denominator with .where(...), or give it another unit.",
    MetricUnit.STARS: "Give it another unit, or mend what it divides.",
}
_LITTLE = Fraction(1, 10**9)
_MULTIPLES = (1, 7, 400)  # of what was told: targets are met or missed by few rows and by many


def _told(subject: Subject) -> Iterator[MetricResult]:
    """Results for what was told: over every window, for every part, and day by day."""
    with subject.told() as (world, account):
        for window in (*subject.metric.windows, LIFETIME):
            yield from subject.results(world, account, window, as_of=EVER if window is LIFETIME else world.clock.date()).values()
        for by in dimensions(subject.metric):
            yield from subject.results(world, account, LIFETIME, as_of=EVER, by=by).values()
        for numbers in subject.days(world, account).values():
            yield subject.metric.result(numbers)


def out_of_range(subject: Subject) -> Iterator[str]:
    """Values that are no exact numbers, or lie where their unit has none."""
    metric = subject.metric
    for result in _told(subject):
        named = {
            "its value": (metric.value, result),
            **{f"the figure {name!r}": (metric.figures[name].value, reading) for name, reading in result.figures.items()},
        }
        for what, (value, reading) in named.items():
            found = reading.value
            if found is None:
                continue
            counted = ", ".join(f"{name} = {number}" for name, number in result.numbers.items())
            if not isinstance(found, Fraction):
                yield f"{what} is {found!r}, of the type {type(found).__name__}. Work it out exactly and return a fractions.Fraction, or None."
                continue
            low, high = value.within if isinstance(value, Score) else _RANGES.get(value.unit, (found, found))
            if not low <= found <= high:
                yield f"{what} is {reading.display} for {counted}, but in {value.unit} it lies between {low} and {high}. {_REMEDIES.get(value.unit, '')}".rstrip()
            if not isinstance(reading.display, str) or not reading.display:
                yield f"{what} is shown as {reading.display!r}. Let `display` return a text."


def contradictory(subject: Subject) -> Iterator[str]:
    """Targets that judge otherwise than their `condition`, `limit` and `warn` say."""
    metric = subject.metric
    with subject.told() as (world, account):
        numbers = metric.by_measure(subject.numbers(world, account, LIFETIME, as_of=EVER))
    judged = {
        "its target": (metric.value, metric.target),
        **{f"the target of the figure {name!r}": (figure.value, figure.target) for name, figure in metric.figures.items()},
    }
    for what, (value, target) in judged.items():
        if target is not None:
            yield from _contradictions(what, value, target, numbers)


def _contradictions(what: str, value: Value, target: Target, numbers: Numbers) -> Iterator[str]:
    limit = Fraction(target.limit)
    below, above = limit - _LITTLE, limit + _LITTLE
    met, missed = {
        TargetCondition.BELOW: (below, limit),
        TargetCondition.AT_MOST: (limit, above),
        TargetCondition.AT_LEAST: (limit, below),
        TargetCondition.EXACTLY: (limit, limit + 1),
    }[target.condition]
    good, says = (MetricStatus.GOOD, MetricStatus.AT_RISK), f"{what} is {target.condition} {limit}"
    if (status := target.judge(met, numbers)) not in good:
        yield f"{says}, but it judges {_shown(met)}, which meets that, as {status}. Mend `judge`, `condition` or `limit`."
    if (status := target.judge(missed, numbers)) is MetricStatus.GOOD or status not in MetricStatus:
        yield f"{says}, but it judges {_shown(missed)}, which misses that, as {status}. Mend `judge`, `condition` or `limit`."
    if target.warn is not None:
        warn = Fraction(target.warn)
        first, before = (warn - _LITTLE, warn) if target.condition is TargetCondition.AT_LEAST else (warn, warn - _LITTLE)
        if warn != limit and (status := target.judge(first, numbers)) is not MetricStatus.AT_RISK:
            yield f"{says} and warns from {warn} on, but it judges {_shown(first)} as {status}. Mend `judge` or `warn`."
        if (status := target.judge(before, numbers)) is not MetricStatus.GOOD:
            yield f"{says} and warns from {warn} on, but it judges {_shown(before)} as {status} already. Mend `judge` or `warn`."
    if not isinstance(shown := target.display(value), str) or not shown:
        yield f"{what} is shown as {shown!r}. Let `display` return a text."


def _shown(value: Fraction) -> str:
    return f"{float(value):.10g}"


def misleading(subject: Subject) -> Iterator[str]:
    """Headrooms that are wrong: doing what they say does not meet the target, or less would do."""
    metric = subject.metric
    with subject.told() as (world, account):
        told = subject.numbers(world, account, LIFETIME, as_of=EVER)
    for many in _MULTIPLES:
        numbers = {name: many * number for name, number in told.items()}
        if isinstance(metric.value, Score) and metric.bands is not None:
            yield from _to_the_next_band(subject, numbers)
        if metric.target is not None:
            for example in _examples(metric.value, metric.by_measure(numbers)):
                yield from _wrong_headroom(metric.value, metric.target, example)


def _examples(value: Value, numbers: Numbers) -> Iterator[Numbers]:
    """What was told; for a share also with none of its rows in the numerator, some, and all of them."""
    yield numbers
    if isinstance(value, Ratio):
        whole, (counted, *rest) = int(value.whole.of(numbers)), value.part.measures
        others = [measure for measure in value.whole.measures if measure not in value.part.measures]
        for part in (0, 1, whole // 20, whole // 2, whole):
            changed: dict[Measure, Number] = {**numbers, **dict.fromkeys(rest, 0), counted: part}
            if others:
                changed |= dict.fromkeys(others[1:], 0)
                changed[others[0]] = whole - (part if counted in value.whole.measures else 0)
            if part <= whole == value.whole.of(changed):
                yield changed


def _wrong_headroom(value: Value, target: Target, numbers: Numbers) -> Iterator[str]:
    worth = value(numbers)
    room = None if worth is None else target.headroom(value, numbers)
    if worth is None or room is None:
        return
    status = target.judge(worth, numbers)
    meets = _meets(target, status)
    at = f"at {value.display(worth)} ({status}) its headroom says allowed={room.allowed}, needed={room.needed}, used={room.used}"
    if not all(isinstance(number, int) and number >= 0 for number in (room.allowed, room.needed)):
        yield f"{at}. Both numbers are rows: whole numbers, 0 or more."
    elif (room.needed == 0) is not meets:
        yield f"{at}. `needed` is 0 when the target is met, and only then."
    elif room.allowed and not meets:
        yield f"{at}. Nothing is allowed while the target is missed."
    elif room.used is not None and ((room.used > 1 and meets) or (room.used < 1 and not meets) or room.used < 0):
        yield f"{at}. `used` is a share of the allowance: 0 or more, up to 1 while the target is met, 1 or more when it is missed."
    elif type(value) is Ratio:
        yield from (f"{at}; {problem}" for problem in _wrong_steps(value, target, numbers, room))


def _wrong_steps(value: Ratio, target: Target, numbers: Numbers, room: Headroom) -> Iterator[str]:
    """A share tells what a row does to it, so each number can be tried, and one row more or less."""
    part, whole = int(value.part.of(numbers)), int(value.whole.of(numbers))
    is_good = target.condition is TargetCondition.AT_LEAST  # the rows of the numerator are those that one wants

    def meets(part: int, whole: int) -> bool:
        return _meets(target, target.judge(Fraction(part, whole), numbers))

    def turned_bad(rows: int) -> int:
        return part - rows if is_good else part + rows

    if target.condition is TargetCondition.EXACTLY:
        return
    if room.allowed and not meets(turned_bad(room.allowed), whole):
        yield f"but with {room.allowed} more misses it is {turned_bad(room.allowed)} of {whole}, which misses the target. Lower `allowed`."
    if meets(part, whole) and 0 <= turned_bad(room.allowed + 1) <= whole and meets(turned_bad(room.allowed + 1), whole):
        yield f"but with one more miss it is {turned_bad(room.allowed + 1)} of {whole}, which still meets the target. Raise `allowed`."
    good = (lambda rows: part + rows) if is_good else (lambda rows: part)
    if room.needed and not meets(good(room.needed), whole + room.needed):
        yield f"but with {room.needed} more clean ones it is {good(room.needed)} of {whole + room.needed}, which misses the target. Raise `needed`."
    if room.needed and meets(good(room.needed - 1), whole + room.needed - 1):
        yield f"but {room.needed - 1} clean ones are enough: {good(room.needed - 1)} of {whole + room.needed - 1} meets the target. Lower `needed`."


def _meets(target: Target, status: MetricStatus) -> bool:
    return status is MetricStatus.GOOD or (target.condition is not TargetCondition.EXACTLY and status is MetricStatus.AT_RISK)


def _to_the_next_band(subject: Subject, numbers: Mapping[str, int]) -> Iterator[str]:
    metric, value = subject.metric, subject.metric.value
    result = metric.result(numbers)
    if not isinstance(value, Score) or result.headroom is None or not (needed := result.headroom.needed):
        return
    (perfect,) = [name for name, measure in metric.all_measures.items() if measure is value.perfect]
    for more, should_rise in ((needed, True), (needed - 1, False)):
        after = metric.result({**numbers, perfect: numbers[perfect] + more})
        if (after.band != result.band) is not should_rise:
            yield (
                f"its headroom says that {needed} perfect rows lead from the band {result.band} to the next, but {more} of them lead to "
                f"{after.display}, {after.band}. Mend `headroom` of its bands."
            )
