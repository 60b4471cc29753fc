"""Which accounts have current rollups: such as agree with the facts, and with the clock where that matters."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import UTCDateTime

from sellerhealth.model.records import Account, RollupState

_SETS: sa.BindParameter[Any] = sa.bindparam("rollup_sets", expanding=True)
_CLOCK = sa.bindparam("rollup_clock", type_=UTCDateTime())


def is_current(*, at_clock: bool) -> sa.ColumnElement[bool]:
    """The condition that an account has rollups of one of some sets that agree with its facts; `at_clock`: and with the clock."""
    return looked_up(sa.exists(sa.literal_column("1")).where(current(at_clock=at_clock)).correlate(Account))


def looked_up(exists: sa.Exists) -> sa.ColumnElement[bool]:
    """The condition of an EXISTS, looked up for each row.

    In a CASE, because PostgreSQL makes a bare one a join: of 30,000 accounts without statistics that took 12 s, and now takes 0.08.
    """
    return sa.case((exists, sa.literal_column("1")), else_=sa.literal_column("0")) == sa.literal_column("1")


def current(*, at_clock: bool) -> sa.ColumnElement[bool]:
    """The same condition of the state of an account's rollups."""
    conditions = [RollupState.account_id == Account.account_id, RollupState.set_id.in_(_SETS), RollupState.version == Account.version]
    if at_clock:
        conditions += [RollupState.computed_at <= _CLOCK, sa.or_(RollupState.valid_until.is_(None), RollupState.valid_until >= _CLOCK)]
    return sa.and_(*conditions)


class CurrentRollups(NamedTuple):
    """Rollups of one of some sets that agree with the facts, and with a clock; None if it does not matter."""

    set_ids: tuple[str, ...]
    clock: dt.datetime | None

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of the parameters in `is_current`."""
        return {_SETS.key: list(self.set_ids), **({} if self.clock is None else {_CLOCK.key: self.clock})}
