"""What a metric is: measures, a value worked out from them, windows and a target. Frozen, no I/O, no clock."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from sellerhealth.metrics.measures import Measure, Numbers, Term
from sellerhealth.metrics.targets import Bands, Headroom, MetricStatus, Target
from sellerhealth.metrics.type_checks import check_types
from sellerhealth.metrics.validation import WORDS, problems
from sellerhealth.metrics.values import Ratio, Score, Value

API_VERSION = 1
_LONGEST = 36525  # days of a window: with many more there is no such day in any calendar


class UnavailableReason(StrEnum):
    """Why a result has no status or no value."""

    SOURCE_MISSING = "SOURCE_MISSING"
    WITHOUT_CHANNEL = "WITHOUT_CHANNEL"
    NOTHING_TO_MEASURE = "NOTHING_TO_MEASURE"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    UNPROVEN = "UNPROVEN"


@dataclass(frozen=True)
class Window:
    """Whole days up to `lag` days before the as-of day. `days=0` is a lifetime. With `half_life` older days weigh less."""

    days: int
    lag: int = 0
    judged: bool = False  # counts for the overall status; the first window of a metric always does
    half_life: int | None = None

    def __post_init__(self) -> None:
        days = "a whole number of days"
        check_types(self, {"days": days, "lag": days, "judged": "True or False", "half_life": f"{days}, or None"})
        if self.days < 0 or self.lag < 0 or (self.half_life is not None and self.half_life <= 0):
            raise ValueError(f"{self} is no window: its days and its lag are 0 or more, its half-life is more than 0")
        if max(self.days, self.lag) > _LONGEST:
            raise ValueError(f"{self} reaches back more than a hundred years: Window(0) is a lifetime")

    def span(self, as_of: dt.date) -> tuple[dt.date, dt.date]:
        """The first and the last day, both included. See docs/spec/rules.md#windows."""
        last = as_of - dt.timedelta(self.lag)
        return (last - dt.timedelta(self.days - 1) if self.days else dt.date.min), last

    def weight(self, day: dt.date, as_of: dt.date) -> Fraction:
        """What a day counts for: 1, or half as much for every half-life that it lies back."""
        if self.half_life is None:
            return Fraction(1)
        age = Decimal((as_of - dt.timedelta(self.lag) - day).days)
        return Fraction(Decimal(2) ** (-age / self.half_life))


@dataclass(frozen=True, eq=False)
class Figure:
    """A further value beside the headline, judged by its own target if it has one."""

    value: Value
    description: str
    target: Target | None = None

    def __post_init__(self) -> None:
        check_types(self, {"value": WORDS["value"], "description": WORDS["description"], "target": WORDS["target"]})


@dataclass(frozen=True, eq=False)
class Minimum:
    """Below so many, the value is shown but not judged. See docs/spec/rules.md#minimum-sample."""

    term: Term
    least: int

    def __post_init__(self) -> None:
        check_types(self, {"term": "a measure, as in Minimum(orders, 20)", "least": "a whole number, as in Minimum(orders, 20)"})


@dataclass(frozen=True, eq=False)
class AtRisk:
    """Rows that can still be put right up to an instant, or so many hours after it; from then on they count as misses."""

    rows: Measure
    until: InstrumentedAttribute[dt.datetime] | InstrumentedAttribute[dt.datetime | None]
    reason: str  # why it will count, in a sentence for people
    hours: int = 0

    def __post_init__(self) -> None:
        instant = "a column of instants, such as Order.ship_by"
        check_types(self, {"rows": "a measure", "until": instant, "reason": WORDS["description"], "hours": "a whole number of hours"})


@dataclass(frozen=True)
class Reading:
    """A value with its verdict."""

    value: Fraction | None
    display: str
    status: MetricStatus


@dataclass(frozen=True, eq=False)
class MetricResult(Reading):
    """All that a metric says about given numbers."""

    metric: "Metric" = field(repr=False)
    numbers: Mapping[str, int]  # by key, hidden measures included
    figures: Mapping[str, Reading]
    band: str | None = None
    headroom: Headroom | None = None
    enforced: bool = False
    reason: UnavailableReason | None = None

    @property
    def fraction(self) -> tuple[int, int] | None:
        """Numerator and denominator, when the value is one count by another."""
        value = self.metric.value
        if type(value) is not Ratio or self.value is None:
            return None
        numbers = self.metric.by_measure(self.numbers)
        return int(value.part.of(numbers)), int(value.whole.of(numbers))


