"""The fixed clock of tests: noon UTC on Tuesday, 31 March 2026."""

import datetime as dt

CLOCK = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
TODAY = CLOCK.date()
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def at(month: int, day: int, hour: int = 8, minute: int = 0, second: int = 0, *, year: int = CLOCK.year) -> dt.datetime:
    """An instant in UTC, by default in the year of the clock and at 8:00."""
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)
