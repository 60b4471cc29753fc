"""Keeps the rollups of an account: all of them, or the days that an import touched or on which something fell due.

A day is always counted again from the facts. Nothing is added to a number, so an import that is repeated, or killed, changes no result.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.metrics.measures import Measure
from sellerhealth.model.records import Account, RollupState
from sellerhealth.rollups.buckets import count_buckets
from sellerhealth.rollups.found_once import are_most
from sellerhealth.rollups.grain import Grain
from sellerhealth.rollups.keep_tallies import fallen_due, first_due, keep_tally, with_unknown_cells
from sellerhealth.rollups.measure_set import MeasureSet
from sellerhealth.rollups.one_pass import one_pass
from sellerhealth.rollups.tables import due_columns, rollup_table
from sellerhealth.rollups.tally import Tally
from sellerhealth.rollups.touched import TouchedDays
from sellerhealth.rollups.write import write_rows
from sellerhealth.store.changes import Changes

Days = Collection[dt.date] | None  # some days; None for all


class State(NamedTuple):
    """How far the rollups of a set of measures are kept for an account."""

    version: int
    computed_at: dt.datetime
    valid_until: dt.datetime | None


class Upkeep:
    """The upkeep of one account's rollups in a transaction that may change its facts."""

    def __init__(self, measures: MeasureSet, connection: sa.Connection, account_id: int, clock: dt.datetime) -> None:
        """`clock`: the present as metrics see it. It never goes back behind that of another computation, since sets share columns."""
        self._measures, self._connection, self._account_id = measures, connection, account_id
        self._state = read_state(connection, account_id, measures.set_id)
        version = _version(connection, account_id)
        self.is_current = self._state is not None and self._state.version == version
        self._is_new, self._written = version == 0, set[sa.Table]()
        self._clock = max([clock, *_clocks(connection, account_id, version)])
        self._touched = TouchedDays(measures, connection, account_id)

    def add(self, changes: Mapping[sa.Table, Changes]) -> None:
        """Adds facts that were stored, each as it is and as it was before."""
        if self.is_current:  # else all days are counted again
            self._touched.add(changes)
        self._written |= changes.keys()

    def finish(self) -> None:
        """Brings the rollups up to date with the facts, at the account's version as it is by now."""
        version = _version(self._connection, self._account_id)
        if not self.is_current:
            for grain, measures, tallies in self._counted():
                if not self._is_new or grain.table in self._written:  # else it has no row yet: nothing was imported before
                    self._count(grain, measures, None, dict.fromkeys(tallies))
        elif self._touched or self._has_expired:
            fallen = fallen_due(self._connection, self._measures.tallies, self._account_id, self._clock)
            for grain, measures, tallies in self._counted():
                of_unproven = self._touched.of_unproven(grain)
                days = self._touched.of(grain) | self._fallen_due(grain, measures)
                self._count(grain, measures, days, {tally: of_unproven | fallen.get(tally.key, set()) for tally in tallies})
        elif self._state is not None and self._state.version == version:
            return
        self._store(State(version, self._clock, self._valid_until()))

    def _counted(self) -> Iterable[tuple[Grain, Mapping[str, Measure], Sequence[Tally]]]:
        """What is counted of the rows of each grain: its measures, and the tallies that may have rows."""
        tallies = with_unknown_cells(self._connection, self._measures.tallies, self._account_id)
        for grain, measures in self._measures.grains.items():
            yield grain, measures, [tally for tally in tallies if tally.grain == grain]

    @property
    def _has_expired(self) -> bool:
        return self._state is not None and self._state.valid_until is not None and self._state.valid_until < self._clock

    def _fallen_due(self, grain: Grain, measures: Mapping[str, Measure]) -> set[dt.date]:
        """The days on which a number holds no longer."""
        if not (dues := due_columns(measures)):
            return set()
        table = rollup_table(grain.name, (), dues)
        fallen = sa.or_(*(table.c[due] < self._clock for due in dues))
        return set(self._connection.scalars(sa.select(table.c.day).distinct().where(table.c.account_id == self._account_id, fallen)))

    def _valid_until(self) -> dt.datetime | None:
        first_of_tallies = first_due(self._connection, self._measures.tallies, self._account_id)
        firsts = [] if first_of_tallies is None else [first_of_tallies]
        for grain, measures in self._measures.grains.items():
            if dues := due_columns(measures):
                row = self._connection.execute(_first_due(grain, dues), {"of_account": self._account_id}).one()
                firsts += [each for each in row if each is not None]
        return min(firsts, default=None)

    def _count(self, grain: Grain, measures: Mapping[str, Measure], days: Days, of_tallies: Mapping[Tally, Days]) -> None:
        """Counts days of the measures and the tallies of a grain again, and carries the change over to the running sums of later days."""
        all_days = [days, *of_tallies.values()]
        together = None if None in all_days else set[dt.date]().union(*(each for each in all_days if each is not None))
        if together is not None and not together:
            return
        if together is not None and are_most(self._connection, grain.table.c[grain.on], self._account_id, together):
            days, together, of_tallies = None, None, dict.fromkeys(of_tallies)
        with one_pass(self._connection, grain, measures, [*of_tallies], self._account_id, self._clock, together) as fast:
            if days is None or days:
                of_grain = None if fast is None else fast.buckets
                buckets = count_buckets(self._connection, grain, measures, self._account_id, self._clock, days, of_grain)
                write_rows(self._connection, self._account_id, grain, measures, buckets, days)
            for tally, of_tally in of_tallies.items():
                if of_tally is None or of_tally:
                    statements = None if fast is None else fast.tallies[tally]
                    keep_tally(self._connection, tally, self._account_id, self._clock, of_tally, statements)

    def _store(self, state: State) -> None:
        same = (RollupState.account_id == self._account_id, RollupState.set_id == self._measures.set_id)
        self._connection.execute(sa.delete(RollupState).where(*same))
        new = {"account_id": self._account_id, "set_id": self._measures.set_id, **state._asdict()}
        self._connection.execute(sa.insert(RollupState), new)
        # Columns that other sets share are now as of this clock: before it the facts answer for those sets, too.
        others = (RollupState.account_id == self._account_id, RollupState.set_id != self._measures.set_id)
        older = sa.update(RollupState).where(*others, RollupState.version == state.version, RollupState.computed_at < state.computed_at)
        self._connection.execute(older.values(computed_at=state.computed_at))


@cache  # to build it takes longer than to run it
def _first_due(grain: Grain, dues: tuple[str, ...]) -> sa.Executable:
    table = rollup_table(grain.name, (), dues)
    first = [sa.func.min(table.c[due], type_=table.c[due].type) for due in dues]
    return sa.select(*first).where(table.c.account_id == sa.bindparam("of_account"))


def read_state(connection: sa.Connection, account_id: int, set_id: str) -> State | None:
    """The state of a set for an account; None if it was never computed."""
    columns = sa.select(RollupState.version, RollupState.computed_at, RollupState.valid_until)
    row = connection.execute(columns.where(RollupState.account_id == account_id, RollupState.set_id == set_id)).first()
    return None if row is None else State(*row)


def _clocks(connection: sa.Connection, account_id: int, version: int) -> Iterable[dt.datetime]:
    """The clocks of all sets that agree with a version of an account."""
    same = (RollupState.account_id == account_id, RollupState.version == version)
    return connection.scalars(sa.select(RollupState.computed_at).where(*same))


def _version(connection: sa.Connection, account_id: int) -> int:
    return connection.execute(sa.select(Account.version).where(Account.account_id == account_id)).scalar_one()
