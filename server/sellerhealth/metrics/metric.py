"""A metric: measures, a value computed from them, windows and a target. Frozen, without I/O or clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from sqlalchemy.orm import InstrumentedAttribute

from sellerhealth.metrics.declaration import FIELD_HELP, AtRisk, Figure, Minimum, ReportedAs, Window
from sellerhealth.metrics.judge import Judge
from sellerhealth.metrics.measures import Measure, Numbers
from sellerhealth.metrics.result import MetricResult, NotKnown, Reading, UnavailableReason, without_value
from sellerhealth.metrics.targets import Bands, Target
from sellerhealth.metrics.type_checks import caller_location, check_types
from sellerhealth.metrics.unproven import UnprovenRows
from sellerhealth.metrics.validation import problems
from sellerhealth.metrics.values import Value

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

    def by_measure(self, numbers: Mapping[str, int]) -> Mapping[Measure, int]:
        """Numbers by measure, from numbers by key; those left out are 0. Raises KeyError for an unknown key."""
        measures = self.all_measures
        if numbers.keys() == measures.keys():
            return {measure: numbers[name] for name, measure in measures.items()}
        measured: dict[Measure, int] = dict.fromkeys(measures.values(), 0)
        for name, number in numbers.items():
            measured[measures[name]] = number
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
        exact, not_known, judge = self.by_measure(numbers), NotKnown(rejected, unproven), self.judge
        if unavailable is not None:
            verdict = without_value(unavailable)
            return MetricResult(self, numbers, exact, verdict, judge.arithmetic, lambda: self._no_figures, not_known, enforced=False)
        used = exact if weighted is None else weighted

        about: Any = {"proven": proven, "stale": stale, "rejected": rejected, "unproven": unproven}
        result = MetricResult(
            self,
            numbers,
            exact,
            judge.verdict(used, exact, **about),
            judge.arithmetic,
            lambda: {name: Reading(each.verdict(used, exact, **about), each.arithmetic) for name, each in self._figure_judges.items()},
            not_known,
            enforced=self.target is not None and self.target.enforced and judge.has_enough(exact),
            is_weighted=weighted is not None,
        )
        if self.has_own_classes:
            result.complete()
        return result

    @cached_property
    def judge(self) -> Judge:
        """Judges the value alone: all that a series has of each day."""
        return Judge(self.value, self.target, self.minimum, self.unproven, self.bands)

    @cached_property
    def _figure_judges(self) -> Mapping[str, Judge]:
        return {name: Judge(figure.value, figure.target, self.minimum, self.unproven) for name, figure in self.figures.items()}

    @cached_property
    def _no_figures(self) -> Mapping[str, Reading]:
        return {name: Reading(without_value(None), judge.arithmetic) for name, judge in self._figure_judges.items()}

    @cached_property
    def has_own_classes(self) -> bool:
        """Whether a value, target, bands or minimum of it, or of one of its figures, or a term in them, are of a class of its plugin."""
        return any(judge.is_own for judge in (self.judge, *self._figure_judges.values()))
