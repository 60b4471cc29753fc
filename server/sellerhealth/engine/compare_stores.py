"""Compares the metrics of accounts in two stores: every value, count and status, over every window and along every dimension."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.queries import MetricQuery, Part, QueryResult
from sellerhealth.engine.results import dimensions, read_results
from sellerhealth.errors import MetricFailed, StoreFault
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Account, Source
from sellerhealth.store.copy_check import Difference

_ABSENT = "absent"


def sample(session: ReadSession, number: int) -> Mapping[int, str]:
    """The keys of some accounts, by id. An id is a hash, so the first ones are as good as any, and always the same."""
    chosen = session.visible_accounts(Account.account_id, Account.key).order_by(Account.account_id).limit(number)
    return dict(iter(session.execute(chosen)))


class MetricComparison:
    """Compares metrics in a source and a target. `compared` grows with each value."""

    def __init__(self, source: ReadSession, target: ReadSession, metrics: Iterable[Metric]) -> None:
        self._source, self._target, self._metrics = source, target, list(metrics)
        self.compared = 0

    def differences(self, account_id: int, key: str) -> Iterator[Difference]:
        """What is not the same of one account, over windows that end with its last facts. Raises MetricFailed."""
        covered = self._last(account_id, Source.through) or self._source.today
        for metric in self._metrics:
            columns = dict.fromkeys(measure.on for measure in metric.all_measures.values())
            last = max((day for column in columns if (day := self._last(account_id, column)) is not None), default=covered)
            here, there = (_measure(session, account_id, metric, last) for session in (self._source, self._target))
            for name in {**here, **there}:
                self.compared += 1
                if (one := here.get(name, _ABSENT)) != (other := there.get(name, _ABSENT)):
                    yield Difference(key, name, one, other)

    def _last(self, account_id: int, column: Any) -> dt.date | None:
        """The last day in a column of the account."""
        own = self._source.visible_accounts(sa.func.max(column)).join(column.class_, column.class_.account_id == Account.account_id)
        day: dt.date | None = self._source.execute(own.where(Account.account_id == account_id, column.is_not(None))).scalar()
        return day


def _measure(session: ReadSession, account_id: int, metric: Metric, last: dt.date) -> Mapping[str, object]:
    """Every window as a whole, and the first one along every dimension."""
    whole = [(window, None) for window in metric.windows]
    parts = [(metric.windows[0], Part(dimension)) for dimension in dimensions(metric)]
    queries = [MetricQuery(metric, window, last + dt.timedelta(window.lag), part=part) for window, part in (*whole, *parts)]
    try:
        results = read_results(session, queries, AccountFilter(account_ids=(account_id,)))
        return {name: value for query in queries for name, value in _named(query, results.result(account_id, query))}
    except StoreFault:
        raise
    except Exception as error:  # a plugin's value or target may raise anything
        raise MetricFailed(metric.key, "") from error


def _named(query: MetricQuery, result: QueryResult) -> Iterator[tuple[str, object]]:
    """What a result says, each with a name that no other has."""
    of = f"{query.metric.key}, {query.window.days} days to {query.as_of}"
    for kind, through in result.coverage.items():
        yield f"{of}: {kind} covered through", through
    for part, each in result.by_part.items():
        where = of if query.part is None else f"{of}, {query.part.dimension} {part}"
        yield f"{where}: value", each.value
        yield f"{where}: status", each.status
        yield f"{where}: reason", each.reason
        yield f"{where}: band", each.band
        yield f"{where}: headroom", each.headroom
        yield f"{where}: unproven rows", (each.unproven.rows, each.unproven.rejected)
        for name, number in each.numbers.items():
            yield f"{where}: {name}", number
        for name, figure in each.figures.items():
            yield f"{where}: {name}, its value", figure.value
            yield f"{where}: {name}, its status", figure.status
