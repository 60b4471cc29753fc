"""A correct metric to break, and the report of its conformance class."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth import Count, Metric, MetricUnit, Window, count
from sellerhealth.facts import Order
from sellerhealth.testing import Account, MetricConformance, orders

placed = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
late = placed.where(Order.late_by > 0, "Orders shipped late.")
distinct_delays = replace(placed.total(Order.late_by), summed=sa.distinct(Order.late_by), description="Delays, each once.")


def metric_with(measures=None, **fields):  # without annotations: the import check would take this module for the metric's
    """The share of late orders, with other measures and fields. A metric with other measures is a count of the first."""
    declared = {"orders": placed, "late": late} if measures is None else measures
    value = late / placed if measures is None else Count(next(iter(declared.values())))
    defaults = {"key": "acme_late", "title": "T", "description": "D.", "section": "acme", "windows": (Window(30),), "value": value}
    return Metric(**{**defaults, "measures": declared, **fields})


def three_late_of_ten(account: Account) -> None:
    orders(account, on_time=7, late=3)


def conformance(metric: Metric, add_facts: Callable[[Account], object] = three_late_of_ten, **fields: Any) -> Any:
    """An instance of the conformance class of a metric."""
    methods = {"metric": metric, "add_facts": lambda self, account: add_facts(account), "__module__": __name__}
    return type("TestIt", (MetricConformance,), methods | fields)()


def problems(check: Callable[[], object]) -> str:
    """The report of a check, which must fail."""
    with pytest.raises(pytest.fail.Exception) as failure:
        check()
    return str(failure.value)


# The checks of a metric. Those that import its module need one that is not a test.
CHECKS = [name for name in vars(MetricConformance) if name.startswith("test_")]
CHECKS_WITHOUT_IMPORT = [name for name in CHECKS if "importing" not in name]


@dataclass(frozen=True, eq=False)
class OwnValue:
    """A value class of an author, computed and displayed by two functions."""

    compute: Callable[[Any], Any]
    unit: MetricUnit = MetricUnit.FRACTION
    measures: tuple[Any, ...] = (late, placed)
    show: Callable[[Any], Any] = str

    def __call__(self, numbers: Any) -> Any:
        return self.compute(numbers)

    def display(self, value: Any) -> Any:
        return self.show(value)
