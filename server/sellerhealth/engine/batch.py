"""One batch for a request: queries that are read together are answered from one statement or a few, each once."""

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
from sellerhealth.engine.account_statuses import AccountStatuses, read_account_statuses
from sellerhealth.engine.computed import AccountQuery, compute
from sellerhealth.engine.holding import Holding, State
from sellerhealth.engine.kept_numbers import KeptResults, Mark
from sellerhealth.engine.kept_rankings import KeptRankings
from sellerhealth.engine.known_states import KnownStates
from sellerhealth.engine.queries import MetricQuery, QueryResult, Series
from sellerhealth.engine.ranking import Listing, Ranking, rank_accounts
from sellerhealth.errors import MetricFailed, StoreFault, without_text
from sellerhealth.metrics.metric import Metric
from sellerhealth.settings import STALE_AFTER, StaleAfter
from sellerhealth.store.database import Database
from sellerhealth.store.lookups import AccountRow, accounts_by_key

log = structlog.get_logger("sellerhealth")

T = TypeVar("T")
Outcome: TypeAlias = QueryResult | Series | MetricFailed  # of a query; a Series of one with `since`


class MetricBatch:
    """Made for each request, for one thread. Equal queries are computed once."""

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
        self._kept = None if (snapshot := self._rankings.snapshot) is None else KeptResults(snapshot)
        self._states, self._knows_state = states, False
        self._state: State | None = None  # of the accounts, before anything of them was read
        self._snapshot: contextlib.ExitStack | None = None  # what ends the one that is open
        self._connection: sa.Connection | None = None  # which sees it
        self._validity = Validity()  # of all that was read for the request
        self._results: dict[AccountQuery, Outcome] = {}
        self._statuses: dict[tuple[AccountFilter, tuple[Metric, ...], dt.date], AccountStatuses] = {}
        self._known: list[AccountStatuses] = []
        self._failures: dict[Metric, MetricFailed] = {}

    def results(self, queries: Iterable[AccountQuery]) -> Mapping[AccountQuery, Outcome]:
        """What the queries and earlier ones have resulted in. Those that are new are read together.

        A metric that cannot be computed fails alone. Raises DeadlinePassed and StoreFault.
        """
        if new := dict.fromkeys(each for each in queries if each not in self._results):
            self._read_results(tuple(new))
        return self._results

    def measure(self, account_id: int, *queries: MetricQuery) -> list[Any]:
        """The results of queries about an account. Raises MetricFailed for one that cannot be computed."""
        found = self.results([(account_id, query) for query in queries])
        results = [found[account_id, query] for query in queries]
        for failed in (each for each in results if isinstance(each, MetricFailed)):
            raise failed
        return results

    def marks(self, account_ids: Iterable[int]) -> Mapping[int, Mark]:
        """What identifies the numbers that the store keeps of accounts as of today: of those whose numbers hold."""
        if (kept := self._kept) is None:
            return {}
        self.read(lambda session: kept.read(session, account_ids))
        return {account_id: kept.rows[account_id].mark for account_id in account_ids if account_id in kept.rows}

    def accounts(self, keys: Iterable[str]) -> Mapping[str, AccountRow]:
        """The visible accounts with these keys. The numbers that the store keeps of them are read in the same statement."""
        kept = self._kept
        return self.read(lambda session: accounts_by_key(session, keys) if kept is None else kept.accounts(session, keys))

    def known(self, queries: Sequence[AccountQuery]) -> Mapping[AccountQuery, Outcome] | None:
        """The same, if all of these follow from kept numbers that were read before."""
        kept = self._kept
        if kept is None or not kept.rows or not all(kept.has(*each) for each in queries):
            return None
        outcomes = ((each, kept.outcome(*each, self._deadline)) for each in queries)
        found = {each: outcome for each, outcome in outcomes if not isinstance(outcome, Exception)}
        return found if len(found) == len(queries) else self.results(queries)

    def account_statuses(self, accounts: AccountFilter, metrics: Sequence[Metric], as_of: dt.date) -> AccountStatuses:
        """The status of all accounts of a filter in some metrics, or MetricFailed for one that is at fault.

        Later queries about one of these accounts take their results from the same statement where they can.
        """
        key = accounts, tuple(sorted(set(metrics), key=lambda metric: metric.key)), as_of
        if key not in self._statuses:
            self._statuses[key] = self._read_statuses(*key)
        return self._statuses[key]

    def ranked(self, listing: Listing, read: Callable[[ReadSession, Ranking], T]) -> T:
        """What a function reads of the ranking of a list: of the one that is kept if it holds, else of a new one."""

        def of_kept(session: ReadSession) -> tuple[T] | None:
            ranking = self._rankings.find(session, listing)
            return None if ranking is None else (read(session, ranking),)

        if (kept := self.read(of_kept)) is not None:
            return kept[0]
        statuses = self.account_statuses(listing.accounts, listing.metrics, listing.as_of)

        def of_new(session: ReadSession) -> T:
            ranking = rank_accounts(statuses, listing)
            self._rankings.keep(session.viewer, listing, ranking, statuses.holding)
            return read(session, ranking)

        return self.read(of_new)

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

    def read(self, read: Callable[[ReadSession], T]) -> T:
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

    def _let_run(self, metrics: Iterable[Metric]) -> None:
        """Raises DeadlinePassed where a value or target of a class of a plugin would run, and the operation may not wait: it may wait for anything."""
        if not self._deadline.has_waited and any(metric.has_own_classes for metric in metrics):
            self._deadline.check_may_wait()

    def _read_results(self, queries: Sequence[AccountQuery]) -> None:
        self._let_run(query.metric for _, query in queries)
        known = tuple(self._known)
        try:
            outcomes = self.read(lambda session: compute(session, queries, known, self._kept))
        except (DeadlinePassed, StoreFault):  # no metric is at fault
            raise
        except Exception as error:  # noqa: BLE001 - any error may only fail the metric that causes it
            metrics = list(dict.fromkeys(query.metric for _, query in queries))
            if len(metrics) == 1:
                self._results |= dict.fromkeys(queries, self._failure(metrics[0], error))
                return
            for metric in metrics:
                self._read_results([each for each in queries if each[1].metric is metric])
        else:
            failures = {
                each: self._failure(each[1].metric, outcome) for each, outcome in outcomes.items() if isinstance(outcome, Exception)
            }
            self._results |= {**outcomes, **failures}  # type: ignore[dict-item]  # each that is an exception has become a failure

    def _read_statuses(self, accounts: AccountFilter, metrics: tuple[Metric, ...], as_of: dt.date) -> AccountStatuses:
        self._let_run(metrics)
        try:
            kept, snapshot = self._rankings.statuses, self._rankings.snapshot
            statuses = self.read(lambda session: read_account_statuses(session, accounts, metrics, as_of, kept, snapshot))
        except (DeadlinePassed, StoreFault):
            raise
        except Exception as error:
            if len(metrics) == 1:
                raise self._failure(metrics[0], error) from None
            for metric in metrics:
                self.account_statuses(accounts, [metric], as_of)
            raise
        self._known.append(statuses)
        return statuses

    def _failure(self, metric: Metric, cause: Exception) -> MetricFailed:
        """One failure for each metric of a request, however many accounts it was computed for, and one line in the log."""
        if metric not in self._failures:
            self._failures[metric] = MetricFailed(metric.key, uuid.uuid4().hex)
            log.error("metric_failed", metric=metric.key, error_id=self._failures[metric].error_id, exc_info=without_text(cause))
        return self._failures[metric]
