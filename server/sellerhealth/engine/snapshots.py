"""Snapshots: the statuses of an account in all metrics, kept in the store. A list of thousands of accounts reads one row for each.

A row says with which version of its account, on which day and from which clock to which it holds; where it does not, the statuses are worked out.
Nothing is in a snapshot that code of a plugin has computed: only of our own is it known whether it is still the same.
"""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from functools import cached_property, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import chain
from typing import Any, NamedTuple, Self

import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import UTCDateTime

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.account_status import AccountStatus, judged_queries
from sellerhealth.engine.join_in_order import JoinInOrder
from sellerhealth.engine.kept_statuses import KeptStatus, StatusesOf
from sellerhealth.engine.queries import WHOLE, MetricQuery, query_of, window_of_length
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import Bands, MetricStatus
from sellerhealth.model.records import Account, AccountSnapshot
from sellerhealth.rollups.current import looked_up
from sellerhealth.rollups.grain import number_column
from sellerhealth.settings import Settings, StaleAfter

log = structlog.get_logger("sellerhealth")
_DAMAGED = ValueError, LookupError, ArithmeticError  # what reading a text raises that we have not written
_DECIDING = ("key", "windows", "value", "target", "minimum", "unproven", "parts", "all_measures")  # what of a metric decides its statuses
_CLOCK = sa.bindparam("snapshot_clock", type_=UTCDateTime())
HOLDS = sa.and_(  # of a row of an account, by the parameters of a snapshot
    AccountSnapshot.account_id == Account.account_id,
    AccountSnapshot.snapshot_id == sa.bindparam("snapshot_id"),
    AccountSnapshot.version == Account.version,
    AccountSnapshot.updated_at.is_not_distinct_from(Account.updated_at),
    AccountSnapshot.as_of == sa.bindparam("snapshot_as_of", type_=sa.Date()),
    AccountSnapshot.since <= _CLOCK,
    sa.or_(AccountSnapshot.until.is_(None), AccountSnapshot.until >= _CLOCK),
)


class Held(NamedTuple):
    """Statuses in a row that holds, and until when. None: no instant ends them."""

    until: dt.datetime | None
    statuses: tuple[AccountStatus, ...]


