"""A world: a store of its own for a test, with accounts, their facts, a clock, and metrics measured on them."""

import contextlib
import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.deprecation import RenamedAttribute, renamed_arguments
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_status import judged_queries, overall_status
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import WHOLE, MetricQuery, Part, QueryResult, Scope
from sellerhealth.engine.results import read_results
from sellerhealth.facts import Channel, FeedbackClass, Order, OrderStatus, Package
from sellerhealth.intake.checking import mistake_in
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.records import ImportBatch, ImportState
from sellerhealth.model.tables import Fact, FactKind
from sellerhealth.rollups.measure_set import MeasureSet, measure_set
from sellerhealth.rollups.tables import prepare
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.sources import Importer, Row
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.ingesting import ingesting
from sellerhealth.testing.clock import CLOCK, at
from sellerhealth.testing.empty_store import empty_database

US = "ATVPDKIKX0DER"
_DEFAULT_WHEN = at(3, 10)
_ADVICE_FOR_IMPORTERS = re.compile(r"[.:] reject such a row$", re.IGNORECASE)  # advice for importers, which does not apply to tests
Classify = Callable[[int, str | None], FeedbackClass]


def classify_by_stars(rating: int, comment: str | None) -> FeedbackClass:
    """The class of a piece of feedback by its stars alone: 4 and 5 are positive, 3 is neutral. See docs/metrics.md#feedback-classes."""
    if rating >= 4:
        return FeedbackClass.POSITIVE
    return FeedbackClass.NEUTRAL if rating == 3 else FeedbackClass.NEGATIVE


class Account:
    """An account of a world. The facts that a test adds are stored when a metric is measured, or earlier by `save`.

    `when` is the default instant of facts. `unsaved` are the rows that are not stored yet.
    """

    def __init__(
        self, world: "World", key: str, time_zone: str, covers: Iterable[FactKind], time_zones: Mapping[str, str], when: dt.datetime
    ) -> None:
        self.key, self.when, self.unsaved = key, when, list[Row]()
        self._world, self._covers, self._time_zones = world, frozenset(covers), time_zones
        self._numbers, self._batches = itertools.count(1), itertools.count(1)
        self._saved_at: dt.datetime | None = None
        with world.database.writing() as connection:
            self.account_id = accounts.create(connection, key, key, time_zone)

    tell = RenamedAttribute("add")
    told = RenamedAttribute("unsaved")

    @property
    def now(self) -> dt.datetime:
        """The clock of its world."""
        return self._world.clock

    def add(self, fact: type[Fact], *, observed_at: dt.datetime | None = None, **columns: Any) -> None:
        """Adds one fact, or further columns of one. Raises ValueError for anything that no importer could yield.

        `observed_at` is the instant as of which the values are true, by default that of the clock. The latest value of a column wins.
        """
        row = Row(fact, columns, observed_at, len(self.unsaved) + 1)
        if (mistake := mistake_in([row])) is not None:
            raise ValueError(f"A test {_ADVICE_FOR_IMPORTERS.sub('', mistake[1])}.")
        self.unsaved.append(row)

    def number(self) -> str:
        """An unused id of an order or another fact. Every account counts from the beginning, so two accounts have the same ids."""
        return f"702-{next(self._numbers):07}-0000000"

    def order(self, order_id: str | None = None, **columns: Any) -> str:
        """Adds one order, by default a seller-fulfilled one that waits to be shipped. Returns its id."""
        order_id = order_id or self.number()
        defaults: dict[str, Any] = {"placed_at": self.when, "marketplace": US, "channel": Channel.SELLER, "status": OrderStatus.UNSHIPPED}
        self.add(Order, order_id=order_id, **(defaults | columns))
        return order_id

    def confirm(self, order_id: str, confirmed_at: dt.datetime | None, package_id: str = "1", **columns: Any) -> None:
        """Adds one package. By default only the confirmation of its shipment is known."""
        self.add(Package, order_id=order_id, package_id=package_id, confirmed_at=confirmed_at, **columns)

    def save(self) -> None:
        """Stores the unsaved rows in one import. From then on the account's kinds of fact are covered through the day of the clock."""
        if not self.unsaved and (not self._covers or self._saved_at == self._world.clock):
            return
        importer = Importer(
            "test", "Facts of a test", self._covers, rank=1, recognises=lambda sample: False, read=lambda file, context: iter(())
        )
        batch = ImportBatch(
            account_id=self.account_id,
            batch_id=str(next(self._batches)),
            format=importer.name,
            file="",
            observed_at=self._world.clock,
            started_at=self._world.clock,
            state=ImportState.RUNNING,
        )
        with ingesting(
            self._world.database,
            OWNER,
            self.account_id,
            importer,
            batch,
            self._world.classify,
            time_zones=self._time_zones,
            keep_rollups=self._world.keep_rollups,
        ) as ingest:
            ingest.add(self.unsaved)
        self.unsaved, self._saved_at = [], self._world.clock


