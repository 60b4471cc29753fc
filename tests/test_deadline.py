"""A deadline passes once, by time or because the work is cancelled."""

import pytest

from sellerhealth.deadline import NEVER, Deadline, DeadlinePassed


def test_a_deadline_passes_when_its_time_is_over() -> None:
    assert Deadline(0).has_passed
    assert Deadline(0).remaining == 0
    with pytest.raises(DeadlinePassed):
        Deadline(0).check()


def test_a_deadline_passes_when_the_work_is_given_up() -> None:
    deadline = Deadline(3600)
    deadline.check()
    assert 3599 < deadline.remaining <= 3600
    deadline.cancel()
    assert deadline.has_passed
    assert deadline.remaining == 0


def test_work_that_nobody_waits_for_never_ends() -> None:
    assert not NEVER.has_passed


def test_what_cannot_look_at_the_deadline_is_stopped_when_the_work_is_given_up() -> None:
    deadline, stopped = Deadline(3600), list[str]()
    with deadline.stopping(lambda: stopped.append("during")):
        deadline.cancel()
    with pytest.raises(DeadlinePassed), deadline.stopping(lambda: stopped.append("late")):
        stopped.append("begun")
    deadline.cancel()
    assert stopped == ["during"]
