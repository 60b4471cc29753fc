"""Says which sets of measures a store keeps in rollups, for how many accounts they are current, and which columns nobody needs any more."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.model.records import Account, RollupSet, RollupState, UnprovenTally
from sellerhealth.rollups.current import CurrentRollups, is_current
from sellerhealth.store.rollup_tables import rollup_columns

_TALLIES = f"{UnprovenTally.__tablename__}."  # how members of a set begin that are tallies, not measures
KEPT = dt.timedelta(days=30)  # since a process last had the measures; a process registers them every day


class SetOverview(NamedTuple):
    """A set of measures: when a process last had it, and how many accounts have current rollups of it. `next_due`: when the first falls due."""

    set_id: str
    measures: int
    registered_at: dt.datetime
    accounts: int
    current: int
    next_due: dt.datetime | None


class TableOverview(NamedTuple):
    """A rollup table: its columns, and those of them that belong to no set that is in use."""

    table: str
    columns: Sequence[str]
    unused: Sequence[str]


def set_overviews(connection: sa.Connection, own: str, clock: dt.datetime, account_id: int | None = None) -> Sequence[SetOverview]:
    """The sets of a store, that of this process first, then the newest. Of all accounts, or of one."""
    sets = connection.execute(sa.select(RollupSet.set_id, RollupSet.measures, RollupSet.registered_at)).all()
    of_account = [] if account_id is None else [Account.account_id == account_id]
    accounts = connection.scalar(sa.select(sa.func.count()).select_from(Account).where(*of_account)) or 0
    current = sa.select(sa.func.count()).select_from(Account).where(is_current(at_clock=True), *of_account)
    due = sa.select(sa.func.min(RollupState.valid_until, type_=RollupState.__table__.c.valid_until.type))
    of_state = [] if account_id is None else [RollupState.account_id == account_id]
    return [
        SetOverview(
            set_id,
            sum(not member.startswith(_TALLIES) for member in measures),
            registered_at,
            accounts,
            connection.scalar(current, CurrentRollups((set_id,), clock).parameters) or 0,
            connection.scalar(due.where(RollupState.set_id == set_id, *of_state)),
        )
        for set_id, measures, registered_at in sorted(sets, key=lambda each: (each.set_id != own, -each.registered_at.timestamp()))
    ]


def table_overviews(connection: sa.Connection, now: dt.datetime) -> Sequence[TableOverview]:
    """The rollup tables of a store. `now`: the real present, not that of metrics."""
    needed = needed_columns(connection, now)
    return [
        TableOverview(table, columns, [each for each in columns if each not in needed.get(table, ())])
        for table, columns in rollup_columns(connection).items()
    ]


def needed_columns(connection: sa.Connection, now: dt.datetime) -> Mapping[str, set[str]]:
    """The columns of each rollup table that a set in use has. A table with a set in use has an entry."""
    needed: dict[str, set[str]] = {}
    for measures in connection.scalars(sa.select(RollupSet.measures).where(RollupSet.registered_at >= now - KEPT)):
        for member in measures:
            table, number = member.split(".")
            needed.setdefault(table, set()).update({number, number.replace("n_", "until_", 1)})
    return needed