class Snapshot:
    """Which statuses a row has: in these metrics, as this code computes them with these settings."""

    def __init__(self, metrics: Iterable[Metric], stale_after: StaleAfter, windows: Sequence[int] = ()) -> None:
        """`windows`: the lengths in days of those whose numbers are kept, too: of each metric as a whole."""
        ours = (metric for metric in metrics if not metric.has_own_classes)
        self._windows = tuple(sorted({*windows}))
        self.metrics, self.stale_after = tuple(sorted(ours, key=lambda metric: metric.key)), stale_after
        # Accounts with a row that could not be read: it is to be written anew. Threads share it without a lock: to add, copy or remove numbers runs
        # no Python code, so another thread sees it before or after.
        self.unreadable = set[int]()
        self._queries: tuple[dt.date, Mapping[MetricQuery, int]] = dt.date.min, {}  # of the day for which they were needed last

    @classmethod
    def of(cls, metrics: Iterable[Metric], settings: Settings) -> Self:
        """That of the settings."""
        return cls(metrics, settings.stale_after, settings.kept_windows)

    @cached_property
    def id(self) -> str:
        """A hash of all that decides what is in a row, beside the account and the day."""
        declared = [[_text(getattr(metric, name)) for name in _DECIDING] for metric in self.metrics]
        decides = [_code(), self.stale_after.model_dump(mode="json"), declared, self._windows]
        return hashlib.sha256(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    def has(self, of: StatusesOf) -> bool:
        """Whether a row has such statuses."""
        return of.as_of == of.today and set(of.metrics) <= set(self.metrics)

    def queries(self, today: dt.date) -> Mapping[MetricQuery, int]:
        """The queries whose numbers are kept, each with its position: those of the statuses and of the windows, but for those by day."""
        day, queries = self._queries
        if day != today:
            judged = (judged_queries(query_of(metric, metric.windows[0], today, WHOLE)) for metric in self.metrics)
            others = (query_of(metric, window_of_length(metric, days), today, WHOLE) for metric in self.metrics for days in self._windows)
            distinct = dict.fromkeys(query.of_each_part for query in (*chain.from_iterable(judged), *others) if not query.is_daily)
            queries = {query: position for position, query in enumerate(distinct)}
            self._queries = today, queries
        return queries

    def parameters(self, session: ReadSession) -> Mapping[str, Any]:
        """What a row has to be of."""
        return {"snapshot_id": self.id, "snapshot_as_of": session.today, "snapshot_clock": session.instant}

    def read(self, session: ReadSession, of: StatusesOf, accounts: AccountFilter) -> Mapping[int, Held]:
        """The statuses of the accounts of a filter whose rows hold at the clock of the session. A row that cannot be read is as if it were not there."""
        indexes = [self.metrics.index(metric) for metric in of.metrics]
        alike: dict[str, tuple[AccountStatus, ...]] = {}  # many accounts have the same
        held = {}
        statement, parameters = _rows(accounts.conditions, session.viewer.sees_all), {**accounts.parameters, **self.parameters(session)}
        for account_id, until, text in session.rows(statement, parameters):
            if (statuses := alike.get(text)) is None:
                session.deadline.check()
                try:
                    statuses = _read(text, len(self.metrics), indexes)
                except _DAMAGED as reason:
                    log.warning("statuses_not_readable", account_id=account_id, reason=type(reason).__name__)
                    self.unreadable.add(account_id)
                    continue
                alike[text] = statuses
            held[account_id] = Held(until, statuses)
        return held

    def holding(self, session: ReadSession, accounts: AccountFilter) -> frozenset[int]:
        """The accounts of a filter whose rows hold."""
        statement = _rows(accounts.conditions, session.viewer.sees_all)
        return frozenset(row[0] for row in session.rows(statement, {**accounts.parameters, **self.parameters(session)}))

    def row(self, session: ReadSession, account_id: int, kept: KeptStatus, numbers: str) -> Mapping[str, Any]:
        """The row of an account's statuses in all metrics, and that of their numbers."""
        version, updated_at = kept.version
        return {
            "account_id": account_id,
            "snapshot_id": self.id,
            "version": version,
            "updated_at": updated_at,
            "as_of": session.today,
            "since": kept.since,
            "until": kept.until,
            "statuses": written(kept.statuses),
            "numbers": numbers,
        }


def holds() -> sa.ColumnElement[bool]:
    """The condition that an account has a row that holds, by the parameters of a snapshot."""
    return looked_up(sa.exists(sa.literal_column("1")).where(HOLDS).correlate(Account))


@lru_cache(maxsize=64)
def _rows(conditions: tuple[str, ...], sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    columns = Account.account_id, AccountSnapshot.until, AccountSnapshot.statuses
    joined = JoinInOrder(Account.__table__, AccountSnapshot.__table__, HOLDS)
    return filtered_accounts(conditions, *columns, sees_all=sees_all).select_from(joined)


# ---------------------------------------------------------------- the text of a row


def written(statuses: Sequence[AccountStatus]) -> str:
    """Statuses as text: of each metric the status, the share of its allowance that is used, and its value."""
    return ",".join(f"{_STATUSES.index(each.status)} {_number(each.used)} {_number(each.value)}" for each in statuses)


_STATUSES = tuple(MetricStatus)
_BY_NUMBER = {str(number): status for number, status in enumerate(_STATUSES)}


def _number(number: Fraction | None) -> str:
    return "-" if number is None else str(number)


def _read(text: str, number: int, indexes: Sequence[int]) -> tuple[AccountStatus, ...]:
    of_metrics = text.split(",") if text else []
    if len(of_metrics) != number:
        raise ValueError(f"{len(of_metrics)} statuses of {number} metrics")
    return tuple(_status(of_metrics[index]) for index in indexes)


@lru_cache(maxsize=10_000)
def _status(text: str) -> AccountStatus:
    status, *numbers = text.split(" ")
    used, value = (None if number == "-" else Fraction(*map(int, number.split("/"))) for number in numbers)
    return AccountStatus(_BY_NUMBER[status], used, value)


# ---------------------------------------------------------------- what decides


def _text(part: Any) -> Any:
    """A part of a metric's declaration as JSON. Measures are their SQL; what they are called decides nothing."""
    match part:
        case Measure():
            return f"{part.on.class_.__tablename__}.{part.on.key} {number_column(part)}"
        case Bands():
            return _text(part.lower_ends)
        case InstrumentedAttribute():
            return str(part)
        case None | bool() | int() | str() if not isinstance(part, Enum):
            return part
    if dataclasses.is_dataclass(part):
        return [type(part).__name__, *(_text(getattr(part, field.name)) for field in dataclasses.fields(part))]
    if isinstance(part, Mapping):
        return [[_text(key), _text(value)] for key, value in part.items()]
    if isinstance(part, tuple):
        return [_text(each) for each in part]
    return str(part)  # a number, or a value of an enumeration


@lru_cache(maxsize=1)
def _code() -> str:
    """A hash of our code, any of which may decide about a status: a release in which it differs works all of them out again."""
    digest = hashlib.sha256()
    for name, file in _files(resources.files("sellerhealth"), ""):
        digest.update(name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_dir():
            yield from _files(each, f"{path}{each.name}/")
        elif each.name.endswith(".py"):
            yield f"{path}{each.name}", each
