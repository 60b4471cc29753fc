"""The two documents that all servers answer: a dashboard of one account, and a portfolio of 100 accounts."""

from typing import Any, NamedTuple

METRICS = """orderDefectRate cancellationRate lateShipmentRate policyViolations onTimeDeliveryRate validTrackingRate contactResponseTime
sellerRating customerFeedback""".split()


def of_each_metric(fields: str) -> str:
    """The same fields of each metric."""
    return " ".join(f"{metric} {{ {fields} }}" for metric in METRICS)


_RESULT = "display value status overallStatus window { from to } headroom { allowed }"
DASHBOARD = f"query Dashboard($key: String!) {{ account(key: $key) {{ name metrics {{ {of_each_metric(_RESULT)} }} }} }}"
PORTFOLIO = f"""query Portfolio($first: Int!) {{
  accounts(first: $first) {{ nodes {{ key name healthStatus metrics {{ {of_each_metric("display value status numerator denominator")} }} }} }}
}}"""
# What either of them selects of an account: the data that the other servers hold in memory.
DATA = f"""query Data($first: Int!) {{
  accounts(first: $first) {{ nodes {{ key name healthStatus metrics {{ {of_each_metric(f"{_RESULT} numerator denominator")} }} }} }}
}}"""


class Shape(NamedTuple):
    """A document with its variables."""

    document: str
    variables: dict[str, Any]


def dashboard(key: str) -> Shape:
    """The dashboard of an account."""
    return Shape(DASHBOARD, {"key": key})


def portfolio(accounts: int) -> Shape:
    """The first accounts, by key."""
    return Shape(PORTFOLIO, {"first": accounts})
