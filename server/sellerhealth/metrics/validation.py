"""Validates a metric's declaration: finds fields that cannot work, or contradict each other."""

import datetime as dt
import re
from collections.abc import Iterator
from fractions import Fraction

import sqlalchemy as sa

from sellerhealth.metrics.declaration import Declaration
from sellerhealth.metrics.measures import Measure, MetricUnit, Ratio, Term
from sellerhealth.metrics.targets import AtLeast, Below, Target, exact
from sellerhealth.metrics.type_checks import plain_type
from sellerhealth.metrics.values import Score, Value
from sellerhealth.model.conjuncts import conjuncts

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_REMOVAL = re.compile(r"Removal on (\d{4}-\d{2}-\d{2}) UTC\.$")
_BAND = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_BUILT_IN_DIMENSIONS = ("marketplace", "channel")  # results can be split by these without declaring them
_STORE_COLUMNS = ("versions",)  # columns that the store keeps for itself


def problems(metric: Declaration) -> Iterator[str]:
    """The problems of a metric whose fields have the right types, each with the fix."""
    names = [
        *metric.measures,
        *metric.hidden,
        *metric.figures,
        *(["band"] if metric.bands else []),
        *(["unproven"] if metric.unproven else []),
    ]
    for name in (metric.key, *names, *metric.parts):
        if not _NAME.fullmatch(name):
            yield f"{name!r} is not in snake_case: write it in small letters with underscores, as in acme_late_orders"
    for name in {name for name in names if names.count(name) > 1}:
        yield f"{name!r} names two of its measures and figures: give one of them another name"
    if not metric.windows:
        yield "it has no window: add at least one Window"
    lengths = [(window.days, window.lag) for window in metric.windows]
    for days, lag in dict.fromkeys(length for length in lengths if lengths.count(length) > 1):
        yield f"it has the same window twice, {days} days with a lag of {lag}, and clients distinguish windows by these alone: leave one of them out"
    known = set(metric.all_measures.values())
    for name, used in _uses(metric):
        for measure in used:
            if measure not in known:
                described = f" ({measure.description})" if measure.description else ""
                yield f"{name!r} uses a measure that is neither in `measures` nor in `hidden`: add it to one of them{described}"
    for name, measure in metric.measures.items():
        if not measure.description:
            yield f"the measure {name!r} has no description: say in a sentence what it counts"
    for name, (value, target) in _judged(metric):
        yield from _limit_problems(name, value, target)
        if type(value) is Ratio and _is_narrower(value.whole, value.part):
            yield f"{name!r} is upside down: it divides rows by a part of them. Write the part first, as in late / orders"
    for name, column in metric.parts.items():
        if any(column.class_ is not measure.on.class_ for measure in known):
            yield f"the part {name!r} is a column of {column.class_.__name__}, but not every measure counts rows of that fact"
        elif not _can_split_by(column.property.columns[0]):
            fit = [each.key for each in sa.inspect(column.class_).columns if _can_split_by(each)]
            choice = f"choose {' or '.join(fit)}" if fit else "count the rows of each class with .where(...) or .split(...)"
            yield (
                f"the part {name!r} is {column.key}, and each part is judged by itself, so only texts with few values that are never null "
                f"can be split by: {choice}"
            )
        elif name in _BUILT_IN_DIMENSIONS and column.key != name:
            yield f"the part {name!r} is {column.key}, and results can be split by their {name} anyway: call it {column.key}, or leave it out"
    if metric.at_risk is not None and metric.at_risk.until.class_ is not metric.at_risk.rows.on.class_:
        yield f"`at_risk` is until {metric.at_risk.until}, which is not a column of the fact whose rows it counts: use one of theirs"
    for name in metric.bands.lower_ends if metric.bands else ():
        if not _BAND.fullmatch(name):
            yield f"the band {name!r} is not in upper case with underscores, as in VERY_GOOD"
    if metric.bands and not isinstance(metric.value, Score):
        yield "bands grade a Score: make `value` one, or leave `bands` out"
    if metric.deprecated is not None and not _has_removal_day(metric.deprecated):
        yield "`deprecated` does not say when the metric is removed: end it with a day, as in `Removal on 2027-01-31 UTC.`"


def text_problems(metric: Declaration) -> Iterator[str]:
    """Texts that a metric lacks."""
    for name in ("title", "description", "section"):
        if not getattr(metric, name).strip():
            yield f"the metric {metric.key!r} has no {name}: say it in a {'word' if name == 'section' else 'sentence'}"
    for name, figure in metric.figures.items():
        if not figure.description.strip():
            yield f"the figure {name!r} of the metric {metric.key!r} has no description: say in a sentence what it is"


def _uses(metric: Declaration) -> Iterator[tuple[str, tuple[Measure, ...]]]:
    """The measures that each field is computed from."""
    for name, (value, target) in _judged(metric):
        yield name, (*value.measures, *(target.measures if target else ()))
    if metric.minimum is not None:
        yield "minimum", metric.minimum.term.measures


def _judged(metric: Declaration) -> Iterator[tuple[str, tuple[Value, Target | None]]]:
    yield "value", (metric.value, metric.target)
    yield from ((name, (figure.value, figure.target)) for name, figure in metric.figures.items())


def _limit_problems(name: str, value: Value, target: Target | None) -> Iterator[str]:
    """Finds limits in the wrong unit: everything would be good, or nothing."""
    if target is not None:
        exact(target.limit)  # raises for what is not a number, also in a plugin's own target
        exact(0 if target.warn is None else target.warn)
    if not isinstance(target, Below | AtLeast):
        return
    least = 1 if isinstance(target, AtLeast) else Fraction(1, 10)  # a limit below 0.5 % is plausible, a goal of at least 0.9 % is not
    for limit in (target.limit, *([] if target.warn is None else [target.warn])):
        if value.unit is MetricUnit.FRACTION and exact(limit) > 1:
            yield f"{name!r} is a share of 0 to 1, so the limit {limit} makes no sense: write 4 % as '0.04'"
        if value.unit is MetricUnit.PERCENT and 0 < exact(limit) < least:
            yield f"{name!r} is in percent of 0 to 100, so the limit {limit} makes no sense: write 4 % as 4"


def _is_narrower(term: Term, than: Term) -> bool:
    """Whether one measure counts a part of the rows of another. False for sums, where it is unknown."""
    if not (isinstance(term, Measure) and isinstance(than, Measure)) or term.on is not than.on:
        return False
    return set(conjuncts(than.condition)) < set(conjuncts(term.condition))


def _can_split_by(column: sa.ColumnElement[object]) -> bool:
    """Whether results can be split by a column: a text that is never null and has few values."""
    is_key = getattr(column, "primary_key", False) or getattr(column, "key", None) in _STORE_COLUMNS
    return isinstance(plain_type(column.type), sa.String) and not getattr(column, "nullable", True) and not is_key


def _has_removal_day(deprecated: str) -> bool:
    match = _REMOVAL.search(deprecated)
    try:
        return match is not None and bool(dt.date.fromisoformat(match[1]))
    except ValueError:
        return False
