"""The examples of vectors.json, by metric, and the functions that compute each of them from facts written by hand.

Examples with more than 10,000 rows test only the value and the target.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sellerhealth import MetricResult
from sellerhealth.testing import World

ALL: list[dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text())
WorkOut = Callable[..., object]


class Vectors:
    """The examples of one metric: the expected result of each, and the function that computes it."""

    def __init__(self, metric: str) -> None:
        self.expected = {vector["case"]: vector["value"] for vector in ALL if vector["metric"] == metric}
        self._functions: dict[str, Callable[[World], object]] = {}

    def case(self, name: str, **arguments: Any) -> Callable[[WorkOut], WorkOut]:
        """Marks the function that computes an example. Similar examples share a function and differ in its arguments."""
        assert name in self.expected, f"there is no example {name!r}"

        def register(function: WorkOut) -> WorkOut:
            self._functions[name] = lambda world: function(world, **arguments)
            return function

        return register

    def work_out(self, name: str, world: World) -> object:
        """The result of an example."""
        return self._functions[name](world)


def rate(result: MetricResult) -> list[object]:
    """A rate in the form of the examples: numerator, denominator, percent and status."""
    part, whole = result.fraction or (0, 0)
    return [part, whole, result.display.removesuffix(" %") if result.value is not None else None, result.status.value]
