"""Chance that is the same each time, and that keeps its promises: a share is met in every stretch, not just in the long run."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws for one seller. Two of the same name draw alike."""

    def __init__(self, name: str) -> None:
        self._random = random.Random(name)  # noqa: S311 - made-up data, not a secret
        self._owed: dict[str, float] = defaultdict(self._random.random)
        self._turns: dict[str, int] = defaultdict(int)

    def happens(self, event: str, share: float) -> bool:
        """Whether it happens this time: evenly spread, so that a window of a week already shows the share."""
        self._owed[event] += share
        if self._owed[event] < 1:
            return False
        self._owed[event] -= 1
        return True

    def number(self, series: str) -> int:
        """1, 2, 3 and so on, for each series."""
        self._turns[series] += 1
        return self._turns[series]

    def next_of(self, event: str, choices: Sequence[T]) -> T:
        """The choices one after the other, again and again."""
        return choices[(self.number(event) - 1) % len(choices)]

    def one_of(self, choices: Sequence[T]) -> T:
        """Any of them."""
        return choices[self.between(0, len(choices) - 1)]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Any of them, each as likely as its weight."""
        drawn = self.between(1, sum(weights.values()))
        for choice, weight in weights.items():
            drawn -= weight
            if drawn <= 0:
                return choice
        raise ValueError("nothing to choose from")

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random.random() * (high - low + 1))

    def hours(self, low: float, high: float) -> timedelta:
        """A time span in whole seconds."""
        return timedelta(seconds=self.between(int(low * 3600), int(high * 3600)))
