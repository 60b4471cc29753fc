"""Checks that numbers belong to days: days add up to a window, and a window contains exactly its days."""

import datetime as dt
from collections.abc import Iterator, Mapping

from sellerhealth.metrics.declaration import Window
from sellerhealth.testing.clock import DAY
from sellerhealth.testing.metric_subject import MetricSubject, describe_window

Days = Mapping[dt.date, Mapping[str, int]]


def check_days_add_up(subject: MetricSubject) -> Iterator[str]:
    """A number over several days is the sum of the days. Histories and forecasts rely on it."""
    with subject.with_facts() as (world, account):
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
        for total, parts in (
            (_sum_of_days(by_day, first, last, name), f"its {len(by_day)} days"),
            (sum(half[name] for half in halves), "its two halves"),
        ):
            if number != total:
                yield (
                    f"the measure {name!r} is {number} from {first} to {last}, but {parts} add up to {total}. Count rows, or sum a "
                    "column with total(...). What cannot be added up, such as distinct values, is not a measure."
                )
                break


def check_window_bounds(subject: MetricSubject) -> Iterator[str]:
    """A window begins and ends as its `days` and `lag` say."""
    with subject.with_facts() as (world, account):
        by_day = subject.days(world, account)
        for window in subject.metric.windows if by_day else ():
            for day in sorted({min(by_day), max(by_day)}):
                for as_of, position in _edges(window, day):
                    first, last = as_of - (window.lag + window.days - 1) * DAY, as_of - window.lag * DAY
                    for name, number in subject.numbers(world, account, window, as_of=as_of).items():
                        expected = _sum_of_days(by_day, first if window.days else min(by_day), last, name)
                        if number != expected:
                            yield (
                                f"the measure {name!r} is {number} {describe_window(window, as_of)}, but its days, {first} to {last}, "
                                f"add up to {expected} ({day} {position}). Use Window unchanged, and compare with no day in a condition."
                            )


def _edges(window: Window, day: dt.date) -> Iterator[tuple[dt.date, str]]:
    """As-of days that put a day at the edges of a window: on its last or first day, and just outside."""
    yield day + window.lag * DAY, "is its last day"
    yield day + (window.lag - 1) * DAY, "is the day after it"
    if window.days:
        yield day + (window.lag + window.days - 1) * DAY, "is its first day"
        yield day + (window.lag + window.days) * DAY, "is the day before it"


def _sum_of_days(by_day: Days, first: dt.date, last: dt.date, name: str) -> int:
    return sum(numbers[name] for day, numbers in by_day.items() if first <= day <= last)
