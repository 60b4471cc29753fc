"""The marketplaces of an account: those in which it has facts, each with the time zone of its days."""

from collections.abc import Mapping, Set
from functools import cache, partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sellerhealth.facts import Order
from sellerhealth.model.records import Account, Market
from sellerhealth.model.tables import UNKNOWN, Fact
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.derive import CHILDREN
from sellerhealth.store.merge import shape_of
from sellerhealth.store.unit_of_work import UnitOfWork

_IN_MARKETS: tuple[type[Fact], ...] = (Order, *CHILDREN)  # facts with a marketplace


class Markets:
    """Fixes the zone of a marketplace when its first fact arrives: the one in `time_zones`, else the account's."""

    def __init__(self, rows: AccountRows, time_zones: Mapping[str, str], new: NewAccount | None = None) -> None:
        """`new`: the account, if it was created in this transaction."""
        self._rows = rows
        self._zones: dict[str, str] = {}
        if new is None:
            account_zone = rows.connection.execute(sa.select(Account.time_zone).where(Account.account_id == rows.account_id)).scalar_one()
            own = sa.select(Market.marketplace, Market.time_zone).where(Market.account_id == rows.account_id)
            self._zones |= dict(iter(rows.connection.execute(own)))
        else:
            account_zone = new.time_zone
        # Not a method, which would refer to `self`: an import must be freed at its end, also while garbage collection is off.
        self.zone_of = cache(partial(_zone_of, self._zones, time_zones, account_zone))

    def update(self, work: UnitOfWork) -> None:
        """Stores the marketplaces of new facts, and removes those that have no fact any more."""
        current = {row["marketplace"] for fact in _IN_MARKETS for row in work.current[fact].values()}
        left = {row["marketplace"] for fact in _IN_MARKETS for row in work.stored[fact].values()} - current - {UNKNOWN}
        for marketplace in left:
            self._remove_if_empty(marketplace)
        self.add(current)

    def add(self, marketplaces: Set[str]) -> None:
        """Stores those of the marketplaces of some facts that are new."""
        new = {marketplace: self.zone_of(marketplace).key for marketplace in sorted(marketplaces - self._zones.keys() - {UNKNOWN})}
        self._zones |= new
        own = {"account_id": self._rows.account_id}
        self._rows.save(shape_of(Market), [own | {"marketplace": key, "time_zone": zone} for key, zone in new.items()], [])

    def _remove_if_empty(self, marketplace: str) -> None:
        for fact in _IN_MARKETS:
            columns = shape_of(fact).table.c
            in_market = sa.exists().where(columns.account_id == self._rows.account_id, columns.marketplace == marketplace)
            if self._rows.connection.scalar(sa.select(in_market)):
                return
        own = sa.delete(Market).where(Market.account_id == self._rows.account_id, Market.marketplace == marketplace)
        self._rows.connection.execute(own)
        del self._zones[marketplace]


def _zone_of(known: Mapping[str, str], time_zones: Mapping[str, str], account_zone: str, marketplace: str) -> ZoneInfo:
    return ZoneInfo(known.get(marketplace) or time_zones.get(marketplace) or account_zone)
