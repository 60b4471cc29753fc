"""The context of a request: the viewer, the clock, the store and the plugins; and loaders, which read for many accounts at once."""

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import strawberry
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionNode
from strawberry.types.graphql import OperationType

from sellerhealth.access import ReadSession, Viewer
from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.kept_numbers import Mark
from sellerhealth.engine.queries import WHOLE, MetricQuery, Scope
from sellerhealth.facts import FACTS
from sellerhealth.graphql.reading import Loader, Reading
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

    @cached_property
    def today(self) -> dt.date:
        """The day of the request in UTC."""
        return self.clock.date()

    @property
    def metrics(self) -> MetricRegistry:
        """The metrics of the server by key."""
        return self.loaded.registry

    @cached_property
    def accounts(self) -> Loader[str, lookups.AccountRow]:
        """Visible accounts by key."""
        return self._loader(lookups.accounts_by_key)

    @cached_property
    def accounts_with_numbers(self) -> Loader[str, lookups.AccountRow]:
        """The same, for objects whose metrics are selected: the numbers that are kept of them are read in the same statement."""
        return Loader(self.batch.accounts)

    @cached_property
    def kept(self) -> Loader[int, Mark]:
        """What identifies the numbers that are kept of an account as of today. None where none hold."""
        return Loader(self.batch.marks)

    @cached_property
    def markets(self) -> Loader[int, Any]:
        """The keys of an account's marketplaces."""
        return self._loader(lookups.markets)

    @cached_property
    def sources(self) -> Loader[int, Any]:
        """What the sources of an account cover."""
        return self._loader(lookups.sources)

    @cached_property
    def notes(self) -> Loader[int, Any]:
        """How often each kind of contradiction occurs in an account."""
        return self._loader(lookups.notes)

    @cached_property
    def reported(self) -> Loader[tuple[int, dt.date], Sequence[ReportedFigure]]:
        """Amazon's own figures of an account, from the last reports that were taken by a day."""
        return self._loader(last_figures_by_day)

    @cached_property
    def known_marketplaces(self) -> Loader[str, bool]:
        """Whether any visible account has facts of a marketplace."""
        return self._loader(lookups.known_marketplaces)

    @cached_property
    def facts(self) -> Mapping[type[Fact], Loader[fact_queries.Key, Row]]:
        """Visible facts by key, for each kind."""
        return {fact: self._loader(partial(fact_queries.facts_by_key, fact=fact)) for fact in FACTS}

    @cached_property
    def facts_of_orders(self) -> Mapping[type[Fact], Loader[tuple[int, str], Sequence[Row]]]:
        """Visible facts by account and number of the order, for each kind."""
        return {fact: self._loader(partial(fact_queries.facts_by_order, fact=fact)) for fact in FACTS}

    def read(self, read: Callable[[ReadSession], T]) -> T:
        """The result of a function that reads for the viewer. Raises DeadlinePassed."""
        return self.batch.read(read)

    def measuring(self, account_id: int, queries: Sequence[MetricQuery], make: "Callable[..., T | Reading[T]]") -> Reading[T]:
        """Reads the results of queries about an account, of which a function makes the value of a field."""
        return Reading(self.batch, [(account_id, query) for query in queries], make)

    def _loader(self, read: Callable[[ReadSession, Iterable[K]], Mapping[K, V]]) -> Loader[K, V]:
        batch = self.batch  # not the context, which has the loader: each request would be left to garbage collection, with all that it read
        return Loader(lambda keys: batch.read(lambda session: read(session, keys)))


class Info(strawberry.Info[Context, None]):
    """What a resolver knows of its field and of the request. By plans one serves all objects of an execution, and has no path."""

    @cached_property
    def selected(self) -> frozenset[str]:
        """The fields that are selected of the object that the field returns, without those that `@skip` or `@include` may leave out."""
        return selected_names(self._raw_info.field_nodes, self._raw_info.fragments)

    @property
    def remembers(self) -> bool:
        """Whether answers of the field may be remembered."""
        return False

    def following(
        self, account_id: int, as_of: dt.date, scope: Scope, made_for: Hashable, make: Callable[[], T | Reading[T]]
    ) -> T | Reading[T]:
        """What a function makes of results about an account, or was answered for it where the store keeps the same numbers.

        `made_for`: what decides beside the numbers, as in `Reading`. Nothing is read before where answers are not remembered.
        """
        if not self.remembers or as_of != self.context.today or scope != WHOLE:
            return make()
        return Reading(self.context.kept, (account_id,), lambda _: make(), made_for=made_for)


def selected_names(nodes: Iterable[SelectionNode], fragments: Mapping[str, FragmentDefinitionNode]) -> frozenset[str]:
    """The names of the fields that are selected below fields, whichever types they are of. Not those that a directive may leave out."""
    names = set[str]()
    for node in nodes:
        selecting: Any = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        for each in selecting.selection_set.selections if selecting.selection_set else ():
            if not each.directives:
                names |= {each.name.value} if isinstance(each, FieldNode) else selected_names([each], fragments)
    return frozenset(names)
