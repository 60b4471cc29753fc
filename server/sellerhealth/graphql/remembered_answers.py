"""Answers that are remembered by what was read for them: where nothing has changed, a request looks them up in place of making them again."""

from collections.abc import Hashable, Sequence
from typing import Any

MOST = 2_048  # answers of a plan: those of an account are a dozen, of a page of accounts hundreds
ANSWER = (
    4_000  # bytes of one with the values that it holds, about: those of the engine take some 2 kB each, and most are held elsewhere, too
)


class Answers:
    """The answers of one plan. Threads may share it.

    Values are compared by their identity: those of the engine never change, and accounts and requests share equal ones. Each is kept with its answer, so
    no other gets its identity. Nobody changes an answer that is remembered: nothing in it is left to be filled, or can fail.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Any, Sequence[object]]] = {}

    @property
    def bytes(self) -> int:
        """How much memory they take, about."""
        return len(self._known) * ANSWER

    def find(self, made_for: Hashable, values: Sequence[object]) -> tuple[Any, Sequence[object]] | None:
        """The answer for values and all else that decides about it, with these values."""
        return self._known.get((made_for, *map(id, values)))

    def keep(self, made_for: Hashable, values: Sequence[object], answer: Any) -> None:
        """Remembers an answer."""
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[made_for, *map(id, values)] = answer, values
