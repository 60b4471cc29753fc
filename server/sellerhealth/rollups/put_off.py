"""Accounts of which something could not be computed: it is tried again after more and more runs."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

MOST = 60  # runs: an hour, as a run comes every minute


class _Wait(NamedTuple):
    until: int  # a run
    runs: int


class PutOff:
    """Each time that something fails it waits for twice as many runs as the time before, and for 60 at most."""

    def __init__(self) -> None:
        self._run = 0
        self._waits: dict[int, _Wait] = {}

    def begin_run(self) -> None:
        """Another run begins."""
        self._run += 1

    def due(self, account_ids: Iterable[int]) -> Sequence[int]:
        """Those that do not wait."""
        return [each for each in account_ids if each not in self._waits or self._waits[each].until <= self._run]

    def fail(self, account_ids: Iterable[int]) -> None:
        """It has failed for these."""
        for each in account_ids:
            runs = min(MOST, 2 * self._waits[each].runs) if each in self._waits else 1
            self._waits[each] = _Wait(self._run + runs, runs)

    def succeed(self, account_ids: Iterable[int]) -> None:
        """It has not failed for these."""
        for each in account_ids:
            self._waits.pop(each, None)
