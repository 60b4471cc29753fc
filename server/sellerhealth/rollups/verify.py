"""Compares the rollups of an account with its facts: counts all days again, and names every value that differs."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Account, RollupState, UnprovenTally
from sellerhealth.rollups.buckets import Buckets, Key, count_buckets
from sellerhealth.rollups.count_tally import Counted, TallyValue, count_tally
from sellerhealth.rollups.falling_due import falling_due
from sellerhealth.rollups.grain import Grain, due_column, number_column
from sellerhealth.rollups.keep_tallies import stored_tally
from sellerhealth.rollups.measure_set import MeasureSet
from sellerhealth.rollups.tables import due_columns, rollup_table
from sellerhealth.rollups.tally import tallies_of
from sellerhealth.rollups.tally_blocks import LENGTHS, added_up, all_keys, block_key
from sellerhealth.rollups.upkeep import read_state

Value = int | dt.datetime | None

_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
_STATES: str = RollupState.__table__.name


class Difference(NamedTuple):
    """A value that is stored otherwise than it was counted: a running sum, or until when the number of a day holds.

    A value is None where a row is missing, or where nothing falls due.
    """

    table: str
    day: dt.date
    marketplace: str
    channel: str
    part: str
    column: str
    stored: Value
    counted: Value


@dataclass(frozen=True)
class Verified:
    """How many values of an account were compared, and which differ. `is_current`: whether it has rollups to compare."""

    is_current: bool
    compared: int = 0
    differences: Sequence[Difference] = ()


def verify_account(connection: sa.Connection, measures: MeasureSet, account_id: int, clock: dt.datetime) -> Verified:
    """Compares the rollups of an account with its facts at a clock, or where they do not hold at it, as of their computation.

    Rollups of an earlier version are not compared: the facts answer in their place. Nor are numbers that no longer held at their computation,
    as when another set of measures was computed later.
    """
    state = read_state(connection, account_id, measures.set_id)
    version = connection.scalar(sa.select(Account.version).where(Account.account_id == account_id))
    if state is None or state.version != version:
        return Verified(is_current=False)
    until = state.valid_until or _NEVER
    as_of = clock if state.computed_at <= clock <= until else state.computed_at
    compared, differences, first_due = 0, list[Difference](), _NEVER
    for grain, of_grain in measures.grains.items():
        some = {column: measure for column, measure in of_grain.items() if as_of <= until or not falling_due(measure)}
        buckets = count_buckets(connection, grain, some, account_id, as_of)
        dues = [due for keys in buckets.values() for bucket in keys.values() for due in bucket.until.values()]
        first_due = min([first_due, *dues])
        comparison = _Comparison(connection, grain, some, account_id)
        differences += comparison.differences(buckets)
        compared += comparison.compared
    for tally in measures.tallies:
        if as_of <= until or not tally.dues:
            counted = count_tally(connection, tally, account_id, as_of)
            first_due = min([first_due, *(value.until for value in counted.values() if value.until is not None)])
            by_key = {block_key(tally.key, length): added_up(counted, length) for length in LENGTHS}
            for key, numbers in {tally.key: counted, **by_key}.items():
                stored = stored_tally(connection, key, account_id)
                differences += _differences_of_tally(key, stored, numbers)
                compared += len(stored.keys() | numbers.keys())
    if until > first_due:
        counted_until = Difference(_STATES, as_of.date(), "", "", "", "valid_until", state.valid_until, first_due)
        differences.append(counted_until)
    return Verified(is_current=True, compared=compared, differences=differences)


def measure_names(metrics: Iterable[Metric]) -> Mapping[str, str]:
    """The measures that have a column, as `metric.measure`, by the column; and the metrics that have a tally, by its key."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for metric in metrics:
        for name, measure in metric.all_measures.items():
            for column in (number_column(measure), due_column(measure)):
                names[column].append(f"{metric.key}.{name}")
        for key in all_keys(tally.key for tally in tallies_of(metric)):
            names[key].append(metric.key)
    return {column: ", ".join(of_column) for column, of_column in names.items()}


def _differences_of_tally(column: str, stored: Counted, counted: Counted) -> Iterator[Difference]:
    """Each number of a tally, or of its blocks, that differs, and each day for which it is stored otherwise until when they hold. What is not stored is 0."""
    none = TallyValue(0)
    for key in sorted(stored.keys() | counted.keys()):
        old, new = stored.get(key, none), counted.get(key, none)
        if old != new:
            values: tuple[Value, Value] = (old.until, new.until) if not key.kind else (old.amount, new.amount)
            yield Difference(UnprovenTally.__tablename__, key.day, key.marketplace, key.channel, key.part, column, *values)


class _Comparison:
    """The comparison of one rollup table for one account."""

    def __init__(self, connection: sa.Connection, grain: Grain, measures: Mapping[str, Measure], account_id: int) -> None:
        self.compared = 0
        self._numbers, self._dues = tuple(measures), due_columns(measures)
        self._table = rollup_table(grain.name, self._numbers, self._dues)
        self._stored: defaultdict[dt.date, dict[Key, tuple[Any, ...]]] = defaultdict(dict)
        columns = [column for column in self._table.columns if column.name != "account_id"]
        own = sa.select(*columns).where(self._table.c.account_id == account_id)
        for day, marketplace, channel, part, *values in connection.execute(own):
            self._stored[day][marketplace, channel, part] = tuple(values)

    def differences(self, buckets: Buckets) -> Iterator[Difference]:
        """Each value that differs. A key that no longer has any row may be left, with zeros: it answers as if it were not there."""
        zeros, never = (0,) * len(self._numbers), (None,) * len(self._dues)
        sums: dict[Key, tuple[int, ...]] = {}
        for day in sorted(self._stored.keys() | buckets.keys()):
            until: dict[Key, tuple[Value, ...]] = {}
            for key, bucket in buckets.get(day, {}).items():
                grown = (bucket.numbers.get(number, 0) for number in self._numbers)
                sums[key] = tuple(map(int.__add__, sums.get(key, zeros), grown))
                until[key] = tuple(bucket.until.get(due) for due in self._dues)
            stored = self._stored.get(day, {})
            for key in sorted(stored.keys() | sums.keys()):
                counted = (*sums.get(key, zeros), *until.get(key, never))
                found = stored.get(key)
                self.compared += len(counted)
                for index, column in enumerate((*self._numbers, *self._dues)):
                    if (value := None if found is None else found[index]) != counted[index]:
                        yield Difference(self._table.name, day, *key, column, value, counted[index])
