"""The portfolio: accounts in an order, by name or by their status, page by page.

A page is found by the place of the account before it, not by counting: so a page never repeats what the one before showed. Ties
are broken by key, which ascends in either direction.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.account_status import AccountStatuses
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.records import Account
from sellerhealth.store.lookups import ACCOUNT_COLUMNS, AccountRow


class AccountSortField(StrEnum):
    """What accounts can be ordered by."""

    HEALTH = "HEALTH"
    NAME = "NAME"
    VALUE = "VALUE"


class SortDirection(StrEnum):
    """A direction."""

    ASC = "ASC"
    DESC = "DESC"


class Place(NamedTuple):
    """Where an account stands in a list: what it is ordered by, None for what cannot be measured, and its key."""

    values: tuple[str | Fraction | None, ...]
    key: str


class Listed(NamedTuple):
    """An account at its place."""

    account: AccountRow
    place: Place


class Page(NamedTuple):
    """Some accounts, and whether there are more on either side."""

    accounts: Sequence[Listed]
    has_previous: bool
    has_next: bool


Between = tuple[Place | None, Place | None]  # the places that a page lies between, left out themselves; None for an end of the list


@dataclass(frozen=True)
class Order:
    """In which order accounts are listed: for HEALTH and VALUE, by their status in some metrics together."""

    field: AccountSortField = AccountSortField.NAME
    direction: SortDirection = SortDirection.ASC
    metrics: tuple[Metric, ...] = ()

    @property
    def descends(self) -> bool:
        """Whether the largest, the last letter or the worst comes first."""
        return self.direction is SortDirection.DESC

    def place(self, account: AccountRow, account_statuses: AccountStatuses) -> Place:
        """Where an account stands."""
        if self.field is AccountSortField.NAME:
            return Place((account.name,), account.key)
        status = account_statuses.of(account.account_id, self.metrics)
        if self.field is AccountSortField.VALUE:
            return Place((status.value,), account.key)
        return Place((_severity(status.status), status.used), account.key)

    def rank(self, place: Place) -> Any:
        """By what places are sorted: what cannot be measured comes last in both directions."""
        values = [(True, None) if value is None else (False, _Turned(value) if self.descends else value) for value in place.values]
        return values, place.key


@dataclass(frozen=True)
class _Turned:
    """A value that is smaller the larger it is."""

    value: Any

    def __lt__(self, other: "_Turned") -> bool:
        return bool(other.value < self.value)


def _severity(status: MetricStatus) -> Fraction | None:
    worst_first = list(MetricStatus)
    return None if status is MetricStatus.NOT_AVAILABLE else Fraction(len(worst_first) - worst_first.index(status))


def in_order(
    account_statuses: AccountStatuses, order: Order, metrics: Sequence[Metric] = (), statuses: Collection[MetricStatus] | None = None
) -> Sequence[Listed]:
    """All accounts, or those with one of some statuses in some metrics together, each at its place."""
    listed = [
        Listed(account, order.place(account, account_statuses))
        for account in account_statuses.accounts.values()
        if statuses is None or account_statuses.of(account.account_id, metrics).status in statuses
    ]
    return sorted(listed, key=lambda each: order.rank(each.place))


def page_in_order(listed: Sequence[Listed], order: Order, size: int, between: Between = (None, None), *, from_end: bool = False) -> Page:
    """The first accounts of a list in order, or the last ones, between two places."""
    after, before = between

    def rank(each: Listed) -> Any:
        return order.rank(each.place)

    first = 0 if after is None else bisect_right(listed, order.rank(after), key=rank)
    end = len(listed) if before is None else bisect_left(listed, order.rank(before), key=rank)
    inside = listed[first:end]
    more = len(inside) > size
    page = inside[-size:] if from_end else inside[:size]
    return Page(page, first > 0 or (more and from_end), end < len(listed) or (more and not from_end))


def page_by_name(
    session: ReadSession,
    accounts: AccountFilter,
    order: Order,
    size: int,
    between: Between = (None, None),
    *,
    from_end: bool = False,
) -> Page:
    """The same of filtered accounts in an order by name, which the database sorts."""
    after, before = between
    past = sa.true() if after is None else _beside(after, beyond=True, descends=order.descends)
    ahead = sa.true() if before is None else _beside(before, beyond=False, descends=order.descends)

    def rows(where: sa.ColumnElement[bool], size: int) -> Sequence[sa.Row[Any]]:
        by_name = Account.name.desc() if order.descends != from_end else Account.name
        listed = (
            filtered_accounts(accounts.conditions, *ACCOUNT_COLUMNS)
            .where(where)
            .order_by(by_name, Account.key.desc() if from_end else Account.key)
        )
        return session.execute(listed.limit(size), accounts.parameters).all()

    found = rows(past & ahead, size + 1)
    more = len(found) > size
    page = [Listed(seen, Place((seen.name,), seen.key)) for seen in map(AccountRow._make, found[:size])]
    return Page(
        page[::-1] if from_end else page,
        (more and from_end) or (after is not None and bool(rows(~past, 1))),
        (more and not from_end) or (before is not None and bool(rows(~ahead, 1))),
    )


def number_of_accounts(session: ReadSession, accounts: AccountFilter) -> int:
    """How many accounts meet a filter."""
    number: int = session.execute(filtered_accounts(accounts.conditions, sa.func.count()), accounts.parameters).scalar_one()
    return number


def _beside(place: Place, *, beyond: bool, descends: bool) -> sa.ColumnElement[bool]:
    """That an account stands beyond a place in an order by name, or short of it."""
    (name,), key = place
    other_name = Account.name > name if beyond is not descends else Account.name < name
    return other_name | ((Account.name == name) & (Account.key > key if beyond else Account.key < key))
