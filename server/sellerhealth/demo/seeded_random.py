"""Seeded random numbers, the same in every run. Events are spread evenly, so that every window has its share of them."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


class SeededRandom:
    """A generator for one seller. Two with the same seed return the same."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - made-up data, not a secret
        self._due: dict[str, float] = defaultdict(self._random.random)
        self._counters: dict[str, int] = defaultdict(int)

    def happens(self, event: str, share: float) -> bool:
        """Whether an event happens this time. It happens in regular intervals, from a random start."""
        self._due[event] += share
        if self._due[event] < 1:
            return False
        self._due[event] -= 1
        return True

    def counter(self, series: str) -> int:
        """1, 2, 3 and so on, for each series."""
        self._counters[series] += 1
        return self._counters[series]

    def cycle(self, event: str, choices: Sequence[T]) -> T:
        """The next of the choices, in turn."""
        return choices[(self.counter(event) - 1) % len(choices)]

    def choice(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely."""
        return choices[self.integer(0, len(choices) - 1)]

    def weighted_choice(self, weights: Mapping[T, int]) -> T:
        """One of the keys, each as likely as its weight."""
        drawn = self.integer(1, sum(weights.values()))
        for choice, weight in weights.items():
            drawn -= weight
            if drawn <= 0:
                return choice
        raise ValueError("nothing to choose from")

    def integer(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def hours(self, low: float, high: float) -> timedelta:
        """A duration in whole seconds."""
        return timedelta(seconds=self.integer(int(low * 3600), int(high * 3600)))
