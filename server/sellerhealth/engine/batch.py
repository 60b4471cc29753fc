"""One batch for a request: what is asked in one turn of the event loop becomes one statement."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import structlog

from sellerhealth.access import Viewer
from sellerhealth.engine.account_filter import Choice
from sellerhealth.engine.account_status import Standings, enforced, judged, read_standings
from sellerhealth.engine.compile import Question, compile_asks
from sellerhealth.engine.queries import WHOLE, Ask, Measured, Scope, Series, SeriesAsk
from sellerhealth.engine.results import Answers
from sellerhealth.errors import MetricFailed
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.store.database import Database

log = structlog.get_logger("sellerhealth")


class MetricBatch:
    """Made for each request. Ask as often as you like: equal asks are answered once."""

    def __init__(self, database: Database, viewer: Viewer, clock: dt.datetime) -> None:
        self.clock = clock
        self._database, self._viewer = database, viewer
        self._answers: dict[Ask | SeriesAsk, asyncio.Future[Any]] = {}
        self._waiting: list[Ask | SeriesAsk] = []
        self._standings: dict[tuple[Choice, tuple[Metric, ...], dt.date], asyncio.Task[Standings]] = {}
        self._known: list[Standings] = []
        self._failures: dict[Metric, MetricFailed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def measure(self, ask: Ask) -> Measured:
        """The answer, or MetricFailed for the metric that is at fault alone."""
        measured: Measured = await self._asked(ask)
        return measured

    async def series(self, ask: SeriesAsk) -> Series:
        """The results as of many days, or MetricFailed for the metric that is at fault alone."""
        series: Series = await self._asked(ask)
        return series

    async def standings(self, choice: Choice, metrics: Sequence[Metric], as_of: dt.date) -> Standings:
        """How all accounts of a choice stand in some metrics, or MetricFailed for one that is at fault.

        What is asked about one of these accounts afterwards is answered from the same statement where it can be.
        """
        asked = choice, tuple(sorted(set(metrics), key=lambda metric: metric.key)), as_of
        if asked not in self._standings:
            self._standings[asked] = asyncio.get_running_loop().create_task(self._stand(*asked))
        return await self._standings[asked]

    def _asked(self, ask: Ask | SeriesAsk) -> "asyncio.Future[Any]":
        if ask not in self._answers:
            loop = asyncio.get_running_loop()
            self._answers[ask] = loop.create_future()
            known = next((each for each in self._known if each.hold(ask)), None)
            if known is not None:
                self._settle(ask, known.answers)
                return self._answers[ask]
            if not self._waiting:
                loop.call_soon(self._dispatch, 0)
            self._waiting.append(ask)
        return self._answers[ask]

    async def overall(self, ask: Ask, part: str | None = None) -> MetricStatus:
        """The overall status of an ask's metric; with `part`, of that part of the ask. See docs/spec/rules.md#overall-and-health-status."""
        questions = judged(ask.metric, ask.as_of, ask.scope, None if part is None else [ask.by])
        answers = await asyncio.gather(*(self.measure(question.ask(ask.account_id)) for question in questions))
        return MetricStatus.worst(
            *(result.status for measured in answers for name, result in measured.results.items() if part is None or name == part)
        )

    async def health(self, metrics: Sequence[Metric], account_id: int, as_of: dt.date, scope: Scope = WHOLE) -> MetricStatus:
        """The worst overall status of the enforced ones among some metrics. See docs/spec/rules.md#overall-and-health-status."""
        asks = [Ask(account_id, metric, metric.windows[0], as_of, scope) for metric in enforced(metrics)]
        return MetricStatus.worst(*await asyncio.gather(*(self.overall(ask) for ask in asks)))

    def _dispatch(self, waiting: int) -> None:
        """Starts the statement, once a turn of the loop has brought nothing more to ask."""
        loop = asyncio.get_running_loop()
        if len(self._waiting) > waiting:
            loop.call_soon(self._dispatch, len(self._waiting))
            return
        asks, self._waiting = self._waiting, []
        task = loop.create_task(self._answer(asks))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, asks: Sequence[Ask | SeriesAsk]) -> None:
        metrics = list(dict.fromkeys(ask.metric for ask in asks))
        try:
            answers = await self._run(asks)
        except Exception:  # noqa: BLE001 - whatever it is, only the metric at fault may suffer
            if len(metrics) == 1:
                self._fail(asks, metrics[0])
                return
            await asyncio.gather(*(self._answer([ask for ask in asks if ask.metric is metric]) for metric in metrics))
            return
        for ask in asks:
            if not self._answers[ask].done():
                self._settle(ask, answers)

    async def _run(self, asks: Sequence[Ask | SeriesAsk]) -> Answers:
        questions = dict.fromkeys(Question.of(ask) for ask in asks)
        choice = Choice(accounts=tuple({ask.account_id for ask in asks}))
        plan = compile_asks(questions, choice, self._viewer, self.clock)
        return await self._database.query(lambda connection: Answers(plan, connection.execute(plan.statement, plan.parameters)))

    async def _stand(self, choice: Choice, metrics: tuple[Metric, ...], as_of: dt.date) -> Standings:
        try:
            read = await self._database.query(
                lambda connection: read_standings(connection, self._viewer, self.clock, choice, metrics, as_of)
            )
        except Exception:
            if len(metrics) == 1:
                raise self._failure(metrics[0]) from None
            for metric in metrics:
                await self.standings(choice, [metric], as_of)
            raise
        self._known.append(read)
        return read

    def _settle(self, ask: Ask | SeriesAsk, answers: Answers) -> None:
        try:
            question = Question.of(ask)
            if isinstance(ask, SeriesAsk):
                answered: Any = answers.series(question, ask.account_id, ask.part[1] if ask.part else "")
            else:
                answered = answers.measured(question, ask.account_id)
        except Exception:  # noqa: BLE001 - a plugin's value or target may raise anything
            self._fail([ask], ask.metric)
        else:
            self._answers[ask].set_result(answered)

    def _fail(self, asks: Sequence[Ask | SeriesAsk], metric: Metric) -> None:
        for ask in asks:
            self._answers[ask].set_exception(self._failure(metric))

    def _failure(self, metric: Metric) -> MetricFailed:
        """One failure for a metric in a request, however many accounts asked for it, and one line in the log."""
        if metric not in self._failures:
            self._failures[metric] = MetricFailed(metric.key, uuid.uuid4().hex)
            log.exception("metric_failed", metric=metric.key, error_id=self._failures[metric].error_id)
        return self._failures[metric]