_ABSENT = Reading(None, "N/A", MetricStatus.NOT_AVAILABLE)


@dataclass(frozen=True, eq=False, kw_only=True)
class Metric:
    """A metric as its plugin declares it. See docs/plugins/metrics.md for each word.

    `measures` are shown to clients, each as a field of its own; `hidden` ones only serve values. `unproven` counts rows that
    may or may not be bad: while there are any, a GOOD is not proven. `parts` are columns to split by, whose parts are judged. `at_risk` tells what is about to become a miss.
    """

    key: str
    title: str
    description: str
    section: str
    windows: tuple[Window, ...]
    measures: Mapping[str, Measure]
    value: Value
    target: Target | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)
    parts: Mapping[str, InstrumentedAttribute[Any]] = field(default_factory=dict)
    hidden: Mapping[str, Measure] = field(default_factory=dict)
    minimum: Minimum | None = None
    bands: Bands | None = None
    unproven: Measure | None = None
    at_risk: AtRisk | None = None
    source: str = ""
    deprecated: str | None = None
    api: int = API_VERSION

    def __post_init__(self) -> None:
        check_types(self, WORDS)
        for problem in problems(self):
            raise ValueError(f"metric {self.key!r}: {problem}")

    @cached_property
    def all_measures(self) -> Mapping[str, Measure]:
        """Every measure by key, the hidden ones after the shown ones."""
        unproven = {} if self.unproven is None else {"unproven": self.unproven}
        return {**self.measures, **self.hidden, **unproven}

    def by_measure(self, numbers: Mapping[str, int]) -> Numbers:
        """Numbers by measure, from numbers by key; those left out are 0. Raises KeyError for a key that is no measure's."""
        measured: dict[Measure, int] = dict.fromkeys(self.all_measures.values(), 0)
        for name, number in numbers.items():
            measured[self.all_measures[name]] = number
        return measured

    def result(
        self,
        numbers: Mapping[str, int],
        *,
        weighted: Numbers | None = None,
        unavailable: UnavailableReason | None = None,
        proven: bool = True,
    ) -> MetricResult:
        """The result for given numbers, by key: what the engine calls, and all that a unit test needs.

        `weighted`: the same numbers with older days weighing less. `unavailable`: why there can be no value.
        `proven=False`: a fact that the metric reads was never imported.
        """
        if unavailable is not None:
            absent = dict.fromkeys(self.figures, _ABSENT)
            return MetricResult(**vars(_ABSENT), metric=self, numbers=numbers, figures=absent, reason=unavailable)
        exact = self.by_measure(numbers)
        used = exact if weighted is None else weighted
        enough = self.minimum is None or self.minimum.term.of(exact) >= self.minimum.least
        proven = proven and (self.unproven is None or not exact[self.unproven])

        def judge(value: Value, target: Target | None) -> tuple[Reading, UnavailableReason | None]:
            return _judge(value, target, used, exact, enough=enough, proven=proven)

        headline, reason = judge(self.value, self.target)
        return MetricResult(
            **vars(headline),
            metric=self,
            numbers=numbers,
            figures={name: judge(figure.value, figure.target)[0] for name, figure in self.figures.items()},
            band=self.bands.grade(headline.value) if self.bands and headline.value is not None else None,
            headroom=None if headline.value is None else self._headroom(exact, is_weighted=weighted is not None),
            enforced=enough and self.target is not None and self.target.enforced,
            reason=reason,
        )

    def _headroom(self, exact: Numbers, *, is_weighted: bool) -> Headroom | None:
        if self.target is not None:
            return self.target.headroom(self.value, exact)
        if self.bands is not None and isinstance(self.value, Score) and not is_weighted:
            return self.bands.headroom(self.value, exact)
        return None


def _judge(
    value: Value, target: Target | None, used: Numbers, exact: Numbers, *, enough: bool, proven: bool
) -> tuple[Reading, UnavailableReason | None]:
    worked_out = value(used)
    if worked_out is None:
        return _ABSENT, UnavailableReason.NOTHING_TO_MEASURE
    status, reason = MetricStatus.WITHOUT_TARGET, None
    if target is not None and not enough:
        status, reason = MetricStatus.NOT_AVAILABLE, UnavailableReason.BELOW_MINIMUM
    elif target is not None:
        status = target.judge(worked_out, exact)
        if status is MetricStatus.GOOD and not proven:
            status, reason = MetricStatus.NOT_AVAILABLE, UnavailableReason.UNPROVEN
    return Reading(worked_out, value.display(worked_out), status), reason
