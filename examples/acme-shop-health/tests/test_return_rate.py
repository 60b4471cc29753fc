"""The return rate."""

from sellerhealth import MetricStatus
from sellerhealth.facts import Channel
from sellerhealth.testing import Account, MetricConformance, orders, refunds

from acme_shop_health.return_rate import Settings, return_rate

rate = return_rate(Settings())


def test_five_percent_is_critical_and_four_is_at_risk() -> None:
    assert rate.result({"orders": 100, "returned": 5}).status is MetricStatus.CRITICAL
    assert rate.result({"orders": 100, "returned": 4}).status is MetricStatus.AT_RISK
    assert rate.result({"orders": 100, "returned": 3}).status is MetricStatus.GOOD


def test_without_returns_there_is_no_fault_share() -> None:
    result = rate.result({"orders": 100, "returned": 0})
    assert (result.display, result.figures["fault_share"].display) == ("0.00 %", "N/A")


class TestReturnRate(MetricConformance):
    metric = rate
    expected = {"orders": 10, "returned": 3, "faulty": 2}

    def add_facts(self, account: Account) -> None:
        placed = orders(account, on_time=6) + orders(account, on_time=4, channel=Channel.AMAZON)
        refunds(account, placed[:2], reason="DAMAGED")
        refunds(account, placed[6:7])
        refunds(account, placed[7:8], reason="GOODWILL")
