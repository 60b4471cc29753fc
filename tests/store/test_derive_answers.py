"""The answer to a message is the first reply of a person after it (docs/spec/facts.md#answers-to-messages)."""

import datetime as dt
from collections.abc import Sequence

import pytest

from sellerhealth.facts import Message, Reply
from sellerhealth.store.derive import derive_answers, seconds_between
from tests.store.deriving import HOUR, NOON, SECOND, Values
from tests.store.observations import blank_fact


def message(received_at: dt.datetime | None = NOON, reported_answered_at: dt.datetime | None = None) -> Values:
    return blank_fact(Message, message_id="m", received_at=received_at, reported_answered_at=reported_answered_at)


def reply(sent_at: dt.datetime, automatic: bool | None = None) -> Values:
    return blank_fact(Reply, thread_id="t", sent_at=sent_at, automatic=automatic)


@pytest.mark.parametrize(
    ("answered_after", "values", "replies"),
    [
        (None, {}, []),
        (86400, {}, [reply(NOON + 24 * HOUR)]),  # exactly 24 hours: in time
        (86401, {}, [reply(NOON + 24 * HOUR + SECOND / 2)]),  # half a second more: not
        (7200, {}, [reply(NOON + 30 * HOUR), reply(NOON + 2 * HOUR)]),  # the first one answers
        (0, {}, [reply(NOON)]),
        (0, {"reported_answered_at": NOON}, []),
        (None, {}, [reply(NOON - SECOND)]),  # it answers what came before
        (7200, {}, [reply(NOON + SECOND, automatic=True), reply(NOON + 2 * HOUR, automatic=False)]),  # a machine answers nothing
        (3600, {"reported_answered_at": NOON + HOUR}, []),
        (3600, {"reported_answered_at": NOON + HOUR}, [reply(NOON + 2 * HOUR)]),
        (3600, {"reported_answered_at": NOON + 2 * HOUR}, [reply(NOON + HOUR)]),
        (None, {"reported_answered_at": NOON - HOUR}, []),  # a contradiction
        (3600, {"reported_answered_at": NOON - HOUR}, [reply(NOON + HOUR)]),
    ],
)
def test_a_message_is_answered_by_the_first_reply_of_a_person(
    answered_after: int | None, values: Values, replies: Sequence[Values]
) -> None:
    received = message(**values)
    derive_answers([received], replies)
    assert received["answered_after"] == answered_after
    assert seconds_between(NOON, received["answered_at"]) == answered_after


def test_a_reply_answers_every_message_before_it_each_from_its_own_receipt() -> None:
    messages = [message(NOON), message(NOON + HOUR), message(NOON + 3 * HOUR)]
    derive_answers(messages, [reply(NOON + 2 * HOUR)])
    assert [received["answered_after"] for received in messages] == [7200, 3600, None]
    assert [received["answered_at"] for received in messages] == [NOON + 2 * HOUR, NOON + 2 * HOUR, None]


def test_an_answer_is_kept_while_the_receipt_is_unknown() -> None:
    received = message(received_at=None, reported_answered_at=NOON)
    derive_answers([received], [reply(NOON + HOUR)])
    assert (received["answered_at"], received["answered_after"]) == (NOON, None)
