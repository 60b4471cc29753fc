"""What an author writes for each word of a metric, and what is wrong with a declaration that cannot work."""

import datetime as dt
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql import operators

from sellerhealth.metrics.measures import Measure, Term
from sellerhealth.metrics.targets import AtLeast, Below, Target, exact
from sellerhealth.metrics.values import MetricUnit, Ratio, Score, Value

if TYPE_CHECKING:
    from sellerhealth.metrics.metric import Metric

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_REMOVAL = re.compile(r"Removal on (\d{4}-\d{2}-\d{2}) UTC\.$")
_BAND = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_EVERY = ("marketplace", "channel")  # by which results can be split without a word of the metric
_OURS = ("told",)  # columns that the store keeps for itself
_TEXT = "a text in quotes"
_VALUE = "a value: late / orders, Count(late), or an object with all that `Value` has"
_TARGET = 'a target: Below("0.04"), AtLeast("0.9"), or an object with all that `Target` has'
_MEASURES = 'measures by name, as in {"orders": orders}, each made by count(...), total(...) or .where(...)'
WORDS = {
    "key": 'its name in snake_case, as in "acme_dispatch"',
    "title": _TEXT,
    "description": _TEXT,
    "section": _TEXT,
    "windows": "windows in a tuple; one alone needs a comma: (Window(30),)",
    "measures": _MEASURES,
    "value": _VALUE,
    "target": _TARGET,
    "figures": 'figures by name, as in {"projected_rate": Figure(late / orders, "What it says.")}',
    "parts": 'columns by name, as in {"category": Package.category}',
    "hidden": _MEASURES,
    "minimum": "Minimum(orders, 20), or leave it out",
    "bands": "Bands(POOR=0, GOOD=60), or leave it out",
    "unproven": "one measure, or leave it out",
    "at_risk": "AtRisk(rows, until, reason), or leave it out",
    "source": _TEXT,
    "deprecated": "a text that says what to use instead",
    "api": "API_VERSION, or leave it out",
}


def problems(metric: "Metric") -> Iterator[str]:
    """What cannot work in a metric whose words have the right types."""
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
        yield f"it has the same window twice, {days} days with a lag of {lag}, by which nobody could tell them apart: leave one of them out"
    known = set(metric.all_measures.values())
    for name, used in _uses(metric):
        for measure in used:
            if measure not in known:
                words = f" ({measure.description})" if measure.description else ""
                yield f"{name!r} uses a measure that stands neither in `measures` nor in `hidden`: add it to one of them{words}"
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
        elif not _divides(column.property.columns[0]):
            fit = [each.key for each in sa.inspect(column.class_).columns if _divides(each)]
            choice = f"choose {' or '.join(fit)}" if fit else "count the rows of each class with .where(...) or .split(...)"
            yield (
                f"the part {name!r} is {column.key}, and each part is judged by itself, so only words of which there are few, and that are always there, "
                f"can be split by: {choice}"
            )
        elif name in _EVERY and column.key != name:
            yield f"the part {name!r} is {column.key}, and results can be split by their {name} anyway: call it {column.key}, or leave it out"
    if metric.at_risk is not None and metric.at_risk.until.class_ is not metric.at_risk.rows.on.class_:
        yield f"`at_risk` is until {metric.at_risk.until}, which is no column of the fact whose rows it counts: use one of theirs"
    for name in metric.bands.lower_ends if metric.bands else ():
        if not _BAND.fullmatch(name):
            yield f"the band {name!r} is not in upper case with underscores, as in VERY_GOOD"
    if metric.bands and not isinstance(metric.value, Score):
        yield "bands grade a Score: make `value` one, or leave `bands` out"
    if metric.deprecated is not None and not _names_a_day(metric.deprecated):
        yield "`deprecated` does not say until when it stays: end it with a day, as in `Removal on 2027-01-31 UTC.`"


def wording_problems(metric: "Metric") -> Iterator[tuple[str, str]]:
    """What people would miss in the texts of a metric, each with the name that it is about."""
    for word in ("title", "description", "section"):
        if not getattr(metric, word).strip():
            yield f"the metric {metric.key!r} has no {word}: say it in a {'word' if word == 'section' else 'sentence'}", word
    for name, figure in metric.figures.items():
        if not figure.description.strip():
            yield f"the figure {name!r} of the metric {metric.key!r} has no description: say in a sentence what it is", name


def _uses(metric: "Metric") -> Iterator[tuple[str, tuple[Measure, ...]]]:
    """Which measures each of its words is made of."""
    for name, (value, target) in _judged(metric):
        yield name, (*value.measures, *(target.measures if target else ()))
    if metric.minimum is not None:
        yield "minimum", metric.minimum.term.measures


def _judged(metric: "Metric") -> Iterator[tuple[str, tuple[Value, Target | None]]]:
    yield "value", (metric.value, metric.target)
    yield from ((name, (figure.value, figure.target)) for name, figure in metric.figures.items())


def _limit_problems(name: str, value: Value, target: Target | None) -> Iterator[str]:
    """A limit in the wrong unit is no error to Python: everything would be good, or nothing."""
    if target is not None:
        exact(target.limit)  # raises for what is no number, also in a target of one's own
        exact(0 if target.warn is None else target.warn)
    if not isinstance(target, Below | AtLeast):
        return
    least = 1 if isinstance(target, AtLeast) else Fraction(1, 10)  # fewer than 0.5 % may well be wanted, at least 0.9 % hardly
    for limit in (target.limit, *([] if target.warn is None else [target.warn])):
        if value.unit is MetricUnit.FRACTION and exact(limit) > 1:
            yield f"{name!r} is a share of 0 to 1, so the limit {limit} makes no sense: write 4 % as '0.04'"
        if value.unit is MetricUnit.PERCENT and 0 < exact(limit) < least:
            yield f"{name!r} is in percent of 0 to 100, so the limit {limit} makes no sense: write 4 % as 4"


def _is_narrower(term: Term, than: Term) -> bool:
    """Whether one measure counts a part of the rows of another; of sums that cannot be said."""
    if not (isinstance(term, Measure) and isinstance(than, Measure)) or term.on is not than.on:
        return False
    return _met(than.condition) < _met(term.condition)


def _met(condition: sa.ColumnElement[bool]) -> frozenset[object]:
    joined = isinstance(condition, sa.BooleanClauseList) and condition.operator is operators.and_
    return frozenset(condition.clauses if joined else [condition])


def plain_type(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """The type of SQL behind a type: text, whole number, day, instant, or yes and no."""
    return plain_type(kind.impl_instance) if isinstance(kind, sa.types.TypeDecorator) else kind


def _divides(column: sa.ColumnElement[Any]) -> bool:
    """Whether every row belongs to a part, of which there are few: the column is a word that is always there, and names no row."""
    named = getattr(column, "primary_key", False) or getattr(column, "key", None) in _OURS
    return isinstance(plain_type(column.type), sa.String) and not getattr(column, "nullable", True) and not named


def _names_a_day(deprecated: str) -> bool:
    found = _REMOVAL.search(deprecated)
    try:
        return found is not None and bool(dt.date.fromisoformat(found[1]))
    except ValueError:
        return False
