"""The API of authors' tests: a world of facts, rows told in numbers, and what every metric has to hold. See docs/plugins/testing.md."""

from sellerhealth.deprecation import module_getattr
from sellerhealth.testing.clock import CLOCK, DAY, HOUR, TODAY, at
from sellerhealth.testing.conformance import MetricConformance
from sellerhealth.testing.importer_conformance import ImporterConformance
from sellerhealth.testing.rows import (
    cancellations,
    chargebacks,
    claims,
    deliveries,
    feedback,
    messages,
    orders,
    packages,
    refunds,
    violations,
)
from sellerhealth.testing.world import US, Account, World, classify_by_stars, new_world

__all__ = [
    "CLOCK",
    "DAY",
    "HOUR",
    "TODAY",
    "US",
    "Account",
    "ImporterConformance",
    "MetricConformance",
    "World",
    "at",
    "cancellations",
    "chargebacks",
    "claims",
    "classify_by_stars",
    "deliveries",
    "feedback",
    "messages",
    "new_world",
    "orders",
    "packages",
    "refunds",
    "violations",
]

__getattr__ = module_getattr(__name__, {"by_stars": "classify_by_stars"})
