"""A metric over time: a window slid over the numbers of the days. Column by column: a loop over days and measures takes five times as long."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate, repeat
from typing import NamedTuple, TypeVar

from sellerhealth.engine.queries import MetricQuery

K = TypeVar("K")
Days = Collection[tuple[dt.date, Mapping[K, int]]]  # each day with its numbers by name; a day may be in several


class RunningSums(NamedTuple):
    """Running sums by name, of some days, oldest first: of those of a span, and of the last one before it."""

    days: Sequence[dt.date]
    by_name: Mapping[str, Sequence[int]]


def as_of_days(query: MetricQuery) -> Sequence[dt.date]:
    """The days of a series."""
    since = query.since or query.as_of
    return [since + dt.timedelta(number) for number in range(length(query))]


def length(query: MetricQuery) -> int:
    """How many days a series has."""
    return (query.as_of - (query.since or query.as_of)).days + 1


def slide(query: MetricQuery, rows: Days[K]) -> Mapping[K, Sequence[int]]:
    """For each name its number in the window as of each day of a series."""
    days = sorted({day for day, _ in rows})
    position = {day: number for number, day in enumerate(days, start=1)}
    by_day: defaultdict[K, list[int]] = defaultdict(lambda: [0] * (1 + len(days)))
    for day, numbers in rows:
        at = position[day]
        for name, number in numbers.items():
            by_day[name][at] += number
    ends = _ends(query, days)
    return {name: _differences(list(accumulate(of_days)), ends) for name, of_days in by_day.items()}


def slide_running(query: MetricQuery, sums: RunningSums) -> Mapping[str, Sequence[int]]:
    """The same from running sums: a window is the difference of two."""
    ends = _ends(query, sums.days)
    return {name: _differences([0, *of_days], ends) for name, of_days in sums.by_name.items()}


def _ends(query: MetricQuery, days: Sequence[dt.date]) -> Sequence[tuple[int, int]]:
    """As of each day of a series how many of some days are before the window, and how many up to its end."""
    ordinals, number = [day.toordinal() for day in days], length(query)
    first, last = (day.toordinal() for day in query.window.span(query.since or query.as_of))
    of_lifetime = bisect_left(ordinals, first)  # it begins on the same day as of every day
    before = _counted_until(ordinals, first - 1, number) if query.window.days else repeat(of_lifetime, number)
    return list(zip(before, _counted_until(ordinals, last, number), strict=True))


def _counted_until(ordinals: Sequence[int], first: int, number: int) -> Sequence[int]:
    """How many of some days are not after a day, and after each of those that follow it. A search for each of these takes twice as long."""
    after = bisect_right(ordinals, first)
    is_there = bytearray(number)
    for ordinal in ordinals[after : bisect_left(ordinals, first + number)]:
        is_there[ordinal - first] = 1
    return list(accumulate(is_there[1:], initial=after))


def _differences(sums: Sequence[int], ends: Iterable[tuple[int, int]]) -> Sequence[int]:
    return [sums[last] - sums[before] for before, last in ends]


def slide_weighted(query: MetricQuery, rows: Days[K]) -> Iterator[Mapping[K, Fraction]]:
    """The same where older days weigh less, as of one day after the other. A name that has no number is left out."""

    @cache
    def weight(age: int) -> Fraction:
        return query.window.weight(query.as_of - dt.timedelta(age), query.as_of)

    for as_of in as_of_days(query):
        first, last = query.window.span(as_of)
        weighted: defaultdict[K, Fraction] = defaultdict(Fraction)
        for day, numbers in rows:
            if first <= day <= last:
                for name, number in numbers.items():
                    weighted[name] += weight((as_of - day).days) * number
        yield weighted
