"""One batch for a request: the queries of one turn of the event loop are answered together, from one statement or a few."""

import asyncio
import contextlib
import datetime as dt
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import sqlalchemy as sa
import structlog

from sellerhealth.access import ReadSession, Validity, Viewer
from sellerhealth.deadline import NEVER, Deadline, DeadlinePassed
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_status import JudgedResult, enforced_metrics, judged_queries, overall_status
from sellerhealth.engine.account_statuses import AccountStatuses, read_account_statuses
from sellerhealth.engine.computed import AccountQuery, compute
from sellerhealth.engine.holding import Holding, State
from sellerhealth.engine.kept_rankings import KeptRankings
from sellerhealth.engine.known_states import KnownStates
from sellerhealth.engine.queries import WHOLE, MetricQuery, QueryResult, Scope, Series
from sellerhealth.engine.ranking import Listing, Ranking, rank_accounts
from sellerhealth.errors import MetricFailed, StoreFault, without_text
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.settings import STALE_AFTER, StaleAfter
from sellerhealth.store.database import Database

log = structlog.get_logger("sellerhealth")

T = TypeVar("T")
Waiting: TypeAlias = "tuple[AccountQuery, asyncio.Future[Any]]"  # and what its result is awaited by


class MetricBatch:
    """Made for each request. Equal queries are computed once. It reads on the thread of the operation, whose loop serves nobody else."""

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        clock: dt.datetime,
        stale_after: StaleAfter = STALE_AFTER,
        deadline: Deadline = NEVER,
        rollups: Mapping[str, frozenset[str]] | None = None,
        rankings: KeptRankings | None = None,
        states: KnownStates | None = None,
    ) -> None:
        """`rollups`: the sets of measures that may be kept in rollups, each with its members. Without them the facts answer.

        `rankings`: those of other requests with the same plugins and settings. `states`: of the accounts, if what is read is to be remembered.
        """
        self.clock, self.stale_after = clock, stale_after
        self.rollups = rollups or {}
        self._database, self._viewer, self._deadline = database, viewer, deadline
        self._rankings = rankings or KeptRankings()
        self._states, self._knows_state = states, False
        self._state: State | None = None  # of the accounts, before anything of them was read
        self._snapshot: contextlib.ExitStack | None = None  # what ends the one that is open
        self._connection: sa.Connection | None = None  # which sees it
        self._validity = Validity()  # of all that was read for the request
        self._results: dict[AccountQuery, asyncio.Future[Any]] = {}
        self._waiting: list[Waiting] = []
        self._statuses: dict[tuple[AccountFilter, tuple[Metric, ...], dt.date], asyncio.Task[AccountStatuses]] = {}
        self._known: list[AccountStatuses] = []
        self._failures: dict[Metric, MetricFailed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def measure(self, account_id: int, query: MetricQuery) -> "asyncio.Future[QueryResult]":
        """The result of a query for an account.

        It raises MetricFailed if the metric cannot be computed; other metrics are not affected.
        """
        return self._result((account_id, query))

    def expect(self, account_id: int, queries: Iterable[MetricQuery]) -> None:
        """Reads the results of queries together with those of this turn of the event loop: they will be measured."""
        for query in queries:
            self._result((account_id, query))

    async def series(self, account_id: int, query: MetricQuery) -> Series:
        """The results of a query as of each day since `query.since`. Raises MetricFailed as `measure` does."""
        series: Series = await self._result((account_id, query))
        return series

    async def account_statuses(self, accounts: AccountFilter, metrics: Sequence[Metric], as_of: dt.date) -> AccountStatuses:
        """The status of all accounts of a filter in some metrics, or MetricFailed for one that is at fault.

        Later queries about one of these accounts take their results from the same statement where they can.
        """
        key = accounts, tuple(sorted(set(metrics), key=lambda metric: metric.key)), as_of
        if key not in self._statuses:
            self._statuses[key] = asyncio.get_running_loop().create_task(self._read_statuses(*key))
        return await self._statuses[key]

    async def ranked(self, listing: Listing, read: Callable[[ReadSession, Ranking], T]) -> T:
        """What a function reads of the ranking of a list: of the one that is kept if it holds, else of a new one."""

        def of_kept(session: ReadSession) -> tuple[T] | None:
            ranking = self._rankings.find(session, listing)
            return None if ranking is None else (read(session, ranking),)

        if (kept := await self.read(of_kept)) is not None:
            return kept[0]
        statuses = await self.account_statuses(listing.accounts, listing.metrics, listing.as_of)

        def of_new(session: ReadSession) -> T:
            ranking = rank_accounts(statuses, listing)
            self._rankings.keep(session.viewer, listing, ranking, statuses.holding)
            return read(session, ranking)

        return await self.read(of_new)

    async def overall(self, account_id: int, query: MetricQuery) -> MetricStatus:
        """The overall status of a query's metric, or of its part. See docs/spec/rules.md#overall-and-health-status."""
        return overall_status(await self.judged(account_id, query))

    def known_overall(self, account_id: int, query: MetricQuery) -> MetricStatus | None:
        """The same, if its results are there. None if they are not, or if there is none."""
        results = [self._results.get((account_id, each)) for each in judged_queries(query)]
        known = [result.result() for result in results if result is not None and result.done() and result.exception() is None]
        if len(known) < len(results):
            return None
        return MetricStatus.worst(*[part.status for result in known for part in result.by_part.values()])

    async def health(self, metrics: Sequence[Metric], account_id: int, as_of: dt.date, scope: Scope = WHOLE) -> MetricStatus:
        """The worst overall status of the enforced ones among some metrics. See docs/spec/rules.md#overall-and-health-status."""
        return overall_status(await self.judged_health(metrics, account_id, as_of, scope))

    async def judged(self, account_id: int, query: MetricQuery) -> Sequence[JudgedResult]:
        """The results that make the overall status of a query's metric, or of its part."""
        judged = judged_queries(query)
        results = [self._result((account_id, each)) for each in judged]
        found = [result.result() if result.done() else await result for result in results]
        return [JudgedResult(each, part, of) for each, of in zip(judged, found, strict=True) for part in of.by_part]

    async def judged_health(
        self, metrics: Sequence[Metric], account_id: int, as_of: dt.date, scope: Scope = WHOLE
    ) -> Sequence[JudgedResult]:
        """The results that make the health status: those of the enforced ones among some metrics."""
        queries = [MetricQuery(metric, metric.windows[0], as_of, scope) for metric in enforced_metrics(metrics)]
        self.expect(account_id, (each for query in queries for each in judged_queries(query)))
        return [each for query in queries for each in await self.judged(account_id, query)]

    def _result(self, query: AccountQuery) -> "asyncio.Future[Any]":
        if (result := self._results.get(query)) is None:
            loop = asyncio.get_running_loop()
            self._results[query] = result = loop.create_future()
            if not self._waiting:
                loop.call_soon(self._dispatch, 0)
            self._waiting.append((query, result))
        return result

    def _dispatch(self, waiting: int) -> None:
        """Starts the statement once a turn of the event loop has added no more queries."""
        loop = asyncio.get_running_loop()
        if len(self._waiting) > waiting:
            loop.call_soon(self._dispatch, len(self._waiting))
            return
        queries, self._waiting = self._waiting, []
        task = loop.create_task(self._run(queries))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, waiting: Sequence[Waiting]) -> None:
        queries, known, snapshot = [query for query, _ in waiting], tuple(self._known), self._rankings.snapshot
        try:
            outcomes = await self.read(lambda session: compute(session, queries, known, snapshot))
        except (DeadlinePassed, StoreFault) as reason:  # no metric is at fault
            _set_exception(waiting, reason)
        except Exception as error:  # noqa: BLE001 - any error may only fail the metric that causes it
            metrics = list(dict.fromkeys(query.metric for _, query in queries))
            if len(metrics) > 1:
                await asyncio.gather(*(self._run([each for each in waiting if each[0][1].metric is metric]) for metric in metrics))
            else:
                self._fail(waiting, metrics[0], error)
        else:
            for each, outcome in zip(waiting, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    self._fail([each], each[0][1].metric, outcome)
                else:
                    each[1].set_result(outcome)

    @property
    def holding(self) -> Holding:
        """How long it holds what was read for the request. Its state is also None where it cannot be known."""
        return Holding(self._state, self.clock, self._validity.until)

    @contextlib.contextmanager
    def one_snapshot(self) -> Iterator[None]:
        """Inside, everything is read from one snapshot, on one connection: that of the first reader. After an error the next one has another."""
        with contextlib.ExitStack() as self._snapshot:
            try:
                yield
            finally:
                self._connection = self._snapshot = None

    async def read(self, read: Callable[[ReadSession], T]) -> T:
        """The result of a function that reads for the viewer. Raises DeadlinePassed.

        What is read first is the state of the accounts: an operation that is refused reads nothing, and one that is remembered has all of
        its answer from this state or a later one, which would not be the same.
        """

        def run(connection: sa.Connection) -> T:
            session = ReadSession(connection, self._viewer, self.clock, self.stale_after, self._deadline, self.rollups)
            if self._states is not None and not self._knows_state:
                self._state = self._states.read(session)
                self._knows_state = True
            result = read(session)
            self._validity.end(session.validity.until)
            return result

        return self._database.read(run, self._deadline) if self._snapshot is None else self._read_snapshot(run, self._snapshot)

    def _read_snapshot(self, run: Callable[[sa.Connection], T], snapshot: contextlib.ExitStack) -> T:
        if self._connection is None:
            self._connection = snapshot.enter_context(self._database.snapshot(self._deadline))
        try:
            return run(self._connection)
        except BaseException:  # the transaction may be of no use any more
            self._connection = None
            snapshot.__exit__(*sys.exc_info())  # which raises the error that is meant, for example that the deadline has passed
            raise

    async def _read_statuses(self, accounts: AccountFilter, metrics: tuple[Metric, ...], as_of: dt.date) -> AccountStatuses:
        try:
            kept, snapshot = self._rankings.statuses, self._rankings.snapshot
            statuses = await self.read(lambda session: read_account_statuses(session, accounts, metrics, as_of, kept, snapshot))
        except (DeadlinePassed, StoreFault):
            raise
        except Exception as error:
            if len(metrics) == 1:
                raise self._failure(metrics[0], error) from None
            for metric in metrics:
                await self.account_statuses(accounts, [metric], as_of)
            raise
        self._known.append(statuses)
        return statuses

    def _fail(self, waiting: Sequence[Waiting], metric: Metric, cause: Exception) -> None:
        _set_exception(waiting, self._failure(metric, cause))

    def _failure(self, metric: Metric, cause: Exception) -> MetricFailed:
        """One failure for each metric of a request, however many accounts it was computed for, and one line in the log."""
        if metric not in self._failures:
            self._failures[metric] = MetricFailed(metric.key, uuid.uuid4().hex)
            log.error("metric_failed", metric=metric.key, error_id=self._failures[metric].error_id, exc_info=without_text(cause))
        return self._failures[metric]


def _set_exception(waiting: Iterable[Waiting], reason: Exception) -> None:
    for _, result in waiting:
        result.set_exception(reason)
        result.exception()  # that nobody measures it after all is nothing to log
