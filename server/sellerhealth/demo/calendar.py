"""The demo's calendar: 400 days up to a fixed last day, and local time in marketplaces."""

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

LAST_DAY = dt.date(2026, 3, 31)
FIRST_DAY = LAST_DAY - dt.timedelta(399)
CLOCK = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)  # the present


def at_local(day: dt.date, zone: ZoneInfo, seconds: int) -> dt.datetime:
    """The instant in UTC, in seconds after local midnight."""
    midnight = dt.datetime.combine(day, dt.time(), zone)
    return (midnight + dt.timedelta(seconds=seconds)).astimezone(dt.UTC)


@cache
def start_of(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The first second of a day."""
    return at_local(day, zone, 0)


@cache
def end_of(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The last second of a day, as in Amazon's deadlines."""
    return at_local(day, zone, 86_399)


@cache
def working_day(day: dt.date, after: int) -> dt.date:
    """The day that is `after` working days (Monday to Friday) after a day."""
    while after:
        day += dt.timedelta(1)
        after -= day.weekday() < 5
    return day
