"""The examples of vectors.json, by metric, and the functions that work each of them out from facts written by hand.

Examples of more than 10,000 rows test the value and the target alone.
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
    """The examples of one metric: what each should give, and how it is worked out."""

    def __init__(self, metric: str) -> None:
        self.expected = {vector["case"]: vector["value"] for vector in ALL if vector["metric"] == metric}
        self._functions: dict[str, Callable[[World], object]] = {}

    def case(self, name: str, **given: Any) -> Callable[[WorkOut], WorkOut]:
        """Marks the function that works an example out. `given` are its arguments, so that alike ones can share it."""
        assert name in self.expected, f"there is no example {name!r}"

        def register(function: WorkOut) -> WorkOut:
            self._functions[name] = lambda world: function(world, **given)
            return function

        return register

    def work_out(self, name: str, world: World) -> object:
        """What the facts of an example give."""
        return self._functions[name](world)


def rate(result: MetricResult) -> list[object]:
    """A rate as the examples write it: numerator, denominator, percent and status."""
    part, whole = result.fraction or (0, 0)
    return [part, whole, result.display.removesuffix(" %") if result.value is not None else None, result.status.value]
