"""Days are those of a time zone, durations are whole seconds rounded up, and weekends are not working days."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from sellerhealth.store.derive import day_of, seconds_between, working_days_between
from tests.store.deriving import BERLIN, LOS_ANGELES, NOON, SECOND, UTC, at


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("09-26T06:59:59", LOS_ANGELES, "09-25"),
        ("09-26T07:00:00", LOS_ANGELES, "09-26"),
        ("09-26T00:00:00", UTC, "09-26"),
        ("09-25T23:59:59.999999", UTC, "09-25"),
        ("03-28T22:59:59", BERLIN, "03-28"),  # the day before summer time begins
        ("03-28T23:00:00", BERLIN, "03-29"),
        ("03-29T21:59:59", BERLIN, "03-29"),  # a day of 23 hours
        ("03-29T22:00:00", BERLIN, "03-30"),
        ("10-24T22:00:00", BERLIN, "10-25"),
        ("10-25T22:59:59", BERLIN, "10-25"),  # a day of 25 hours
        ("10-25T23:00:00", BERLIN, "10-26"),
    ],
)
def test_a_day_is_that_of_its_zone(instant: str, zone: ZoneInfo, day: str) -> None:
    assert day_of(at(instant), zone) == dt.date.fromisoformat(f"2026-{day}")


def test_no_instant_has_no_day() -> None:
    assert day_of(None, BERLIN) is None


@pytest.mark.parametrize(
    ("after", "seconds"), [(0, 0), (1, 1), (0.5, 1), (0.000001, 1), (-0.5, 0), (-1, -1), (86400, 86400), (86400.5, 86401)]
)
def test_seconds_are_rounded_up(after: float, seconds: int) -> None:
    assert seconds_between(NOON, NOON + after * SECOND) == seconds


def test_a_duration_is_unknown_while_either_end_is() -> None:
    assert seconds_between(None, NOON) is seconds_between(NOON, None) is None


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-03-30", "2026-03-30", 0),  # Monday
        ("2026-03-30", "2026-04-02", 3),  # to Thursday
        ("2026-03-27", "2026-03-28", 0),  # Friday to Saturday
        ("2026-03-27", "2026-03-29", 0),  # to Sunday
        ("2026-03-27", "2026-03-30", 1),  # to Monday
        ("2026-03-28", "2026-04-01", 3),  # Saturday to Wednesday
        ("2026-03-29", "2026-03-30", 1),  # Sunday to Monday
    ],
)
def test_working_days_leave_weekends_out(start: str, end: str, days: int) -> None:
    assert working_days_between(dt.date.fromisoformat(start), dt.date.fromisoformat(end)) == days


def test_working_days_are_the_same_as_counted_one_by_one() -> None:
    days = [dt.date(2026, 3, 1) + number * dt.timedelta(days=1) for number in range(23)]
    for index, start in enumerate(days):
        for end in days[index:]:
            assert working_days_between(start, end) == sum(start < day <= end and day.isoweekday() <= 5 for day in days)
