"""How long it holds what was read of many accounts: until one of them changes, something falls due, or the day is over."""

import datetime as dt
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlmodel import UTCDateTime

from sellerhealth.access import ReadSession, visible_accounts
from sellerhealth.model.records import Account

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
    (state,) = session.rows(_state_of_accounts(session.viewer.sees_all))
    return state


@cache
def _state_of_accounts(sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    return visible_accounts(*_STATE, sees_all=sees_all)


class Holding(NamedTuple):
    """What was read holds for this state of the accounts, at clocks from `since` to `until` of one day.

    `state`: None if nothing of the accounts was read. `until`: None if no instant ends it.
    """

    state: State | None
    since: dt.datetime
    until: dt.datetime | None

    @classmethod
    def of(cls, session: ReadSession) -> "Holding":
        """How long it holds what a session has read so far."""
        return cls(state_of_accounts(session), session.instant, session.validity.until)

    def includes(self, instant: dt.datetime) -> bool:
        """Whether it holds at an instant, if no account has changed."""
        return self.since <= instant and (self.until is None or instant <= self.until) and self.since.date() == instant.date()

    def holds(self, session: ReadSession) -> bool:
        """Whether it holds for a reader, whose own results then hold no longer."""
        if not self.includes(session.instant) or self.state != state_of_accounts(session):
            return False
        session.validity.end(self.until)
        return True
