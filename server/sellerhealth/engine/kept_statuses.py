"""Keeps the statuses of accounts between requests: after a change of one account, a list of thousands reads that one alone."""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from sellerhealth.engine.account_status import AccountStatus
from sellerhealth.metrics.metric import Metric

MOST = 50_000  # accounts: one takes 0.2 to 1.5 kB

Version: TypeAlias = tuple[int, dt.datetime | None]  # that of the account, and when it changed: one that is imported anew begins at 0


class StatusesOf(NamedTuple):
    """Whose statuses they are, and of what. Viewers share none: nobody can see by the time what another has read."""

    viewer_id: str
    metrics: tuple[Metric, ...]
    as_of: dt.date
    today: dt.date


class KeptStatus(NamedTuple):
    """The statuses of an account at a version, and at clocks from `since` to `until`. None: no instant ends them."""

    version: Version
    since: dt.datetime
    until: dt.datetime | None
    statuses: tuple[AccountStatus, ...]

    def holds(self, version: Version, clock: dt.datetime) -> bool:
        """Whether they are those of a version at a clock."""
        return self.version == version and self.since <= clock and (self.until is None or clock <= self.until)


class KeptStatuses:
    """Statuses of one process, whose plugins and settings do not change. Those that were used longest ago are dropped first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept = OrderedDict[StatusesOf, Mapping[int, KeptStatus]]()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(map(len, self._kept.values()))

    def find(self, of: StatusesOf) -> Mapping[int, KeptStatus]:
        """Those that are kept, by account. They may hold no longer."""
        with self._lock:
            if of in self._kept:
                self._kept.move_to_end(of)
            return self._kept.get(of, {})

    def keep(self, of: StatusesOf, statuses: Mapping[int, KeptStatus]) -> None:
        """Keeps statuses, in place of older ones of the same accounts."""
        with self._lock:
            self._kept[of] = {**self._kept.get(of, {}), **statuses}  # a new one: another thread may read the old one
            self._kept.move_to_end(of)
            while len(self) > self._most:
                self._kept.popitem(last=False)
