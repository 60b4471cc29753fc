"""How long it holds what was read of many accounts: until one of them changes, something falls due, or the day is over."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlmodel import UTCDateTime

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter, filtered_accounts
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.sources import compares_with_clock, sets_for
from sellerhealth.model.records import Account, RollupState
from sellerhealth.rollups.current import CurrentRollups, current

State: TypeAlias = tuple[Any, ...]

# Any change of an account raises its version, and a new or an erased one changes the number. Of two changes that leave all sums as they
# were, such as an account that is erased and imported anew, the newest instant differs. 10⁵ accounts take 12 ms, 2,000 a quarter of one: a
# counter that all writers raise would be read faster, but on a server they would wait for each other's commit.
_STATE = (
    sa.func.count(),
    sa.func.sum(Account.version),
    sa.func.sum(Account.account_id % 1_000_003 * (Account.version + 1)),
    sa.func.max(Account.updated_at, type_=UTCDateTime()),
)


def state_of_accounts(session: ReadSession) -> State:
    """What differs after any change of an account that the viewer may see."""
    return tuple(session.execute(session.visible_accounts(*_STATE)).one())


class Holding(NamedTuple):
    """What was read holds for this state of the accounts, at clocks from `since` to `until` of one day. None: no instant ends it."""

    state: State
    since: dt.datetime
    until: dt.datetime | None

    def holds(self, session: ReadSession) -> bool:
        """Whether it holds for a reader."""
        is_in_time = self.since <= session.clock and (self.until is None or session.clock <= self.until)
        return is_in_time and self.since.date() == session.today and self.state == state_of_accounts(session)


def holding(session: ReadSession, queries: Iterable[MetricQuery], accounts: AccountFilter) -> Holding:
    """How long the results of queries for filtered accounts hold.

    Facts do not say when something falls due: what they answer at a clock holds for that clock alone.
    """
    timed = list(filter(compares_with_clock, queries))
    by_sets = defaultdict[tuple[str, ...], list[MetricQuery]](list)
    for query in timed:
        by_sets[sets_for(query, session.rollups)].append(query)
    if () in by_sets:
        return Holding(state_of_accounts(session), session.clock, session.clock)
    dues = [_first_due(session, set_ids, accounts) for set_ids in by_sets]
    return Holding(state_of_accounts(session), session.clock, min((due for due in dues if due is not None), default=None))


def _first_due(session: ReadSession, set_ids: tuple[str, ...], accounts: AccountFilter) -> dt.datetime | None:
    """When the first of the rollups of filtered accounts falls due: now if any account has none."""
    rollups = CurrentRollups(set_ids, session.clock)
    behind = replace(accounts, not_rolled_up=rollups)
    without = filtered_accounts(behind.conditions, sees_all=session.viewer.sees_all).exists()
    if session.execute(sa.select(without), behind.parameters).scalar_one():
        return session.clock
    first = sa.func.min(RollupState.valid_until, type_=UTCDateTime())
    states = filtered_accounts(accounts.conditions, first, sees_all=session.viewer.sees_all).join(RollupState, current(at_clock=True))
    due: dt.datetime | None = session.execute(states, {**accounts.parameters, **rollups.parameters}).scalar_one()
    return due
