"""Checks that a headroom is right: doing what it says meets the target, and less does not. See docs/spec/rules.md#headroom."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from sellerhealth.metrics.measures import Measure, Number, Numbers, Ratio
from sellerhealth.metrics.targets import Headroom, MetricStatus, Target, TargetCondition
from sellerhealth.metrics.values import Score, Value
from sellerhealth.testing.metric_subject import LIFETIME, NEXT_YEAR, MetricSubject

_MULTIPLES = (1, 7, 400)  # of the author's numbers: a rounding mistake may occur only with few rows, or only with many


def check_headroom(subject: MetricSubject) -> Iterator[str]:
    """The headrooms of the target and of the bands, for the author's numbers and for variations of them."""
    metric = subject.metric
    with subject.with_facts() as (world, account):
        base = subject.numbers(world, account, LIFETIME, as_of=NEXT_YEAR)
    for factor in _MULTIPLES:
        numbers = {name: factor * number for name, number in base.items()}
        if isinstance(metric.value, Score) and metric.bands is not None:
            yield from _band_headroom_problems(subject, numbers)
        if metric.target is not None:
            for variation in _variations(metric.value, metric.by_measure(numbers)):
                yield from _headroom_problems(metric.value, metric.target, variation)


def _variations(value: Value, numbers: Numbers) -> Iterator[Numbers]:
    """The numbers themselves; for a ratio also with none, one, some and all of its rows in the numerator."""
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


def _headroom_problems(value: Value, target: Target, numbers: Numbers) -> Iterator[str]:
    number = value(numbers)
    headroom = None if number is None else target.headroom(value, numbers)
    if number is None or headroom is None:
        return
    status = target.judge(number, numbers)
    is_met = _is_met(target, status)
    used = headroom.used
    at = f"at {value.display(number)} ({status}) its headroom says allowed={headroom.allowed}, needed={headroom.needed}, used={used}"
    if not all(isinstance(rows, int) and rows >= 0 for rows in (headroom.allowed, headroom.needed)):
        yield f"{at}. `allowed` and `needed` are numbers of rows: whole numbers, 0 or more."
    elif (headroom.needed == 0) is not is_met:
        yield f"{at}. `needed` is 0 when the target is met, and only then."
    elif headroom.allowed and not is_met:
        yield f"{at}. `allowed` is 0 while the target is missed."
    elif used is not None and ((used > 1 and is_met) or (used < 1 and not is_met) or used < 0):
        yield f"{at}. `used` is a share of the allowance: 0 or more, up to 1 while the target is met, 1 or more when it is missed."
    elif type(value) is Ratio:
        yield from (f"{at}; {problem}" for problem in _ratio_headroom_problems(value, target, numbers, headroom))


def _ratio_headroom_problems(value: Ratio, target: Target, numbers: Numbers, headroom: Headroom) -> Iterator[str]:
    """The effect of one more row on a ratio is known, so `allowed` and `needed` are checked with one row more and one less."""
    part, whole = int(value.part.of(numbers)), int(value.whole.of(numbers))
    higher_is_better = target.condition is TargetCondition.AT_LEAST  # then a good row counts in the numerator, else a bad one

    def is_met(part: int, whole: int) -> bool:
        return _is_met(target, target.judge(Fraction(part, whole), numbers))

    def after_misses(rows: int) -> int:
        return part - rows if higher_is_better else part + rows

    def after_good_rows(rows: int) -> int:
        return part + rows if higher_is_better else part

    if target.condition is TargetCondition.EXACTLY:
        return
    allowed, needed = headroom.allowed, headroom.needed
    if allowed and not is_met(after_misses(allowed), whole):
        yield f"but with {allowed} more misses it is {after_misses(allowed)} of {whole}, which misses the target. Lower `allowed`."
    if is_met(part, whole) and 0 <= after_misses(allowed + 1) <= whole and is_met(after_misses(allowed + 1), whole):
        yield f"but with {allowed + 1} more misses it is {after_misses(allowed + 1)} of {whole}, which still meets the target. Raise `allowed`."
    if needed and not is_met(after_good_rows(needed), whole + needed):
        yield f"but with {needed} more good rows it is {after_good_rows(needed)} of {whole + needed}, which misses the target. Raise `needed`."
    if needed and is_met(after_good_rows(needed - 1), whole + needed - 1):
        yield f"but {needed - 1} good rows are enough: {after_good_rows(needed - 1)} of {whole + needed - 1} meets the target. Lower `needed`."


def _is_met(target: Target, status: MetricStatus) -> bool:
    return status is MetricStatus.GOOD or (target.condition is not TargetCondition.EXACTLY and status is MetricStatus.AT_RISK)


def _band_headroom_problems(subject: MetricSubject, numbers: Mapping[str, int]) -> Iterator[str]:
    metric, value = subject.metric, subject.metric.value
    result = metric.result(numbers)
    if not isinstance(value, Score) or result.headroom is None or not (needed := result.headroom.needed):
        return
    (perfect,) = [name for name, measure in metric.all_measures.items() if measure is value.perfect]
    for added, should_rise in ((needed, True), (needed - 1, False)):
        after = metric.result({**numbers, perfect: numbers[perfect] + added})
        if (after.band != result.band) is not should_rise:
            yield (
                f"its headroom says that {needed} perfect rows lead from the band {result.band} to the next, but {added} of them lead to "
                f"{after.display}, {after.band}. Fix `headroom` of its bands."
            )
