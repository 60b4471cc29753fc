"""From the rows of a statement back to results."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sellerhealth.engine.asks import Measured, Series
from sellerhealth.engine.compile import COVERAGE, Plan, Question, unavailable_reason
from sellerhealth.engine.history import slide
from sellerhealth.engine.reading import kinds_read, table_of
from sellerhealth.measures import Measure, Number
from sellerhealth.metrics import Metric, UnavailableReason
from sellerhealth.tables import FactKind

Found = list[tuple[str, str, dict[str, int]]]  # (part, day, numbers by key)


class Answers:
    """The rows of a statement, sorted by who and what was asked."""

    def __init__(self, plan: Plan, rows: Iterable[Any]) -> None:
        self._found: defaultdict[tuple[Question, int], Found] = defaultdict(list)
        self._covered: defaultdict[int, dict[FactKind, tuple[dt.date, bool]]] = defaultdict(dict)
        for branch, account, part, day, *numbers in rows:
            if branch == COVERAGE:
                self._covered[account][FactKind(part)] = dt.date.fromisoformat(day), bool(numbers[0])
                continue
            by_question: defaultdict[Question, dict[str, int]] = defaultdict(dict)
            for (questions, name), number in zip(plan.wanted[branch], numbers, strict=False):  # narrow branches are padded
                for question in questions:
                    by_question[question][name] = int(number)
            for question, named in by_question.items():
                self._found[question, account].append((part, day, named))

    def measured(self, question: Question, account: int) -> Measured:
        """The answer to a question for one account."""
        metric = question.metric
        covered = self._covered[account]
        unavailable, proven = self._known(question, account)
        totals, weighted = self._add_up(question, account)
        results = {
            part: metric.result(
                numbers, weighted=weighted[part] if question.window.half_life else None, unavailable=unavailable, proven=proven
            )
            for part, numbers in totals.items()
            if question.by is None or any(numbers.values())
        }
        return Measured(results, {kind: covered[kind][0] if kind in covered else None for kind in sorted(kinds_read(metric)[1])})

    def series(self, question: Question, account: int) -> Series:
        """The answer to a question about many as-of days: the window slid over the days."""
        unavailable, proven = self._known(question, account)
        days: defaultdict[dt.date, dict[str, int]] = defaultdict(dict)
        for _, day, numbers in self._found.get((question, account), ()):
            days[dt.date.fromisoformat(day)] |= numbers
        return tuple(
            (as_of, question.metric.result(numbers, weighted=weighted, unavailable=unavailable, proven=proven))
            for as_of, numbers, weighted in slide(question, days)
        )

    def _known(self, question: Question, account: int) -> tuple[UnavailableReason | None, bool]:
        """Why there can be no value, and whether a good one is proven.

        What is counted must be known in full; of what is only looked up, the facts that hurt are enough (domain 0.1, 4.3).
        """
        covered = self._covered[account]
        counted, read = kinds_read(question.metric)
        missing = any(kind not in covered or not covered[kind][1] for kind in counted)
        unavailable = unavailable_reason(question) or (UnavailableReason.SOURCE_MISSING if missing else None)
        return unavailable, read <= covered.keys()

    def _add_up(self, question: Question, account: int) -> tuple[Mapping[str, dict[str, int]], Mapping[str, dict[Measure, Number]]]:
        measures = question.metric.all_measures
        totals: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(measures, 0))
        weighted: defaultdict[str, dict[Measure, Number]] = defaultdict(lambda: dict.fromkeys(measures.values(), 0))
        if question.by is None:
            totals[""], weighted[""] = dict.fromkeys(measures, 0), dict.fromkeys(measures.values(), 0)
        for part, day, numbers in self._found.get((question, account), ()):
            weight = question.window.weight(dt.date.fromisoformat(day), question.as_of) if day else 1
            for name, number in numbers.items():
                totals[part][name] += number
                weighted[part][measures[name]] += weight * number
        return totals, weighted


def dimensions(metric: Metric) -> tuple[str, ...]:
    """What a metric can be split by: marketplace, channel where all its facts have one, and its own parts."""
    tables = [table_of(measure) for measure in metric.all_measures.values()]
    shared = [name for name in ("marketplace", "channel") if all(name in table.c for table in tables)]
    return tuple(dict.fromkeys((*shared, *metric.parts)))
