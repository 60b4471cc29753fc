"""The percentiles of answer times."""

from sellerhealth.testing import Account, MetricConformance, messages

from acme_shop_health.answer_hours import answer_hours


def test_a_percentile_is_the_end_of_the_class_that_reaches_it() -> None:
    result = answer_hours.result({"within_1": 2, "within_4": 3, "within_12": 4, "within_24": 0, "later": 1})
    assert result.value == 12
    assert result.display == "12 hours"
    assert result.figures["median"].value == 4


def test_late_answers_count_as_48_hours() -> None:
    assert answer_hours.result({"within_1": 8, "later": 2}).value == 48


def test_without_messages_there_is_no_percentile() -> None:
    assert answer_hours.result({"messages": 0}).display == "N/A"


class TestAnswerHours(MetricConformance):
    metric = answer_hours
    expected = {"messages": 7, "within_1": 2, "within_4": 1, "within_12": 1, "within_24": 1, "later": 2}

    def add_facts(self, account: Account) -> None:
        messages(account, 2, hours=0.5)
        for hours in (4, 12, 24, 25, None):
            messages(account, hours=hours)
