"""Policy violations detected in the last 180 days and not resolved. See docs/metrics.md#policy-violations."""

from sellerhealth import Count, Metric, Nothing, ReportedAs, Window, count
from sellerhealth.facts import Violation

# Amazon counts each of these on its own.
CATEGORIES = (
    "listingPolicyViolations",
    "suspectedIntellectualPropertyViolations",
    "receivedIntellectualPropertyComplaints",
    "productAuthenticityCustomerComplaints",
    "productConditionCustomerComplaints",
    "productSafetyCustomerComplaints",
    "foodAndProductSafetyIssues",
    "restrictedProductPolicyViolations",
    "customerProductReviewsPolicyViolations",
    "otherPolicyViolations",
    "documentRequests",
)

unresolved = count(on=Violation.detected_on, where=Violation.unresolved, description="Violations detected in the window and not resolved.")
severe = unresolved.where(Violation.severe, "Open violations of high or critical severity.")

policy_violations = Metric(
    key="policy_violations",
    title="Policy violations",
    description="Open policy violations. Not available, rather than 0, while no source of violations was ever imported.",
    section="account_health",
    windows=(Window(180),),
    parts={"category": Violation.category},
    measures={"open": unresolved, "severe": severe},
    value=Count(unresolved),
    target=Nothing(grave=severe),
    reported=tuple(ReportedAs(category, part=category) for category in CATEGORIES),
    source="docs/metrics.md#policy-violations",
)
