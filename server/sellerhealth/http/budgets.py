"""Budgets: how much cost the operations of a viewer may have in a minute.

Token buckets in memory: a budget is of one process. The libraries that were looked at count windows, and one keeps a timer thread.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from sellerhealth.graphql.operation_checks import Throttled
from sellerhealth.http.response_headers import Header

MAX_VIEWERS = 10_000  # whose budgets are remembered: one that was forgotten is full again
MINUTE = 60.0


class Budget:
    """The budget of a viewer: a bucket that holds the cost of a minute and fills up steadily."""

    def __init__(self, cost_per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._per_second, self._now = cost_per_minute, cost_per_minute / MINUTE, now
        self._left, self._as_of = float(cost_per_minute), now()
        self._lock = threading.Lock()
        self._policy = b"ratelimit-policy", b'"cost";q=%d;w=%d' % (cost_per_minute, MINUTE)

    def spend(self, cost: int) -> None:
        """Takes a cost from the bucket. Raises Throttled when it holds less, and takes nothing."""
        with self._lock:
            self._fill()
            missing = cost - self._left
            if missing > 0:
                raise Throttled(math.ceil(missing / self._per_second))
            self._left -= cost

    def holds(self, cost: int) -> bool:
        """Whether a cost could be taken when the bucket was looked at last."""
        return cost <= self._left

    @property
    def headers(self) -> Sequence[Header]:
        """What is left, as draft-ietf-httpapi-ratelimit-headers says it."""
        with self._lock:
            self._fill()
            until_full = math.ceil((self._most - self._left) / self._per_second)
            return self._policy, (b"ratelimit", b'"cost";r=%d;t=%d' % (self._left, until_full))

    def _fill(self) -> None:
        now = self._now()
        left = self._left + (now - self._as_of) * self._per_second
        self._left = left if left < self._most else self._most  # faster than `min`, which each request would call three times
        self._as_of = now


class Charge:
    """Takes the cost of an operation from a budget: once, however often the operation begins."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self._is_taken = budget, False

    def take(self, cost: int) -> None:
        """Takes it. Raises Throttled when the budget holds less."""
        if not self._is_taken:
            self._budget.spend(cost)
            self._is_taken = True


class Budgets:
    """The budgets of all viewers, by their ids."""

    def __init__(self, cost_per_minute: int) -> None:
        self._cost_per_minute = cost_per_minute
        self._by_viewer: OrderedDict[str, Budget] = OrderedDict()

    def of(self, viewer_id: str) -> Budget:
        """The budget of a viewer. Called on the event loop alone."""
        budget = self._by_viewer.get(viewer_id)
        if budget is None:
            budget = self._by_viewer[viewer_id] = Budget(self._cost_per_minute)
            if len(self._by_viewer) > MAX_VIEWERS:
                self._by_viewer.popitem(last=False)
        self._by_viewer.move_to_end(viewer_id)
        return budget
