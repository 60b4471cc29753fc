"""The portfolio: accounts sorted by name, health or the value of a metric, page by page. Ties are broken by key, ascending."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.account_statuses import AccountStatuses
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.records import Account, fold
from sellerhealth.store.keyset import Page, PageRequest, Position, SortColumn, fetch_page, make_page
from sellerhealth.store.lookups import ACCOUNT_COLUMNS, AccountRow


class AccountSortField(StrEnum):
    """The fields that accounts can be sorted by."""

    HEALTH = "HEALTH"
    NAME = "NAME"
    VALUE = "VALUE"


class SortDirection(StrEnum):
    """The direction of a sort order."""

    ASC = "ASC"
    DESC = "DESC"


class ListedAccount(NamedTuple):
    """An account with its position: the values that the list is sorted by, None for what cannot be measured, and its key."""

    account: AccountRow
    position: Position


@dataclass(frozen=True)
class AccountOrder:
    """How accounts are sorted. HEALTH and VALUE sort by the status in some metrics together."""

    field: AccountSortField = AccountSortField.NAME
    direction: SortDirection = SortDirection.ASC
    metrics: tuple[Metric, ...] = ()

    @property
    def descends(self) -> bool:
        """Whether the largest, the last letter or the worst comes first."""
        return self.direction is SortDirection.DESC

    def position(self, account: AccountRow, account_statuses: AccountStatuses) -> Position:
        """The position of an account."""
        if self.field is AccountSortField.NAME:
            return fold(account.name), account.key
        status = account_statuses.of(account.account_id, self.metrics)
        if self.field is AccountSortField.VALUE:
            return status.value, account.key
        return _severity(status.status), status.used, account.key

    def rank(self, position: Position) -> Any:
        """The sort key of a position. Accounts whose value cannot be measured come last in both directions."""
        *values, key = position
        return [(True, None) if value is None else (False, self._rank(value)) for value in values], key

    def _rank(self, value: Any) -> Any:
        """A value as a sort key. Numbers by the nearest float, and exactly only where that is the same: fractions take long to compare."""
        if isinstance(value, Fraction):
            return (-_nearest(value), -value) if self.descends else (_nearest(value), value)
        return _Reversed(value) if self.descends else value


@dataclass(frozen=True)
class _Reversed:
    """Negated, to reverse the sort order."""

    value: Any

    def __lt__(self, other: "_Reversed") -> bool:
        return bool(other.value < self.value)


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:  # a position may have any numbers: it comes from a client
        return math.inf if value > 0 else -math.inf


@cache
def _severity(status: MetricStatus) -> Fraction | None:
    worst_first = list(MetricStatus)
    return None if status is MetricStatus.NOT_AVAILABLE else Fraction(len(worst_first) - worst_first.index(status))


def page_by_name(session: ReadSession, accounts: AccountFilter, order: AccountOrder, request: PageRequest) -> Page[ListedAccount]:
    """A page of filtered accounts, sorted by name in the database."""
    if request == PageRequest(request.size):  # the first one

        def first(number: int) -> list[AccountRow]:
            statement = _first_by_name(accounts.conditions, order.descends, session.viewer.sees_all)
            return [*map(AccountRow._make, session.rows(statement, {**accounts.parameters, "listed_accounts": number}))]

        rows, *more = make_page(request, first, lambda: False, lambda: False)
    else:
        select = filtered_accounts(accounts.conditions, *ACCOUNT_COLUMNS, sees_all=session.viewer.sees_all)
        found, *more = fetch_page(session, select, _by_name(descending=order.descends), request, accounts.parameters)
        rows = [AccountRow(**row) for row in found]
    return Page([ListedAccount(account, (fold(account.name), account.key)) for account in rows], *more)


def _by_name(*, descending: bool) -> Sequence[SortColumn]:
    return SortColumn(Account.folded_name, descending), SortColumn(Account.key)


@lru_cache(maxsize=64)  # most clients list the first page alone: to build and compile it takes as long as to run it
def _first_by_name(conditions: tuple[str, ...], descending: bool, sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    order = [column.desc() if descends else column.asc() for column, descends in _by_name(descending=descending)]
    select = filtered_accounts(conditions, *ACCOUNT_COLUMNS, sees_all=sees_all)
    return select.order_by(*order).limit(sa.bindparam("listed_accounts", type_=sa.Integer()))


def number_of_accounts(session: ReadSession, accounts: AccountFilter) -> int:
    """The number of accounts that meet a filter."""
    counted = filtered_accounts(accounts.conditions, sa.func.count(), sees_all=session.viewer.sees_all)
    number: int = session.execute(counted, accounts.parameters).scalar_one()
    return number
