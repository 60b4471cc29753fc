"""How accounts stand: the verdicts on some metrics for each of many accounts, from one statement."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.engine.account_filter import Choice, chosen
from sellerhealth.engine.compile import Question, compile_asks, unavailable_reason
from sellerhealth.engine.queries import WHOLE, Ask, Scope, SeriesAsk
from sellerhealth.engine.results import Answers
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.store.lookups import SEEN, Seen


def enforced(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Those on whose targets Amazon acts: they make the health of an account. See docs/spec/rules.md#overall-and-health-status."""
    return tuple(metric for metric in metrics if metric.target is not None and metric.target.enforced)


def judged(metric: Metric, as_of: dt.date, scope: Scope = WHOLE, along: Sequence[str | None] | None = None) -> Sequence[Question]:
    """The questions whose answers make the overall status: each judged window, the default one first, along each dimension.

    Unless told otherwise that is the whole, then each of the metric's own dimensions. See docs/spec/rules.md#overall-and-health-status.
    """
    windows = [window for place, window in enumerate(metric.windows) if place == 0 or window.judged]
    dimensions = (None, *metric.parts) if along is None else along
    questions = [Question(metric, window, as_of, scope, by) for window in windows for by in dimensions]
    return [question for question in questions if unavailable_reason(question) is None] or questions[:1]


class Standing(NamedTuple):
    """A verdict: the worst status, and the largest share of an allowance that is used among what could be judged.

    `value` is that of one metric over its default window. None is what cannot be measured.
    """

    status: MetricStatus
    used: Fraction | None
    value: Fraction | None = None

    @staticmethod
    def worst(standings: "Sequence[Standing]") -> "Standing":
        """What several verdicts amount to."""
        status = MetricStatus.worst(*(standing.status for standing in standings))
        return Standing(status, max((standing.used for standing in standings if standing.used is not None), default=None))


class Standings(NamedTuple):
    """The verdicts on some metrics for all accounts of a choice, and the answers that they were made from."""

    accounts: Mapping[int, Seen]
    verdicts: Mapping[Metric, Mapping[int, Standing]]
    questions: frozenset[Question]
    answers: Answers

    def hold(self, ask: Ask | SeriesAsk) -> bool:
        """Whether the answer to an ask is among them."""
        return ask.account_id in self.accounts and Question.of(ask) in self.questions

    def of(self, account_id: int, metrics: Sequence[Metric]) -> Standing:
        """How an account stands in a metric, or in several together."""
        each = [self.verdicts[metric][account_id] for metric in metrics]
        return each[0] if len(each) == 1 else Standing.worst(each)


def read_standings(
    connection: sa.Connection, viewer: Viewer, clock: dt.datetime, choice: Choice, metrics: Sequence[Metric], as_of: dt.date
) -> Standings:
    """The standings of all accounts of a choice."""
    questions = {metric: judged(metric, as_of) for metric in metrics}
    accounts = connection.execute(chosen(viewer, choice.given, *SEEN), choice.parameters)
    seen = {each.account_id: each for each in map(Seen._make, accounts)}
    plan = compile_asks([question for asked in questions.values() for question in asked], choice, viewer, clock)
    answers = Answers(plan, connection.execute(plan.statement, plan.parameters))
    verdicts = {metric: {account_id: _standing(answers, account_id, asked) for account_id in seen} for metric, asked in questions.items()}
    return Standings(seen, verdicts, frozenset(question for asked in questions.values() for question in asked), answers)


def _standing(answers: Answers, account_id: int, questions: Sequence[Question]) -> Standing:
    found = [answers.measured(question, account_id).results for question in questions]
    results = [result for parts in found for result in parts.values()]
    status = MetricStatus.worst(*(result.status for result in results))
    used = [
        result.headroom.used
        for result in results
        if result.status is not MetricStatus.NOT_AVAILABLE and result.headroom is not None and result.headroom.used is not None
    ]
    return Standing(status, max(used, default=None), found[0][""].value)
