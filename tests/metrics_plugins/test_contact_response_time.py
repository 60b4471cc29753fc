"""Contact response time: each message from its own receipt to the seller's first reply that is not automatic."""

import datetime as dt

import pytest

from sellerhealth import MetricStatus, half_up
from sellerhealth.facts import Message, Reply
from sellerhealth.testing import CLOCK, HOUR, Account, World, at
from sellerhealth_metrics.contact_response_time import Settings, contact_response_time
from tests.support.vectors import Vectors, rate

metric = contact_response_time(Settings())
RECEIVED = at(3, 20)
SECOND, MICROSECOND = HOUR / 3600, HOUR / 3_600_000_000
NONE = {"messages": 0, "in_time": 0, "late": 0, "unanswered": 0, "pending": 0, "answered_after": 0}


@pytest.mark.parametrize(("in_time", "messages", "status"), [(899, 1000, "CRITICAL"), (900, 1000, "AT_RISK"), (920, 1000, "GOOD")])
def test_ninety_percent_must_be_in_time_though_amazon_does_not_act(in_time, messages, status):
    result = metric.result({"messages": messages, "in_time": in_time})
    assert (result.status, result.enforced) == (status, False)


@pytest.mark.parametrize(
    ("columns", "numbers"),
    [
        ({"reported_answered_at": RECEIVED + 24 * HOUR}, {"messages": 1, "in_time": 1, "answered_after": 86_400}),
        ({"reported_answered_at": RECEIVED + 24 * HOUR + MICROSECOND}, {"messages": 1, "late": 1, "answered_after": 86_401}),
        ({}, {"messages": 1, "unanswered": 1}),
        ({"received_at": CLOCK - 24 * HOUR}, {"pending": 1}),
        ({"received_at": CLOCK - 24 * HOUR - SECOND}, {"messages": 1, "unanswered": 1}),
        ({"received_at": CLOCK - HOUR, "reported_answered_at": CLOCK}, {"messages": 1, "in_time": 1, "answered_after": 3_600}),
        ({"needs_answer": False}, {}),
        ({"reported_answered_at": RECEIVED - HOUR}, {"messages": 1, "unanswered": 1}),  # no answer comes before its message
    ],
)
def test_how_a_message_is_counted(world: World, columns, numbers):
    seller = world.account()
    seller.add(Message, message_id="1", **{"received_at": RECEIVED} | columns)
    assert world.measure(seller, metric).numbers == NONE | numbers


def test_a_reply_answers_all_earlier_messages_of_its_conversation(world: World):
    seller = world.account()
    for number, hour in enumerate((0, 20, 30)):  # the reply comes 25 and 5 hours after the first two, before the third
        seller.add(Message, message_id=str(number), thread_id="a", received_at=RECEIVED + hour * HOUR)
    seller.add(Message, message_id="other", thread_id="b", received_at=RECEIVED)
    seller.add(Reply, thread_id="a", sent_at=RECEIVED + 25 * HOUR)
    assert world.measure(seller, metric).numbers == NONE | {
        "messages": 4,
        "late": 1,
        "in_time": 1,
        "unanswered": 2,
        "answered_after": 30 * 3600,
    }


def test_automatic_replies_do_not_count(world: World):
    seller = world.account()
    seller.add(Message, message_id="1", thread_id="a", received_at=RECEIVED)
    seller.add(Reply, thread_id="a", sent_at=RECEIVED + SECOND, automatic=True)
    seller.add(Reply, thread_id="a", sent_at=RECEIVED + 2 * HOUR, automatic=False)
    assert world.measure(seller, metric).figures["average_hours"].value == 2


def test_without_an_answer_there_is_no_mean(world: World):
    seller = world.account()
    seller.add(Message, message_id="1", received_at=RECEIVED)
    result = world.measure(seller, metric)
    assert (result.value, result.status) == (0, MetricStatus.CRITICAL)
    assert result.figures["average_hours"].value is None


def test_the_limit_can_be_another_and_the_descriptions_follow():
    half_a_day = contact_response_time(Settings(limit_hours=12))
    assert half_a_day.measures["in_time"].description == "Messages answered within 12 hours."
    assert "within 12 hours" in half_a_day.description


# ---------------------------------------------------------------- the examples of vectors.json

vectors = Vectors("CRT")


def message(seller: Account, name: str, received_at: dt.datetime, answered_after: dt.timedelta | None) -> None:
    answered_at = None if answered_after is None else received_at + answered_after
    seller.add(Message, message_id=name, received_at=received_at, reported_answered_at=answered_at)


def messages(seller: Account, *after: dt.timedelta, received_at: dt.datetime = RECEIVED) -> None:
    for number, answered_after in enumerate(after):
        message(seller, str(number), received_at, answered_after)


@vectors.case("18 in 24h + 1 at 30h + 1 silent 25h")
@vectors.case("its late response rate", read=lambda result: str(half_up((1 - result.value) * 100, 2)))
def one_late_and_one_silent(world: World, read=rate) -> object:
    seller = world.account()
    messages(seller, *[HOUR] * 18, 30 * HOUR)
    message(seller, "silent", CLOCK - 25 * HOUR, None)
    seller.add(Message, message_id="thanks", received_at=RECEIVED, needs_answer=False)
    return read(world.measure(seller, metric))


@vectors.case("4 answered in time, 1 silent but only 3h old (left out)")
def one_pending(world: World) -> object:
    seller = world.account()
    messages(seller, *[HOUR] * 4)
    message(seller, "pending", CLOCK - 3 * HOUR, None)
    result = world.measure(seller, metric)
    assert result.numbers["pending"] == 1
    return rate(result)


@vectors.case("Fri 18:00 -> Mon 09:00 reply (63h) 1 message", read=rate)
@vectors.case("hours Fri 18:00 -> Mon 09:00", read=lambda result: float(result.figures["average_hours"].value))
def over_a_weekend(world: World, read) -> object:
    seller = world.account()
    messages(seller, at(3, 23, 9) - at(3, 20, 18), received_at=at(3, 20, 18))
    return read(world.measure(seller, metric))


@vectors.case("reply at exactly 24h late?")
def after_exactly_a_day(world: World) -> object:
    seller = world.account()
    messages(seller, 24 * HOUR)
    return world.measure(seller, metric).numbers["late"] == 1


@vectors.case("mean of 2h and 30h")
def mean_time_to_an_answer(world: World) -> object:
    seller = world.account()
    messages(seller, 2 * HOUR, 30 * HOUR)
    return str(world.measure(seller, metric).figures["average_hours"].value)


@vectors.case("no messages")
def no_messages(world: World) -> object:
    return rate(world.measure(world.account(), metric))


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]
