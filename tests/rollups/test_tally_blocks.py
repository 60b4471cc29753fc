"""Blocks of a tally are the sums of its days, and a window has each of its days once."""

import datetime as dt
from collections import Counter
from random import Random

import pytest
import sqlalchemy as sa

from sellerhealth.model.records import UnprovenTally
from sellerhealth.rollups.count_tally import Counted, TallyKey, TallyValue, until_of
from sellerhealth.rollups.keep_tallies import stored_tally
from sellerhealth.rollups.tally_blocks import LENGTHS, added_up, all_keys, block_key, keep_blocks, stretches
from sellerhealth.testing import CLOCK, World

TODAY, TALLY = CLOCK.date(), "0123456789abcdef"


@pytest.mark.parametrize("seed", range(20))
def test_a_window_has_each_of_its_days_once(seed: int) -> None:
    random = Random(seed)
    for longest in (3, 20, 70, 200, 800):
        first = TODAY - dt.timedelta(random.randrange(1_000))
        last = first + dt.timedelta(random.randrange(longest))
        read = Counter[dt.date]()
        found = list(stretches(first, last))
        for length, begin, end, sign in found:
            starts = [day for day in _days(begin, end) if not day.toordinal() % length]  # those of the blocks
            for day in (each for start in starts for each in _days(start, start + dt.timedelta(length - 1))):
                read[day] += sign
        assert {day: times for day, times in read.items() if times} == Counter(_days(first, last))
        assert [each.length for each in found] == [each.length for each in stretches(TODAY, TODAY)]
        assert sum((each.last - each.first).days + 1 for each in found if each.length == 1 and each.first <= each.last) <= LENGTHS[0]


@pytest.mark.parametrize("number", [1, 2, 9, 100])
@pytest.mark.parametrize(("least", "most"), [(dt.date.min, TODAY), (TODAY, dt.date.max), (dt.date.min, dt.date.max)])
def test_windows_may_be_open(least: dt.date, most: dt.date, number: int) -> None:
    some = dt.timedelta(number - 1)
    for first, last in ((least, most), (least, least + some), (most - some, most)):
        assert sum(sign * max(0, (end - begin).days + 1) for _, begin, end, sign in stretches(first, last)) == (last - first).days + 1


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(number) for number in range((last - first).days + 1)]


@pytest.mark.parametrize("seed", range(3))
def test_blocks_are_the_sums_of_their_days_after_any_change(world: World, seed: int) -> None:
    random, account_id = Random(seed), world.account().account_id
    other = TallyKey(TODAY, "US", "", "", "1.0", 0)
    counted: dict[TallyKey, TallyValue] = {}
    with world.database.writing() as connection:
        _store(connection, account_id, "another", {other: TallyValue(5)})
        for _ in range(6):
            days = random.sample(_days(TODAY - dt.timedelta(300), TODAY), random.choice([1, 5, 100]))
            counted = {key: value for key, value in counted.items() if key.day not in days}
            counted |= {
                TallyKey(day, random.choice(["US", "DE"]), "", random.choice(["", "Books"]), kind, number): TallyValue(
                    random.choice([-3, 3, 7])
                )
                for day in days
                for kind in random.sample(["1.0", "2.1", "3?4"], random.randrange(4))
                for number in range(random.randrange(3))
            }
            counted |= {until_of(day): TallyValue(0, CLOCK) for day in days if random.random() < 0.5}
            connection.execute(sa.delete(UnprovenTally).where(UnprovenTally.tally == TALLY))
            _store(connection, account_id, TALLY, counted)
            keep_blocks(connection, TALLY, account_id, days)
            for length in LENGTHS:
                assert stored_tally(connection, block_key(TALLY, length), account_id) == added_up(counted, length)
        assert added_up(counted, 8) != added_up(counted, 64) != {}
        assert set(connection.scalars(sa.select(UnprovenTally.tally).distinct())) == {"another", *all_keys([TALLY])}


def _store(connection: sa.Connection, account_id: int, key: str, counted: Counted) -> None:
    rows = [{"account_id": account_id, "tally": key, **each._asdict(), **value._asdict()} for each, value in counted.items()]
    if rows:
        connection.execute(sa.insert(UnprovenTally), rows)
