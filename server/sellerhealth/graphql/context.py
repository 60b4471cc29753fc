"""The context of a request: the viewer, the clock, the store and the plugins; and data loaders, which read for many accounts at once."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.types.graphql import OperationType

from sellerhealth.access import ReadSession, Viewer
from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.facts import FACTS
from sellerhealth.locales import Locale
from sellerhealth.model.tables import Fact
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.registry import MetricRegistry
from sellerhealth.settings import DOCUMENT_LIMITS, DocumentLimits
from sellerhealth.store import fact_queries, lookups
from sellerhealth.store.keyset import Row
from sellerhealth.store.reported_figures import ReportedFigure, last_figures_by_day

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


@dataclass
class Context:
    """The objects that the resolvers of one request share."""

    viewer: Viewer
    clock: dt.datetime  # the instant of the request, in UTC
    batch: MetricBatch
    loaded: Loaded
    operation_name: str | None = None
    deadline: Deadline = NEVER
    limits: DocumentLimits = DOCUMENT_LIMITS
    spend: Callable[[int], None] = lambda cost: None  # takes the cost of the operation from the budget of the viewer
    locale: Locale | None = None  # that was negotiated for the request
    operation_type: OperationType | None = None  # once the operation is chosen

    @property
    def today(self) -> dt.date:
        """The day of the request in UTC."""
        return self.clock.date()

    @property
    def metrics(self) -> MetricRegistry:
        """The metrics of the server by key."""
        return self.loaded.registry

    @cached_property
    def accounts(self) -> DataLoader[str, lookups.AccountRow | None]:
        """Visible accounts by key."""
        return self._loader(lookups.accounts_by_key)

    @cached_property
    def markets(self) -> DataLoader[int, Any]:
        """The keys of an account's marketplaces."""
        return self._loader(lookups.markets)

    @cached_property
    def sources(self) -> DataLoader[int, Any]:
        """What the sources of an account cover."""
        return self._loader(lookups.sources)

    @cached_property
    def notes(self) -> DataLoader[int, Any]:
        """How often each kind of contradiction occurs in an account."""
        return self._loader(lookups.notes)

    @cached_property
    def reported(self) -> DataLoader[tuple[int, dt.date], Sequence[ReportedFigure] | None]:
        """Amazon's own figures of an account, from the last reports that were taken by a day."""
        return self._loader(last_figures_by_day)

    @cached_property
    def known_marketplaces(self) -> DataLoader[str, bool | None]:
        """Whether any visible account has facts of a marketplace."""
        return self._loader(lookups.known_marketplaces)

    @cached_property
    def facts(self) -> Mapping[type[Fact], DataLoader[fact_queries.Key, Row | None]]:
        """Visible facts by key, for each kind."""
        return {fact: self._loader(partial(fact_queries.facts_by_key, fact=fact)) for fact in FACTS}

    @cached_property
    def facts_of_orders(self) -> Mapping[type[Fact], DataLoader[tuple[int, str], Sequence[Row] | None]]:
        """Visible facts by account and number of the order, for each kind."""
        return {fact: self._loader(partial(fact_queries.facts_by_order, fact=fact)) for fact in FACTS}

    async def read(self, read: Callable[[ReadSession], T]) -> T:
        """The result of a function that reads for the viewer. Raises DeadlinePassed."""
        return await self.batch.read(read)

    def _loader(self, read: Callable[[ReadSession, Iterable[K]], Mapping[K, V]]) -> DataLoader[K, V | None]:
        async def load(keys: list[K]) -> list[V | None]:
            by_key = await self.read(lambda session: read(session, keys))
            return [by_key.get(key) for key in keys]

        return DataLoader(load)


Info: TypeAlias = strawberry.Info[Context, None]
