"""The API for tests of plugins: a world of accounts and facts, row builders, and conformance checks. See docs/plugins/testing.md."""

from typing import TYPE_CHECKING

from sellerhealth.deprecation import module_getattr
from sellerhealth.testing.clock import CLOCK, DAY, HOUR, TODAY, at
from sellerhealth.testing.importer_conformance import ImporterConformance
from sellerhealth.testing.metric_conformance import MetricConformance
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

DEPRECATED = {"by_stars": "classify_by_stars"}

if not TYPE_CHECKING:  # type checkers know the new names alone
    __getattr__ = module_getattr(__name__, DEPRECATED)
