"""The built-in formats: Amazon's reports, and a CSV of our own for each fact that Amazon does not report."""

from collections.abc import Iterable

from sellerhealth import hookimpl
from sellerhealth.importers import (
    cancellations,
    chargebacks,
    claims,
    feedback,
    finances_api,
    flat_orders,
    messages,
    order_changes,
    orders_api,
    orders_api_v0,
    packages,
    refunds,
    seller_feedback,
    seller_performance,
    seller_performance_v1,
    unshipped_orders,
    violations,
)
from sellerhealth.sources import Importer

_OWN_CSVS = (cancellations, chargebacks, claims, feedback, messages, packages, refunds, violations)


@hookimpl
def register_importers() -> Iterable[Importer]:
    """All built-in importers."""
    yield from flat_orders.IMPORTERS
    yield orders_api.IMPORTER
    yield orders_api_v0.IMPORTER
    yield orders_api_v0.ITEMS
    yield order_changes.IMPORTER
    yield finances_api.IMPORTER
    yield unshipped_orders.IMPORTER
    yield seller_feedback.IMPORTER
    yield seller_performance.IMPORTER
    yield seller_performance_v1.IMPORTER
    for module in _OWN_CSVS:
        yield module.IMPORTER
