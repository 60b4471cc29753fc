"""Performance reports of Amazon as JSON, made up."""

import datetime as dt
import json
from typing import Any

from sellerhealth.sources import Reported
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.database import Database
from sellerhealth.store.reported import store_figures
from tests.support.importers import IMPORTERS, NOW, PERFORMANCE_V2, US, entries


def days(first: str, last: str) -> dict[str, Any]:
    """The days that a figure covers."""
    return {"reportingDateRange": {"reportingDateFrom": f"{first}T00:00Z", "reportingDateTo": f"{last}T23:59Z"}}


LATE: dict[str, Any] = days("2026-03-02", "2026-03-31") | {
    "orderCount": 800,
    "lateShipmentCount": 24,
    "status": "GOOD",
    "rate": 0.03,
    "targetValue": 0.04,
    "targetCondition": "LESS_THAN",
}
DEFECTS: dict[str, Any] = days("2026-01-16", "2026-03-16") | {
    "orderCount": 1600,
    "orderWithDefects": {"count": 20, "status": "BAD"},
    "claims": {"count": 12, "status": "NONE"},
    "chargebacks": {"count": 1, "status": "NONE"},
    "negativeFeedback": {"count": 9, "status": "NONE"},
    "fulfillmentType": "mfn",
    "status": "BAD",
    "rate": 0.0125,
    "targetValue": 0.01,
    "targetCondition": "LESS_THAN",
}
VIOLATIONS: dict[str, Any] = days("2025-10-03", "2026-03-31") | {
    "defectsCount": 2,
    "status": "BAD",
    "targetValue": 0,
    "targetCondition": "EQUALS",
}
METRICS: dict[str, Any] = {
    "marketplaceId": US,
    "lateShipmentRate": LATE,
    "orderDefectRate": {"mfn": DEFECTS, "afn": None},
    "listingPolicyViolations": VIOLATIONS,
}


def report(*metrics: dict[str, Any], **changed: Any) -> str:
    """A report about these marketplaces, by default about one with some changes. None leaves a figure out, as null does."""
    listed = list(metrics) or [METRICS | changed]
    statuses = [{"marketplaceId": each["marketplaceId"], "status": "NORMAL"} for each in listed if each.get("marketplaceId")]
    return json.dumps({"accountStatuses": statuses, "performanceMetrics": listed}, indent=1)


RESPONSES = """
        <responseTimeMetrics>
          <timeFrame><start>2026-03-02T00:00:00Z</start><end>2026-03-31T23:59:59Z</end></timeFrame>
          <averageResponseTimeInHours>6.5</averageResponseTimeInHours>
          <responseUnder24Hours>92.5%</responseUnder24Hours>
          <noResponseForContactsOlderThan24Hours>3</noResponseForContactsOlderThan24Hours>
        </responseTimeMetrics>"""
DEFECTS_V1 = """
        <orderDefectMetrics>
          <timeFrame><start>2026-01-16T00:00:00Z</start><end>2026-03-16T23:59:59Z</end></timeFrame>
          <orderCount>1600</orderCount>
          <orderWithDefects><rate>0.5%</rate><count>8</count></orderWithDefects>
          <a_z_claims><rate>0.31%</rate><count>5</count></a_z_claims>
        </orderDefectMetrics>"""


def report_v1(*metrics: str, marketplace: str | None = US) -> str:
    """A report of the older kind, as XML; by default with two time frames."""
    named = "" if marketplace is None else f"<marketplaceId>{marketplace}</marketplaceId>"
    content = "".join(metrics or (DEFECTS_V1, RESPONSES))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sellerPerformanceReports>
  <sellerPerformanceReport>
    {named}
    <performanceChecklist><lateShipmentRate><status>Fair</status></lateShipmentRate></performanceChecklist>
    <orderDefects>{content}
    </orderDefects>
  </sellerPerformanceReport>
</sellerPerformanceReports>
"""


def store_report(database: Database, account_id: int, content: str, taken_at: dt.datetime = NOW) -> None:
    """Stores the figures of a report, as of an instant."""
    figures = [each._replace(taken_at=taken_at) for each in entries(PERFORMANCE_V2, content) if isinstance(each, Reported)]
    with database.writing() as connection:
        store_figures(AccountRows(connection, account_id), IMPORTERS[PERFORMANCE_V2], taken_at, figures)
