"""The API of plugin authors: everything that a metric needs besides `sellerhealth.facts`."""

from sellerhealth.hookspecs import hookimpl
from sellerhealth.metrics.declaration import AtRisk, Figure, Minimum, Window
from sellerhealth.metrics.measures import Measure, MetricUnit, Numbers, Ratio, count, half_up, passed, total
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
    "Score",
    "Share",
    "Target",
    "TargetCondition",
    "Value",
    "Window",
    "count",
    "half_up",
    "hookimpl",
    "passed",
    "total",
]
