"""What a result is a measurement of: the account, the metric, the window, the day and the scope that its id names."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sellerhealth.engine.queries import WHOLE, Ask, Measured, Scope
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.result import MetricResult, UnavailableReason

if TYPE_CHECKING:
    from sellerhealth.graphql.catalog import Entry
    from sellerhealth.graphql.types.account import Account  # its metrics are measurements


@dataclass(frozen=True)
class Measurement:
    """One metric of one account. `part` is a dimension of the metric's own, and a part along it."""

    account: "Account"
    entry: "Entry"
    window: Window
    as_of: dt.date
    scope: Scope = WHOLE
    part: tuple[str, str] | None = None

    def ask(self, by: str | None = None) -> Ask:
        """The question to the engine, for each part along a dimension if one is given."""
        return Ask(self.account._account_id, self.entry.metric, self.window, self.as_of, self.scope, self.part[0] if self.part else by)

    def along(self, dimension: str, part: str) -> "Measurement":
        """The same for one part along a dimension."""
        if dimension in ("marketplace", "channel"):
            return replace(self, scope=replace(self.scope, **{dimension: part}))
        return replace(self, part=(dimension, part))

    def found_in(self, measured: Measured) -> MetricResult:
        """Its result among those of an answer. A part in which nothing happened is not among them."""
        part = self.part[1] if self.part else ""
        return measured.results.get(part) or self.entry.metric.result({}, unavailable=UnavailableReason.NOTHING_TO_MEASURE)

    def words(self) -> list[str | int | None]:
        """What an id holds to name it."""
        scope, window = self.scope, self.window
        where = self.account.key, self.as_of.isoformat(), scope.marketplace, scope.channel
        return [*where, self.entry.metric.key, window.days, window.lag, *(self.part or ())]
