"""Answers that are remembered by what was read for them: where nothing has changed, a request looks them up in place of making them again."""

from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Any, Protocol

MOST_BYTES = 8_000_000  # of the answers of a plan: a dashboard of an account has a dozen, a page of accounts hundreds
MOST_OF_ONE = 100_000  # bytes; a larger answer is made again
LEAF = 100  # bytes of a value in an answer, with its key


class Value(Protocol):
    """What was read."""

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""


class Answers:
    """The answers of one plan. Threads may share them.

    Values are compared by their identity: those of the engine never change, and accounts and requests share equal ones. Each is kept with its answer, so
    no other gets its identity. Nothing changes an answer that is remembered: nothing in it is left to be filled, or can fail.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Any, Sequence[Value]]] = {}
        self.bytes = 0  # of memory that they take with their values, about
        self._lock = Lock()  # to remember one: to find one needs none

    def find(self, made_for: Hashable, values: Sequence[Value]) -> Any:
        """The answer for values and all else that decides about it. None if none is remembered."""
        answer, _ = self._known.get((made_for, *map(id, values)), (None, ()))
        return answer

    def keep(self, made_for: Hashable, values: Sequence[Value], answer: Any) -> None:
        """Remembers an answer, unless it is large. Where too much is remembered, all others are forgotten."""
        key, size = (made_for, *map(id, values)), sum(value.bytes for value in values) + LEAF * _leaves(answer)
        with self._lock:
            if key in self._known or size > MOST_OF_ONE:  # accounts of a list that are alike have made the same
                return
            if self.bytes + size > MOST_BYTES:
                self._known.clear()
                self.bytes = 0
            self._known[key] = answer, values
            self.bytes += size


def _leaves(answer: Any) -> int:
    """How many values an answer has, at each depth."""
    below = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    return 1 + sum(map(_leaves, below))
