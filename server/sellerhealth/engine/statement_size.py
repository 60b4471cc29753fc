"""Divides queries among statements, so that none is large, and there are few different ones.

In a large statement SQLite keeps a cursor open for each look-up of related facts, and each slows down the others. To compile and plan one
takes longer than to run it, and it is remembered with all its expressions. So many queries take small statements, which are the same in
every request.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sellerhealth.engine.queries import MetricQuery
from sellerhealth.metrics.expressions import number_of_lookups

# Numbers and look-ups of related facts in a statement. All built-in metrics, each over one window, have 55.
MOST = 120  # of all queries together
MOST_ALIKE = 60  # of those of one kind


def divided(queries: Iterable[MetricQuery]) -> Iterator[Sequence[MetricQuery]]:
    """Queries for one statement each: all of them if they are few, else some of one kind, which differ in their days alone.

    Those for parts along a dimension become one for all of its parts: in two statements, its rows would be counted twice.
    """
    distinct = list(dict.fromkeys(query.of_each_part for query in queries))
    if sum(map(_size, distinct)) > MOST:
        yield from _by_kind(distinct)
    elif distinct:
        yield distinct


def _by_kind(queries: Iterable[MetricQuery]) -> Iterator[Sequence[MetricQuery]]:
    kinds: defaultdict[object, list[MetricQuery]] = defaultdict(list)
    for query in queries:
        kinds[query.metric, query.part_column, query.is_daily, query.scope].append(query)
    for alike in kinds.values():
        alike.sort(key=lambda query: query.span)  # a statement reads the days from the first to the last
        most = max(MOST_ALIKE // _size(alike[0]), 1)
        while alike:
            number = 1 << min(most, len(alike)).bit_length() - 1  # a power of two: for seven 4, 2 and 1
            yield alike[:number]
            del alike[:number]


def _size(query: MetricQuery) -> int:
    return len(query.metric.all_measures) + number_of_lookups(query.metric)