class World:
    """A store with any number of accounts, the clock that metrics see, and a classifier of feedback."""

    def __init__(self, database: Database, clock: dt.datetime = CLOCK, classify: Classify = classify_by_stars) -> None:
        self.database, self.clock, self.classify, self.accounts = database, clock, classify, list[Account]()
        self.rollups: MeasureSet | None = None

    def roll_up(self, metrics: Iterable[Metric]) -> None:
        """Keeps the measures of metrics in rollups from the next import on."""
        self.rollups = measure_set(metrics)
        prepare(self.database, self.rollups)

    def keep_rollups(self, connection: sa.Connection, account_id: int) -> Upkeep | None:
        """The upkeep of an account's rollups during an import."""
        return None if self.rollups is None else Upkeep(self.rollups, connection, account_id, self.clock)

    @renamed_arguments(tells="covers")
    def account(
        self,
        *,
        time_zone: str = "UTC",
        covers: Iterable[FactKind] = tuple(FactKind),
        time_zones: Mapping[str, str] | None = None,
        when: dt.datetime = _DEFAULT_WHEN,
    ) -> Account:
        """A new account, with a source for each kind of fact in `covers`, by default for all. The first one has the key `seller-1`."""
        self.accounts.append(Account(self, f"seller-{len(self.accounts) + 1}", time_zone, covers, time_zones or {}, when))
        return self.accounts[-1]

    def save(self) -> None:
        """Stores the unsaved rows of all accounts."""
        for account in self.accounts:
            account.save()

    def measure(
        self, account: Account, metric: Metric, *, window: Window | None = None, as_of: dt.date | None = None, scope: Scope = WHOLE
    ) -> MetricResult:
        """One metric of one account, by default over its first window as of the day of the clock. Its exceptions pass through."""
        return self._result(account, metric, window, as_of, scope, None).result

    def parts(
        self,
        account: Account,
        metric: Metric,
        by: str,
        *,
        window: Window | None = None,
        as_of: dt.date | None = None,
        scope: Scope = WHOLE,
    ) -> Mapping[str, MetricResult]:
        """One metric of one account by part, along a dimension: `marketplace`, `channel` or a key of `Metric.parts`."""
        return self._result(account, metric, window, as_of, scope, Part(by)).by_part

    def overall(self, account: Account, metric: Metric) -> MetricStatus:
        """The overall status of a metric: the worst over its judged windows and parts."""
        account.save()
        query = MetricQuery(metric, metric.windows[0], self.clock.date())
        return overall_status(MetricBatch(self.database, OWNER, self.clock).measure(account.account_id, *judged_queries(query)))

    def _result(
        self, account: Account, metric: Metric, window: Window | None, as_of: dt.date | None, scope: Scope, part: Part | None
    ) -> QueryResult:
        account.save()
        query = MetricQuery(metric, window or metric.windows[0], as_of or self.clock.date(), scope, part)
        with reading(self) as session:
            return read_results(session, [query], AccountFilter(account_ids=(account.account_id,))).result(account.account_id, query)


@contextlib.contextmanager
def reading(world: World) -> Iterator[ReadSession]:
    """A session of the owner in a world."""
    with world.database.reading() as connection:
        rollups = {} if world.rollups is None else {world.rollups.set_id: world.rollups.members}
        yield ReadSession(connection, OWNER, world.clock, rollups=rollups)


@contextlib.contextmanager
def new_world(clock: dt.datetime = CLOCK, classify: Classify = classify_by_stars) -> Iterator[World]:
    """An empty world. Its database file is removed at the end."""
    with empty_database() as database:
        yield World(database, clock, classify)
