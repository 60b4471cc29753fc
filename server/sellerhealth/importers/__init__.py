"""The built-in formats: Amazon's reports, and a CSV of our own for each fact that Amazon does not report."""

from collections.abc import Iterable

from sellerhealth import hookimpl
from sellerhealth.importers import (
    cancellations,
    chargebacks,
    claims,
    fba_shipments,
    feedback,
    finances_api,
    flat_orders,
    messages,
    order_changes,
    order_report,
    orders_api,
    orders_api_v0,
    packages,
    refunds,
    returns,
    seller_feedback,
    seller_performance,
    seller_performance_v1,
    settlement,
    shipment_feed,
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
    yield order_report.IMPORTER
    yield fba_shipments.IMPORTER
    yield returns.IMPORTER
    yield settlement.IMPORTER
    yield shipment_feed.IMPORTER
    yield shipment_feed.FLAT
    yield seller_feedback.IMPORTER
    yield seller_feedback.MANAGER_IMPORTER
    yield seller_performance.IMPORTER
    yield seller_performance_v1.IMPORTER
    for module in _OWN_CSVS:
        yield module.IMPORTER
