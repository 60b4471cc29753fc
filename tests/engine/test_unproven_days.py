"""The text of a tally is read exactly. That a series of it is the same as from the facts is in test_judged_days.py."""

import datetime as dt
from typing import Any

import pytest

from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.unproven_days import TextReader, UnprovenDays
from sellerhealth.metrics.unproven import Counts
from sellerhealth.metrics.worst_of_days import Effect
from sellerhealth.rollups.tally import KindReader, tallies_of
from tests.support.world import built_in

DAYS = "2026-03-30,2026-03-31"


@pytest.mark.parametrize("numbers", [[0], [1, -1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]])
def test_numbers_of_64_bits_are_read_exactly(numbers: list[int]) -> None:
    of_no_tally: Any = None
    text = TextReader(of_no_tally).read([f"{DAYS};1.0,2?1;{','.join(map(str, numbers))}"])
    assert [(type(each), each) for each in text.numbers()] == [(int, each) for each in numbers]
    assert (text.days, text.kinds) == (DAYS, "1.0,2?1")


@pytest.mark.parametrize(
    ("days", "numbers", "is_read"), [(DAYS, "3,4", True), (DAYS, "3,4,5", False), (DAYS, "3", False), (DAYS[:10], "3,4", False)]
)
def test_lists_of_different_lengths_are_refused(days: str, numbers: str, is_read: bool) -> None:
    metric = built_in("on_time_delivery_rate")
    tally = tallies_of(metric)[0]
    may_count, no = (f"{counts:d}" * len(tally.alike.measures) + ".0" for counts in (Counts.MAYBE, Counts.NO))
    unproven = UnprovenDays()
    unproven.add(None, TextReader(KindReader(tally, ())).read([f"{days};{may_count},{no};{numbers}"]))
    query = MetricQuery(metric, metric.windows[0], dt.date(2026, 3, 31))

    def added_up() -> Any:
        return unproven.added_up(query, lambda kind, index: Effect(0, bool(kind.counts), 0))

    if not is_read:  # also where what is missing, or too much, has no effect
        with pytest.raises(ValueError, match="different lengths"):
            added_up()
        return
    ((effect, column),) = added_up().items()
    assert (effect, sum(column)) == (Effect(0, 1, 0), 3)
