"""The API of plugin authors: everything that a metric needs besides `sellerhealth.facts`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sellerhealth.hookspecs import hookimpl
    from sellerhealth.metrics.declaration import AtRisk, Figure, Minimum, ReportedAs, Window
    from sellerhealth.metrics.instants import later, passed
    from sellerhealth.metrics.measures import Measure, MetricUnit, Numbers, Ratio, count, half_up, total
    from sellerhealth.metrics.metric import API_VERSION, Metric
    from sellerhealth.metrics.result import MetricResult
    from sellerhealth.metrics.targets import AtLeast, Bands, Below, Headroom, MetricStatus, Nothing, Share, Target, TargetCondition
    from sellerhealth.metrics.values import Count, Mean, Percent, Score, Value

__all__ = [
    "API_VERSION",
    "AtLeast",
    "AtRisk",
    "Bands",
    "Below",
    "Count",
    "Figure",
    "Headroom",
    "Mean",
    "Measure",
    "Metric",
    "MetricResult",
    "MetricStatus",
    "MetricUnit",
    "Minimum",
    "Nothing",
    "Numbers",
    "Percent",
    "Ratio",
    "ReportedAs",
    "Score",
    "Share",
    "Target",
    "TargetCondition",
    "Value",
    "Window",
    "count",
    "half_up",
    "hookimpl",
    "later",
    "passed",
    "total",
]

# A name is imported when it is first used: it needs the libraries of the store, which take half a second, and `sellerhealth --help` does not.
_MODULES = (
    "hookspecs",
    "metrics.declaration",
    "metrics.instants",
    "metrics.measures",
    "metrics.metric",
    "metrics.result",
    "metrics.targets",
    "metrics.values",
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module in _MODULES:
            if (found := vars(import_module(f"{__name__}.{module}")).get(name)) is not None:
                globals()[name] = found  # so that this function is called once for a name
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
