"""Access control: viewers, the accounts that they may see, and the session through which every reader sends its statements."""

import datetime as dt
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.model.numbers import Numbers, is_one_of
from sellerhealth.model.records import Account
from sellerhealth.model.shard_routing import is_on_cluster, routed
from sellerhealth.model.statement_text import Row, rows_of
from sellerhealth.settings import STALE_AFTER, StaleAfter


class Permission(StrEnum):
    """What a viewer may do. `ADMIN` includes the others; `WRITE` does not include `READ`."""

    ADMIN = "ADMIN"
    READ = "READ"
    WRITE = "WRITE"


@dataclass(frozen=True)
class Viewer:
    """Who sends a request.

    `id` never changes and is no secret: logs and the keys of caches name a viewer by it. `name` is for people, and need not be unique.
    `granted`: the ids of the accounts that the viewer may see, None for all. `expires_at`: from when the viewer is refused.
    """

    id: str
    name: str
    permissions: frozenset[Permission]
    granted: frozenset[int] | None  # no default: nobody sees all accounts by accident
    expires_at: dt.datetime | None = None  # in UTC

    def may(self, permission: Permission) -> bool:
        """Whether the viewer has a permission, or one that includes it."""
        return not self.permissions.isdisjoint({permission, Permission.ADMIN})

    @property
    def sees_all(self) -> bool:
        """Whether every account is granted, also those that are still to come."""
        return self.granted is None

    def sees(self, account_id: int) -> bool:
        """Whether an account is granted."""
        return self.granted is None or account_id in self.granted

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The value of the parameter in `visible_accounts`."""
        return {_SEES_ALL.key: True} if self.granted is None else {_GRANTED.key: self.granted}


OWNER = Viewer("owner", "owner", frozenset(Permission), granted=None)

# All viewers share two statements: one for those who see every account, which leaves the database every index, and one for granted
# accounts. A viewer has the parameter of its own alone, so a statement fails without a viewer, and with one whom it is not for.
_SEES_ALL = sa.bindparam("viewer_sees_all", type_=sa.Boolean())
_GRANTED = sa.bindparam("viewer_accounts", type_=Numbers())
_IS_VISIBLE: Mapping[bool, sa.ColumnElement[bool]] = {True: _SEES_ALL, False: is_one_of(Account.account_id, _GRANTED)}


def visible_accounts(*columns: Any, sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    """SELECT from the accounts that a viewer may see: of these columns, by default the ids. Every reader starts from it."""
    return sa.select(*(columns or (Account.account_id,))).select_from(Account).where(_IS_VISIBLE[sees_all])


class Validity:
    """Until when it holds what was read, if no account changes. Threads may share one."""

    def __init__(self) -> None:
        self.until: dt.datetime | None = None  # at least until the end of the day
        self._lock = threading.Lock()

    def end(self, instant: dt.datetime | None) -> None:
        """It holds until an instant at most. None does not limit it."""
        with self._lock:
            if instant is not None and (self.until is None or instant < self.until):
                self.until = instant


@dataclass(frozen=True)
class ReadSession:
    """A connection, the viewer that reads, and the instant of the request. The first parameter of every reader.

    `stale_after`: how old coverage may be, see docs/spec/rules.md#stale-coverage. `deadline`: when the work must end. `rollups`: the
    sets of measures that may be kept in rollups, each with its members by its id. Without them the facts answer.
    """

    connection: sa.Connection
    viewer: Viewer
    instant: dt.datetime  # in UTC
    stale_after: StaleAfter = STALE_AFTER
    deadline: Deadline = NEVER
    rollups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    validity: Validity = field(default_factory=Validity)

    @property
    def clock(self) -> dt.datetime:
        """The instant, for readers whose result is another one at the next instant: it holds no longer."""
        self.validity.end(self.instant)
        return self.instant

    @property
    def today(self) -> dt.date:
        """The day of the instant in UTC."""
        return self.instant.date()

    def visible_accounts(self, *columns: Any) -> "sa.Select[*tuple[Any, ...]]":
        """SELECT from the accounts that the viewer may see: of these columns, by default the ids."""
        return visible_accounts(*columns, sees_all=self.viewer.sees_all)

    def execute(self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> "sa.CursorResult[*tuple[Any, ...]]":
        """Runs a statement that starts from `visible_accounts`."""
        return self.connection.execute(self._sent(statement), {**self.viewer.parameters, **(parameters or {})})

    def rows(self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """The rows of such a statement that is kept, because many requests send it: it is compiled once."""
        return rows_of(self.connection, self._sent(statement), {**self.viewer.parameters, **(parameters or {})})

    def _sent(self, statement: sa.Executable) -> sa.Executable:
        sent: sa.Executable = routed(statement) if is_on_cluster(self.connection) else statement
        return sent
