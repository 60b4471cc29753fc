"""From the rows of a statement back to results."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sellerhealth.engine.compile import COVERAGE, Plan, Question, unavailable_reason
from sellerhealth.engine.queries import Measured, Series
from sellerhealth.engine.sliding_window import slide
from sellerhealth.metrics.expressions import kinds_read, table_of
from sellerhealth.metrics.measures import Measure, Number, Numbers
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult, UnavailableReason
from sellerhealth.model.tables import FactKind

Found = list[tuple[str, str, dict[str, int]]]  # (part, day, numbers by key)


class Answers:
    """The rows of a statement, sorted by who and what was asked."""

    def __init__(self, plan: Plan, rows: Iterable[Any]) -> None:
        self._found: defaultdict[Question, defaultdict[int, Found]] = defaultdict(lambda: defaultdict(list))
        self._covered: defaultdict[int, dict[FactKind, tuple[dt.date, bool]]] = defaultdict(dict)
        self._judged: dict[Any, MetricResult] = {}
        # Thousands of accounts bring tens of thousands of rows: what is asked of a branch is sorted once, not with every row.
        asked = [[(self._found[question], names) for question, names in _by_question(wanted)] for wanted in plan.wanted]
        for branch, account, part, day, *numbers in rows:
            if branch == COVERAGE:
                self._covered[account][FactKind(part)] = dt.date.fromisoformat(day), bool(numbers[0])
                continue
            for found, names in asked[branch]:
                found[account].append((part, day, {name: int(numbers[place]) for place, name in names}))

    def measured(self, question: Question, account: int) -> Measured:
        """The answer to a question for one account."""
        metric = question.metric
        covered = self._covered[account]
        unavailable, proven = self._known(question, account)
        totals, weighted = self._add_up(question, account)
        results = {
            part: self._judge(metric, numbers, weighted[part] if question.window.half_life else None, unavailable, proven=proven)
            for part, numbers in totals.items()
            if question.by is None or any(numbers.values())
        }
        return Measured(results, {kind: covered[kind][0] if kind in covered else None for kind in sorted(kinds_read(metric)[1])})

    def series(self, question: Question, account: int, of_part: str = "") -> Series:
        """The answer to a question about many as-of days: the window slid over the days of the whole, or of one part."""
        unavailable, proven = self._known(question, account)
        days: defaultdict[dt.date, dict[str, int]] = defaultdict(dict)
        for part, day, numbers in self._found[question].get(account, ()):
            if part == of_part:
                days[dt.date.fromisoformat(day)] |= numbers

        def result(numbers: dict[str, int], weighted: Numbers | None) -> MetricResult:
            nothing = UnavailableReason.NOTHING_TO_MEASURE if question.by and not any(numbers.values()) else None
            return question.metric.result(numbers, weighted=weighted, unavailable=unavailable or nothing, proven=proven)

        return tuple((as_of, result(numbers, weighted)) for as_of, numbers, weighted in slide(question, days))

    def _known(self, question: Question, account: int) -> tuple[UnavailableReason | None, bool]:
        """Why there can be no value, and whether a good one is proven.

        What is counted needs a complete source; what is only looked up needs any source. See docs/spec/rules.md#coverage.
        """
        covered = self._covered[account]
        counted, read = kinds_read(question.metric)
        missing = any(kind not in covered or not covered[kind][1] for kind in counted)
        unavailable = unavailable_reason(question) or (UnavailableReason.SOURCE_MISSING if missing else None)
        return unavailable, read <= covered.keys()

    def _judge(
        self, metric: Metric, numbers: Mapping[str, int], weighted: Numbers | None, unavailable: UnavailableReason | None, *, proven: bool
    ) -> MetricResult:
        """The result for some numbers. Of thousands of accounts many have the same ones, as most counts are small."""
        if weighted is not None:
            return metric.result(numbers, weighted=weighted, unavailable=unavailable, proven=proven)
        alike = metric, *numbers.values(), unavailable, proven
        if alike not in self._judged:
            self._judged[alike] = metric.result(numbers, unavailable=unavailable, proven=proven)
        return self._judged[alike]

    def _add_up(self, question: Question, account: int) -> tuple[Mapping[str, dict[str, int]], Mapping[str, dict[Measure, Number]]]:
        measures = question.metric.all_measures
        totals: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(measures, 0))
        weighted: defaultdict[str, dict[Measure, Number]] = defaultdict(lambda: dict.fromkeys(measures.values(), 0))
        if question.by is None:
            totals[""], weighted[""] = dict.fromkeys(measures, 0), dict.fromkeys(measures.values(), 0)
        for part, day, numbers in self._found[question].get(account, ()):
            weight = question.window.weight(dt.date.fromisoformat(day), question.as_of) if day else 1
            for name, number in numbers.items():
                totals[part][name] += number
                weighted[part][measures[name]] += weight * number
        return totals, weighted


def _by_question(wanted: Iterable[tuple[Iterable[Question], str]]) -> Iterable[tuple[Question, list[tuple[int, str]]]]:
    """For each question that the numbers of a branch answer, the places of its own, each with the key of its measure."""
    places: defaultdict[Question, list[tuple[int, str]]] = defaultdict(list)
    for place, (questions, name) in enumerate(wanted):
        for question in questions:
            places[question].append((place, name))
    return places.items()


def dimensions(metric: Metric) -> tuple[str, ...]:
    """What a metric can be split by: marketplace, channel where all its facts have one, and its own parts."""
    tables = [table_of(measure) for measure in metric.all_measures.values()]
    shared = [name for name in ("marketplace", "channel") if all(name in table.c for table in tables)]
    return tuple(dict.fromkeys((*shared, *metric.parts)))
