"""Whether the numbers of a metric belong to days: they add up, and a window has those of its days and no others."""

import datetime as dt
from collections.abc import Iterator, Mapping

from sellerhealth.metrics.declaration import Window
from sellerhealth.testing.clock import DAY
from sellerhealth.testing.subject import Subject, over

Days = Mapping[dt.date, Mapping[str, int]]


def not_additive(subject: Subject) -> Iterator[str]:
    """Numbers over many days that are not those of the days together: histories and forecasts would be wrong."""
    with subject.told() as (world, account):
        for days in (-1, 1):
            account.when = subject.when + days * DAY
            subject.add_facts(account)
        by_day = subject.days(world, account)
        if not by_day:
            return
        first, last = min(by_day), max(by_day)
        length = (last - first).days + 1
        numbers = subject.numbers(world, account, Window(length), as_of=last)
        early, late = Window((length + 1) // 2, lag=length // 2), Window(max(length // 2, 1))
        halves = [subject.numbers(world, account, window, as_of=last) for window in (early, late)] if length > 1 else [numbers]
    for name, number in numbers.items():
        for added, parts in (
            (_within(by_day, first, last, name), f"its {len(by_day)} days"),
            (sum(half[name] for half in halves), "its two halves"),
        ):
            if number != added:
                yield (
                    f"the measure {name!r} is {number} from {first} to {last}, but {added} over {parts} added up. Count rows, or add up a "
                    "column with total(...): what cannot be added up, such as distinct values, is no measure."
                )
                break


def leaking(subject: Subject) -> Iterator[str]:
    """Windows that do not begin and end where their `days` and `lag` say."""
    with subject.told() as (world, account):
        by_day = subject.days(world, account)
        for window in subject.metric.windows if by_day else ():
            for day in sorted({min(by_day), max(by_day)}):
                for as_of, what in _edges(window, day):
                    first, last = as_of - (window.lag + window.days - 1) * DAY, as_of - window.lag * DAY
                    for name, number in subject.numbers(world, account, window, as_of=as_of).items():
                        there = _within(by_day, first if window.days else min(by_day), last, name)
                        if number != there:
                            yield (
                                f"the measure {name!r} is {number} {over(window, as_of)}, but {there} lie on its days, {first} to {last} "
                                f"({day} {what}). Take Window as it is, and compare with no day in a condition."
                            )


def _edges(window: Window, day: dt.date) -> Iterator[tuple[dt.date, str]]:
    """As-of days for which a day is the last one of the window, the first one, or just outside."""
    yield day + window.lag * DAY, "is its last day"
    yield day + (window.lag - 1) * DAY, "is the day after it"
    if window.days:
        yield day + (window.lag + window.days - 1) * DAY, "is its first day"
        yield day + (window.lag + window.days) * DAY, "is the day before it"


def _within(by_day: Days, first: dt.date, last: dt.date, name: str) -> int:
    return sum(numbers[name] for day, numbers in by_day.items() if first <= day <= last)
