"""On-time delivery rate: tracked units delivered, or first attempted, in time. See docs/metrics.md#on-time-delivery-rate."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, NonNegativeInt

from sellerhealth import AtLeast, Metric, Minimum, ReportedAs, Share, Window, count
from sellerhealth.facts import Package


class Settings(BaseModel):
    """`unit`: what is counted, Amazon counted packages until 2024. `min_units`: with fewer of them nothing is judged."""

    target: Share = Decimal("0.90")
    warn: Share = Decimal("0.95")
    unit: Literal["units", "packages"] = "units"
    min_units: NonNegativeInt = 20
    drop_late_protected: bool = True


def on_time_delivery_rate(settings: Settings) -> Metric:
    """The metric. A package without a tracking number or without a delivery scan is in neither number."""
    scanned = Package.seller_fulfilled & Package.tracking_number.is_not(None) & Package.attempted_at.is_not(None)
    if settings.drop_late_protected:
        scanned &= Package.in_time | Package.is_protected.is_not(True)

    units = count(on=Package.promised_on, where=scanned, description="Tracked units with a delivery scan.")
    if settings.unit == "units":
        units = units.total(Package.unit_count, units.description)
    on_time = units.where(Package.in_time, "Units delivered or first attempted in time.")

    return Metric(
        key="on_time_delivery_rate",
        title="On-time delivery rate",
        description="The share of tracked units delivered, or first attempted, by the promised day. "
        "Late units that Amazon protects are left out.",
        section="account_health",
        windows=(Window(14, lag=8),),
        measures={"units": units, "on_time": on_time, "late": units.without(Package.in_time, "Units delivered late.")},
        value=on_time / units,
        target=AtLeast(settings.target, warn=settings.warn),
        minimum=Minimum(units, settings.min_units),
        # The older one counts shipments, not units.
        reported=(ReportedAs("unitOnTimeDeliveryRate"), ReportedAs("onTimeDeliveryRate")),
        source="docs/metrics.md#on-time-delivery-rate",
    )
