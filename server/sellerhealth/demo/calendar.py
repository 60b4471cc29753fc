"""The demo's time: 400 days that end on a fixed day, and instants on the clocks of marketplaces."""

import datetime as dt
from zoneinfo import ZoneInfo

LAST_DAY = dt.date(2026, 3, 31)
FIRST_DAY = LAST_DAY - dt.timedelta(399)
CLOCK = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)  # the present, as the demo has it


def at_local(day: dt.date, zone: ZoneInfo, seconds: int) -> dt.datetime:
    """The instant, in UTC, so many seconds after midnight by the clocks of a zone."""
    midnight = dt.datetime.combine(day, dt.time(), zone)
    return (midnight + dt.timedelta(seconds=seconds)).astimezone(dt.UTC)


def start_of(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The first second of a day."""
    return at_local(day, zone, 0)


def end_of(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The last second of a day: where Amazon sets its deadlines."""
    return at_local(day, zone, 86_399)


def working_day(day: dt.date, after: int) -> dt.date:
    """The day that lies so many days from Monday to Friday after another."""
    while after:
        day += dt.timedelta(1)
        after -= day.weekday() < 5
    return day
