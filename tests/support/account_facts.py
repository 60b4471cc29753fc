"""The facts of an account as plain dicts: what the reference computes from, and what random_facts makes up."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

Fact = Mapping[str, Any]


@dataclass
class AccountFacts:
    """The facts of one account, each once, without columns that no source reported. `statuses` of an order: all of them, oldest first."""

    time_zone: str
    time_zones: Mapping[str, str]
    clock: dt.datetime
    orders: list[Fact] = field(default_factory=list)
    items: list[Fact] = field(default_factory=list)
    packages: list[Fact] = field(default_factory=list)
    claims: list[Fact] = field(default_factory=list)
    chargebacks: list[Fact] = field(default_factory=list)
    feedback: list[Fact] = field(default_factory=list)
    messages: list[Fact] = field(default_factory=list)
    replies: list[Fact] = field(default_factory=list)
    refunds: list[Fact] = field(default_factory=list)
    violations: list[Fact] = field(default_factory=list)

    def related(self, order: Fact, facts: Iterable[Fact]) -> list[Fact]:
        """The facts that belong to an order."""
        return [fact for fact in facts if fact.get("order_id") == order["order_id"]]

    def order_of(self, fact: Fact) -> Fact:
        """The order that a fact belongs to; an empty one if no source reported it."""
        return next((order for order in self.orders if order["order_id"] == fact.get("order_id")), {})

    def marketplace_of(self, fact: Fact) -> str:
        """The marketplace of a fact: its order's, else the one that its source reported."""
        return self.order_of(fact).get("marketplace") or fact.get("reported_marketplace") or "UNKNOWN"

    def day(self, instant: dt.datetime, marketplace: str) -> dt.date:
        """The day of an instant in the time zone of the marketplace, else of the account."""
        return instant.astimezone(ZoneInfo(self.time_zones.get(marketplace, self.time_zone))).date()
