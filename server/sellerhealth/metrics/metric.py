"""A metric: measures, a value computed from them, windows and a target. Frozen, without I/O or clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from sqlalchemy.orm import InstrumentedAttribute

from sellerhealth.metrics.declaration import FIELD_HELP, AtRisk, Figure, Minimum, ReportedAs, Window
from sellerhealth.metrics.judge import Judge, Verdict
from sellerhealth.metrics.measures import Measure, Numbers
from sellerhealth.metrics.result import ABSENT, MetricResult, Reading, UnavailableReason
from sellerhealth.metrics.targets import Bands, Headroom, MetricStatus, Target
from sellerhealth.metrics.type_checks import caller_location, check_types
from sellerhealth.metrics.unproven import Unproven, UnprovenRows, missing_cells
from sellerhealth.metrics.validation import problems
from sellerhealth.metrics.values import Score, Value

API_VERSION = 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Metric:
    """A metric as its plugin declares it. See docs/plugins/metrics.md for each field.

    Each of `measures` becomes a field of the result in the API; `hidden` ones only serve values. `unproven` counts rows that may
    or may not be bad: GOOD is proven only if it would be good even if they all were. `parts` are columns to split by; each part is judged. `at_risk`
    counts rows that are about to become a miss. `reported` names Amazon's own figures of the same meaning, the closest first.
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
    reported: tuple[ReportedAs, ...] = ()
    source: str = ""
    deprecated: str | None = None
    api: int = API_VERSION
    made_at: ClassVar[str] = ""  # file and line in the source of a plugin, set on each metric, and no field of the declaration

    def __post_init__(self) -> None:
        object.__setattr__(self, "made_at", caller_location(__name__))
        check_types(self, FIELD_HELP)
        for problem in problems(self):
            raise ValueError(f"metric {self.key!r}: {problem}")

    @cached_property
    def all_measures(self) -> Mapping[str, Measure]:
        """Every measure by key, the hidden ones last."""
        unproven = {} if self.unproven is None else {"unproven": self.unproven}
        return {**self.measures, **self.hidden, **unproven}

    def by_measure(self, numbers: Mapping[str, int]) -> Numbers:
        """Numbers by measure, from numbers by key; those left out are 0. Raises KeyError for an unknown key."""
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
        stale: bool = False,
        rejected: int = 0,
        unproven: Sequence[UnprovenRows] = (),
    ) -> MetricResult:
        """The result for numbers by key: what the engine calls, and all that a unit test needs.

        `weighted`: the same numbers with older days weighing less. `unavailable`: why there can be no value.
        `proven=False`: a fact that the metric reads was never imported. `stale=True`: one is not covered far enough.
        `rejected`: how many rows that imports rejected may be misses. `unproven`: the rows that depend on unknown cells.
        """
        exact = self.by_measure(numbers)
        about_rows = self._unproven(exact, unproven, rejected)
        if unavailable is not None:
            absent = dict.fromkeys(self.figures, ABSENT)
            return MetricResult(**vars(ABSENT), metric=self, numbers=numbers, figures=absent, reason=unavailable, unproven=about_rows)
        used = exact if weighted is None else weighted

        def reading(judge: Judge) -> tuple[Reading, UnavailableReason | None]:
            value, status, reason = judge.verdict(used, exact, proven=proven, stale=stale, rejected=rejected, unproven=unproven)
            return (ABSENT if value is None else Reading(value, judge.value.display(value), status)), reason

        main, reason = reading(self._judge)
        return MetricResult(
            **vars(main),
            metric=self,
            numbers=numbers,
            figures={name: reading(judge)[0] for name, judge in self._figure_judges.items()},
            band=self.bands.grade(main.value) if self.bands and main.value is not None else None,
            headroom=None if main.value is None else self._headroom(exact, is_weighted=weighted is not None),
            enforced=self._judge.has_enough(exact) and self.target is not None and self.target.enforced,
            reason=reason,
            unproven=about_rows,
        )

    def verdict(
        self,
        exact: Numbers,
        *,
        weighted: Numbers | None = None,
        unavailable: UnavailableReason | None = None,
        proven: bool = True,
        stale: bool = False,
        rejected: int = 0,
        unproven: Sequence[UnprovenRows] = (),
    ) -> Verdict:
        """The value and the status of a result alone: all that a series has of each day. The numbers are by measure, none is left out."""
        if unavailable is not None:
            return Verdict(None, MetricStatus.NOT_AVAILABLE, unavailable)
        used = exact if weighted is None else weighted
        return self._judge.verdict(used, exact, proven=proven, stale=stale, rejected=rejected, unproven=unproven)

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.value, self.target, self.minimum, self.unproven)

    @cached_property
    def _figure_judges(self) -> Mapping[str, Judge]:
        return {name: Judge(figure.value, figure.target, self.minimum, self.unproven) for name, figure in self.figures.items()}

    def _unproven(self, exact: Numbers, unproven: Sequence[UnprovenRows], rejected: int) -> Unproven:
        doubtful, rows = 0, [*unproven]
        if self.unproven is not None:
            doubtful = int(exact[self.unproven])
            rows = [each for each in unproven if not each.kind.counted_now(self.unproven)]
        return Unproven(doubtful + sum(each.rows for each in rows) + rejected, rejected, missing_cells(unproven), tuple(unproven))

    def _headroom(self, exact: Numbers, *, is_weighted: bool) -> Headroom | None:
        if self.target is not None:
            return self.target.headroom(self.value, exact)
        if self.bands is not None and isinstance(self.value, Score) and not is_weighted:
            return self.bands.headroom(self.value, exact)
        return None
