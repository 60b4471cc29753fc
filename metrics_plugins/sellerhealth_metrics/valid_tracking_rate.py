"""Valid tracking rate: packages with a tracking number that a carrier scanned. See docs/metrics.md#valid-tracking-rate."""

from decimal import Decimal

from pydantic import BaseModel

from sellerhealth import AtLeast, Metric, ReportedAs, Share, Window, count
from sellerhealth.facts import Package


class Settings(BaseModel):
    """The target and where its warning begins."""

    target: Share = Decimal("0.95")
    warn: Share = Decimal("0.96")


def valid_tracking_rate(settings: Settings) -> Metric:
    """The metric, judged for each product category on its own as well, as Amazon does."""
    confirmed = Package.seller_fulfilled & Package.confirmed_at.is_not(None) & ~Package.exempt
    packages = count(on=Package.promised_on, where=confirmed, description="Packages confirmed, exempt ones left out.")
    valid = packages.where(Package.tracked, "Packages with valid tracking.")

    return Metric(
        key="valid_tracking_rate",
        title="Valid tracking rate",
        description="The share of packages with a tracking number that a carrier has scanned. Exempt packages are left out. "
        "Amazon also looks at each category: see `breakdown`.",
        section="account_health",
        windows=(Window(30, lag=10),),
        parts={"category": Package.category},
        measures={
            "packages": packages,
            "valid": valid,
            "invalid": packages.without(Package.tracked, "Packages without valid tracking."),
        },
        value=valid / packages,
        target=AtLeast(settings.target, warn=settings.warn),
        reported=(ReportedAs("validTrackingRate"),),
        source="docs/metrics.md#valid-tracking-rate",
    )
