"""A metric over time: a window slid over the numbers of the days. Column by column: a loop over days and measures takes five times as long."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from itertools import accumulate
from operator import itemgetter, sub
from typing import NamedTuple, TypeVar

from sellerhealth.engine.queries import MetricQuery

K = TypeVar("K")
Days = Collection[tuple[dt.date, Mapping[K, int]]]  # each day with its numbers by name; a day may be in several


class RunningSums(NamedTuple):
    """Running sums by name, of some days, oldest first, by their ordinals: of those of a span, and of the last one before it."""

    days: tuple[int, ...]
    by_name: Mapping[str, Sequence[int]]


def as_of_days(query: MetricQuery) -> Sequence[dt.date]:
    """The days of a series."""
    return _days(query.since or query.as_of, query.as_of)


@lru_cache(maxsize=64)  # the series of a request have the same days
def _days(first: dt.date, last: dt.date) -> Sequence[dt.date]:
    return [*map(dt.date.fromordinal, range(first.toordinal(), last.toordinal() + 1))]


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
    ends = _ends(query, tuple([day.toordinal() for day in days]))
    return {name: _differences(list(accumulate(of_days)), ends) for name, of_days in by_day.items()}


def slide_running(query: MetricQuery, sums: RunningSums) -> Mapping[str, Sequence[int]]:
    """The same from running sums: a window is the difference of two."""
    ends = _ends(query, sums.days)
    return {name: _differences([0, *of_days], ends) for name, of_days in sums.by_name.items()}


def grown(sums: RunningSums, span: tuple[dt.date, dt.date]) -> Iterator[tuple[dt.date, dict[str, int]]]:
    """The numbers of the days in a span, by name: what running sums grew by."""
    first, last = (day.toordinal() for day in span)
    of_days = zip(*(map(sub, column, [0, *column]) for column in sums.by_name.values()), strict=True)
    for day, numbers in zip(sums.days, of_days, strict=True):
        if first <= day <= last:
            yield dt.date.fromordinal(day), dict(zip(sums.by_name, numbers, strict=True))


def first_and_length(query: MetricQuery) -> tuple[dt.date, int]:
    """The first day that a series reads by itself, and how many there are from then on. Of a lifetime that is the end of the first window."""
    first, last = query.window.span(query.since or query.as_of)
    days = query.window.days
    return (first, days - 1 + length(query)) if days else (last, length(query))


def slide_by_day(query: MetricQuery, numbers: Sequence[int]) -> Sequence[int]:
    """The same from the numbers of these days, all of them."""
    if not query.window.days:
        return [*accumulate(numbers)]
    sums = [*accumulate(numbers, initial=0)]
    return [*map(sub, sums[query.window.days :], sums)]


class _Ends(NamedTuple):
    """What reads a number at the end of the window as of each day of a series, and before it."""

    last: Callable[[Sequence[int]], Iterable[int]]
    before: Callable[[Sequence[int]], Iterable[int]]


def _ends(query: MetricQuery, ordinals: tuple[int, ...]) -> _Ends:
    """By how many of some days are before the window as of each day of a series, and how many up to its end."""
    first, last = (day.toordinal() for day in query.window.span(query.since or query.as_of))
    return _ends_of(first, last, length(query), ordinals, is_lifetime=not query.window.days)


@lru_cache(maxsize=64)  # a metric reads several tables, and most have facts on the same days
def _ends_of(first: int, last: int, number: int, ordinals: tuple[int, ...], *, is_lifetime: bool) -> _Ends:
    """The same of the first of some windows, by the ordinals of its days, and of a number of them."""
    of_lifetime = [bisect_left(ordinals, first)] * number  # it begins on the same day as of every day
    before = of_lifetime if is_lifetime else _counted_until(ordinals, first - 1, number)
    return _Ends(_at(_counted_until(ordinals, last, number)), _at(before))


def _at(places: Sequence[int]) -> Callable[[Sequence[int]], Iterable[int]]:
    """What reads the numbers at some places. In Python itself that takes three times as long."""
    return itemgetter(*places) if len(places) > 1 else lambda numbers: [numbers[place] for place in places]


def _counted_until(ordinals: Sequence[int], first: int, number: int) -> Sequence[int]:
    """How many of some days are not after a day, and after each of those that follow it. A search for each of these takes twice as long."""
    after = bisect_right(ordinals, first)
    is_there = bytearray(number)
    for ordinal in ordinals[after : bisect_left(ordinals, first + number)]:
        is_there[ordinal - first] = 1
    return list(accumulate(is_there[1:], initial=after))


def _differences(sums: Sequence[int], ends: _Ends) -> Sequence[int]:
    return [*map(sub, ends.last(sums), ends.before(sums))]


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
