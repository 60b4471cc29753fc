"""A store filled by hand: sellers of whom a test tells facts, and metrics measured on them."""

import asyncio
import datetime as dt
import itertools
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from sellerhealth import Metric, MetricResult, MetricStatus, Window
from sellerhealth.access import OWNER
from sellerhealth.engine.asks import WHOLE, Ask, Measured, Scope
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.facts import Channel, Order, OrderStatus, Package
from sellerhealth.records import ImportBatch, ImportState
from sellerhealth.sources import Importer, Row
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.ingest import ingesting
from sellerhealth.tables import Fact, FactKind
from sellerhealth_metrics.feedback_classifier import classify_feedback

CLOCK = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
TODAY = CLOCK.date()
US = "ATVPDKIKX0DER"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def at(month: int, day: int, hour: int = 8, minute: int = 0, second: int = 0, *, year: int = 2026) -> dt.datetime:
    """An instant in the year of the clock."""
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)


def built_in(key: str, **settings: Any) -> Metric:
    """A built-in metric. Raises ValidationError for settings that it does not have."""
    module = import_module(f"sellerhealth_metrics.{key}")
    declared = getattr(module, key)
    return declared if isinstance(declared, Metric) else declared(module.Settings.model_validate(settings, extra="forbid"))


class Seller:
    """An account. What is told of it goes into the store when a metric is measured, or earlier by `save`."""

    def __init__(self, database: Database, key: str, time_zone: str, tells: Iterable[FactKind], time_zones: Mapping[str, str]) -> None:
        self._database, self._time_zones = database, time_zones
        self._rows, self._numbers, self._batches = list[Row](), itertools.count(1), itertools.count(1)
        self._importer = Importer(
            "by_hand", "Told by a test", frozenset(tells), rank=1, recognises=lambda sample: False, read=lambda file, given: iter(())
        )
        with database.writing() as connection:
            self.account_id = accounts.create(connection, key, key, time_zone)

    def tell(self, fact: type[Fact], *, observed_at: dt.datetime | None = None, **values: Any) -> None:
        """Tells some columns of one fact."""
        self._rows.append(Row(fact, values, observed_at, len(self._rows) + 1))

    def order(self, order_id: str | None = None, **told: Any) -> str:
        """Tells of one order, by default a seller-fulfilled one of 10 March that waits to be shipped. Returns its number."""
        order_id = order_id or f"702-{next(self._numbers):07}-0000000"
        values = {"placed_at": at(3, 10), "marketplace": US, "channel": Channel.SELLER, "status": OrderStatus.UNSHIPPED} | told
        self.tell(Order, order_id=order_id, **values)
        return order_id

    def orders(self, number: int, **told: Any) -> Sequence[str]:
        """Tells of so many orders that are alike."""
        return [self.order(**told) for _ in range(number)]

    def confirm(self, order_id: str, confirmed_at: dt.datetime | None, package_id: str = "1", **told: Any) -> None:
        """Tells of one package."""
        self.tell(Package, order_id=order_id, package_id=package_id, confirmed_at=confirmed_at, **told)

    def save(self) -> None:
        """Brings what was told into the store, in one import."""
        batch = ImportBatch(
            account_id=self.account_id,
            batch_id=str(next(self._batches)),
            format=self._importer.name,
            file="",
            observed_at=CLOCK,
            started_at=CLOCK,
            state=ImportState.RUNNING,
        )
        with ingesting(
            self._database, self.account_id, self._importer, batch, lambda rating, _: classify_feedback(rating), time_zones=self._time_zones
        ) as ingest:
            ingest.add(self._rows)
        self._rows = []


class World:
    """A store with any number of sellers, and the clock that its metrics see."""

    def __init__(self, database: Database, clock: dt.datetime = CLOCK) -> None:
        self.database, self.clock, self.sellers = database, clock, list[Seller]()

    def seller(
        self, *, time_zone: str = "UTC", tells: Iterable[FactKind] = tuple(FactKind), time_zones: Mapping[str, str] | None = None
    ) -> Seller:
        """A new seller, by default one of whom sources tell all kinds of fact."""
        self.sellers.append(Seller(self.database, f"seller-{len(self.sellers) + 1}", time_zone, tells, time_zones or {}))
        return self.sellers[-1]

    def ask(self, *asks: Ask) -> Sequence[Measured]:
        """The answers, all of one batch."""

        async def answers() -> Sequence[Measured]:
            batch = MetricBatch(self.database, OWNER, self.clock)
            return await asyncio.gather(*(batch.measure(ask) for ask in asks))

        return asyncio.run(answers())

    def overall(self, seller: Seller, metric: Metric) -> MetricStatus:
        """The worst status over the judged windows and parts."""
        seller.save()
        batch = MetricBatch(self.database, OWNER, self.clock)
        return asyncio.run(batch.overall(Ask(seller.account_id, metric, metric.windows[0], TODAY)))

    def measure(
        self, seller: Seller, metric: Metric, *, window: Window | None = None, as_of: dt.date = TODAY, scope: Scope = WHOLE
    ) -> MetricResult:
        """One metric of one seller, by default over its first window as of the day of the clock."""
        return self._measured(seller, metric, window, as_of, scope, None).whole

    def parts(self, seller: Seller, metric: Metric, by: str, *, as_of: dt.date = TODAY, scope: Scope = WHOLE) -> Mapping[str, MetricResult]:
        """One metric of one seller for each part along a dimension."""
        return self._measured(seller, metric, None, as_of, scope, by).results

    def _measured(self, seller: Seller, metric: Metric, window: Window | None, as_of: dt.date, scope: Scope, by: str | None) -> Measured:
        seller.save()
        return self.ask(Ask(seller.account_id, metric, window or metric.windows[0], as_of, scope, by))[0]
