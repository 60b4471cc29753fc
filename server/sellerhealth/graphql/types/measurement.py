"""The query that a result's id encodes."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sellerhealth.engine.queries import MetricQuery, Part

if TYPE_CHECKING:
    from sellerhealth.graphql.catalog import Entry
    from sellerhealth.graphql.types.account import Account  # its metrics are measurements


@dataclass(frozen=True)
class Measurement:
    """A query about an account. Its part, if any, is one along a dimension of the metric's own."""

    account: "Account"
    entry: "Entry"
    query: MetricQuery

    @property
    def account_id(self) -> int:
        """The id of the account in the store."""
        return self.account._account_id

    def in_part(self, dimension: str, name: str) -> "Measurement":
        """The same for one part along a dimension. Marketplaces and channels are parts of the scope."""
        if dimension in ("marketplace", "channel"):
            return replace(self, query=replace(self.query, scope=replace(self.query.scope, **{dimension: name})))
        return replace(self, query=replace(self.query, part=Part(dimension, name)))

    def id_parts(self) -> list[str | int | None]:
        """What an id holds after its first part."""
        query = self.query
        part = () if query.part is None else (query.part.dimension, query.part.name)
        where = self.account.key, query.as_of.isoformat(), query.scope.marketplace, query.scope.channel
        return [*where, query.metric.key, query.window.days, query.window.lag, *part]
