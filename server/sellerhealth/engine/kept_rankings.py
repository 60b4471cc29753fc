"""Keeps rankings between requests: a next page costs its own rows."""

import sys
import threading
from collections import OrderedDict
from typing import NamedTuple

from sellerhealth.access import ReadSession, Viewer
from sellerhealth.engine.holding import Holding
from sellerhealth.engine.kept_statuses import KeptStatuses
from sellerhealth.engine.ranking import Listing, Ranking
from sellerhealth.engine.snapshots import Snapshot

MOST_BYTES = 64_000_000  # a ranking of 100,000 accounts has 10 to 35 MB


class _Key(NamedTuple):
    """Whose ranking it is, and of what. Viewers share none: with other grants a viewer is another one."""

    viewer_id: str
    granted: frozenset[int] | None
    listing: Listing

    @classmethod
    def of(cls, viewer: Viewer, listing: Listing) -> "_Key":
        return cls(viewer.id, viewer.granted, listing)

    @property
    def bytes(self) -> int:
        numbers = self.granted or ()
        return 2_000 + sys.getsizeof(numbers) + 32 * len(numbers) + 60 * len(self.listing.accounts.keys or ())


class _Kept(NamedTuple):
    ranking: Ranking
    holding: Holding
    bytes: int


class KeptRankings:
    """Rankings of one process, whose plugins and settings do not change. Those that were used longest ago are dropped first."""

    def __init__(self, most_bytes: int = MOST_BYTES, snapshot: Snapshot | None = None) -> None:
        self._most = most_bytes
        self.statuses, self.snapshot = KeptStatuses(), snapshot  # of which new rankings are made
        self._kept = OrderedDict[_Key, _Kept]()
        self._lock = threading.Lock()
        self.bytes = 0

    def find(self, session: ReadSession, listing: Listing) -> Ranking | None:
        """The ranking of a list for the viewer that reads, if one is kept that holds."""
        key = _Key.of(session.viewer, listing)
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
        return kept.ranking if kept is not None and kept.holding.holds(session) else None

    def keep(self, viewer: Viewer, listing: Listing, ranking: Ranking, holding: Holding) -> None:
        """Keeps a ranking, in place of the older one of the same list."""
        key = _Key.of(viewer, listing)
        new = _Kept(ranking, holding, ranking.bytes + key.bytes)
        with self._lock:
            if (old := self._kept.pop(key, None)) is not None:
                self.bytes -= old.bytes
            self._kept[key] = new
            self.bytes += new.bytes
            while self.bytes > self._most:
                self.bytes -= self._kept.popitem(last=False)[1].bytes
