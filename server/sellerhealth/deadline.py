"""The deadline of an operation: work that may take long checks it, and stops when the time is over or the client has gone."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator


class DeadlinePassed(Exception):
    """Work stops, because its deadline has passed. Not for clients: the endpoint answers for the operation."""


class Deadline:
    """A number of seconds from now. Threads may share one.

    `waits`: whether the work may wait, for another program such as one that writes to a file, or for anything else that may take long.
    `has_waited`: whether it came to something like that.
    """

    def __init__(self, seconds: float = math.inf, *, waits: bool = True) -> None:
        self.waits, self.has_waited, self._ends = waits, False, time.monotonic() + seconds
        self._stops: set[Callable[[], None]] = set()

    @property
    def remaining(self) -> float:
        """The seconds that are left. 0 once it has passed."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def has_passed(self) -> bool:
        """Whether the time is over, or the work was cancelled."""
        return time.monotonic() >= self._ends

    def cancel(self) -> None:
        """Makes it pass now: nobody waits for the result any more."""
        self._ends = -math.inf
        for stop in tuple(self._stops):
            stop()

    def check_may_wait(self) -> None:
        """Called before what may take long, such as code of a plugin. Raises DeadlinePassed where the work may not wait."""
        self.has_waited = True
        if not self.waits:
            self.cancel()
            raise DeadlinePassed

    @contextlib.contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Calls a function when the work is cancelled meanwhile, for what cannot look at the deadline. It must return at once."""
        self._stops.add(stop)
        try:
            self.check()  # it may have been cancelled just before
            yield
        finally:
            self._stops.discard(stop)

    def check(self) -> None:
        """Raises DeadlinePassed once it has passed. Called at least every 50 ms of work."""
        if self.has_passed:
            raise DeadlinePassed


NEVER = Deadline()  # of work that nobody waits for: commands, and tests of readers
