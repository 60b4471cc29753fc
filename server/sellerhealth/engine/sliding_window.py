"""A metric over time: a window slid over the numbers of the days. Column by column: a loop over days and measures takes five times as long."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate
from typing import TypeVar

from sellerhealth.engine.queries import MetricQuery

K = TypeVar("K")
Days = Collection[tuple[dt.date, Mapping[K, int]]]  # each day with its numbers by name; a day may be in several


def as_of_days(query: MetricQuery) -> Sequence[dt.date]:
    """The days of a series."""
    since = query.since or query.as_of
    return [since + dt.timedelta(number) for number in range((query.as_of - since).days + 1)]


def slide(query: MetricQuery, rows: Days[K]) -> Mapping[K, Sequence[int]]:
    """For each name its number in the window as of each day of a series."""
    days = sorted({day for day, _ in rows})
    position = {day: number for number, day in enumerate(days, start=1)}
    by_day: defaultdict[K, list[int]] = defaultdict(lambda: [0] * (1 + len(days)))
    for day, numbers in rows:
        at = position[day]
        for name, number in numbers.items():
            by_day[name][at] += number
    ordinals, of_series = [day.toordinal() for day in days], range(len(as_of_days(query)))
    first, last = (day.toordinal() for day in query.window.span(query.since or query.as_of))
    moves = 1 if query.window.days else 0  # a lifetime begins on the same day as of every day
    ends = [(bisect_left(ordinals, first + number * moves), bisect_right(ordinals, last + number)) for number in of_series]
    slid = {}
    for name, of_days in by_day.items():
        sums = list(accumulate(of_days))
        slid[name] = [sums[last] - sums[before] for before, last in ends]
    return slid


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
