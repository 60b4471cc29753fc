"""A ranking: the keys of accounts in the order of a list, compact enough to be kept."""

import datetime as dt
import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, overload

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.account_statuses import AccountStatuses
from sellerhealth.engine.portfolio import AccountOrder, ListedAccount
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.store.keyset import Page, PageRequest, Position, page_of_sorted
from sellerhealth.store.lookups import accounts_by_key


class Listing(NamedTuple):
    """A list of accounts: which, in which order, as of which day. `statuses`: only accounts with one of them in `judged` together."""

    accounts: AccountFilter
    order: AccountOrder
    as_of: dt.date
    judged: tuple[Metric, ...] = ()
    statuses: frozenset[MetricStatus] | None = None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics whose statuses decide."""
        return (*self.order.metrics, *self.judged)


class Ranking(Sequence[Position]):
    """The positions of all accounts of a list, in order. Those with the same values are stored as one run of keys."""

    def __init__(self, runs: Sequence[tuple[Position, Sequence[str]]]) -> None:
        """`runs`: the values that accounts have in common, each with the keys of these accounts."""
        self._values = [values for values, _ in runs]
        self._keys = [key for _, keys in runs for key in keys]
        self._starts: list[int] = []
        start = 0
        for _, keys in runs:
            self._starts.append(start)
            start += len(keys)

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> Position: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Position]: ...
    def __getitem__(self, index: int | slice) -> Position | Sequence[Position]:
        if isinstance(index, slice):
            return [self[each] for each in range(len(self))[index]]
        key = self._keys[index]
        return (*self._values[bisect_right(self._starts, range(len(self))[index]) - 1], key)

    @property
    def bytes(self) -> int:
        """About how much memory it takes."""
        return sum(map(sys.getsizeof, self._keys)) + 8 * len(self) + _BYTES_OF_A_RUN * len(self._starts)


_BYTES_OF_A_RUN = 300  # a tuple with two fractions, and the number where it begins


def rank_accounts(account_statuses: AccountStatuses, listing: Listing) -> Ranking:
    """The accounts of a list in its order. Only different values are compared: most accounts share theirs with others."""
    keys: defaultdict[Position, list[str]] = defaultdict(list)
    for account in account_statuses.accounts.values():
        if listing.statuses is None or account_statuses.of(account.account_id, listing.judged).status in listing.statuses:
            *values, key = listing.order.position(account, account_statuses)
            keys[tuple(values)].append(key)
    return Ranking([(values, sorted(keys[values])) for values in sorted(keys, key=lambda values: listing.order.rank((*values, "")))])


def page_by_rank(session: ReadSession, ranking: Ranking, order: AccountOrder, request: PageRequest) -> Page[ListedAccount]:
    """A page of ranked accounts. Only its own rows are read."""
    page = page_of_sorted(ranking, order.rank, order.rank, request)
    rows = accounts_by_key(session, [key for *_, key in page.rows])
    listed = [ListedAccount(rows[position[-1]], position) for position in page.rows if position[-1] in rows]
    return Page(listed, page.has_previous, page.has_next)
