"""Keeps the rollups of all accounts while a server runs: builds what is behind, and counts again what has fallen due."""

import contextlib
import datetime as dt
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Protocol

import sqlalchemy as sa
import structlog
from sqlmodel import UTCDateTime

from sellerhealth.errors import StoreBusy, StoreFault, without_text
from sellerhealth.model.records import Account, RollupSet, RollupState
from sellerhealth.rollups.current import CurrentRollups, is_current, looked_up
from sellerhealth.rollups.measure_set import MeasureSet
from sellerhealth.rollups.put_off import PutOff
from sellerhealth.rollups.tables import prepare, try_to_prepare
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.store import leases
from sellerhealth.store.database import Database
from sellerhealth.store.writing import lock_account

log = structlog.get_logger(__name__)

_PAUSE = 60.0  # seconds between two runs, unless something falls due earlier
_LEAST = 1.0  # where others write at the time of a run, which most do for some milliseconds; doubled as long as they do
_PATIENCE = 2.0  # seconds: a large account may take longer, and is then left to the end of the process


class Derived(Protocol):
    """What is kept of accounts whose rollups are current."""

    def state(self, clock: dt.datetime) -> object:
        """A value that stays equal as long as no account can have fallen behind. It is compared every minute: to look at all accounts takes longer."""
        ...

    def behind(self, set_id: str, clock: dt.datetime, after: int | None) -> Sequence[int]:
        """Some accounts that have fallen behind, by id, after one of them. `set_id`: that of the rollups."""
        ...

    def write_of(
        self, account_ids: Sequence[int], sets: Mapping[str, frozenset[str]], clock: dt.datetime
    ) -> Callable[[sa.Connection], None]:
        """Returns what writes it for accounts. `sets`: those of the store."""
        ...


class RollupKeeper:
    """A thread that runs every minute, or when something falls due. Of several servers of one store one at a time does it."""

    def __init__(self, database: Database, measures: MeasureSet, clock: Callable[[], dt.datetime], derived: Derived | None = None) -> None:
        """`clock`: the present as metrics see it. `derived`: what is kept beside the rollups."""
        self._derived, self._derived_state = derived, object()  # as it was when nothing was left to do
        self._put_off = PutOff()
        self.sets: Mapping[str, frozenset[str]] = {}  # those of the store, with their members, as of the last run
        self._database, self._measures, self._clock = database, measures, clock
        self._holder = uuid.uuid4().hex
        self._reasons, self._reported = set[str](), frozenset[str]()  # why something is not kept: in this run, and in the one before
        self._others_wrote, self._short_pause = False, _LEAST  # whether they did in this run, and the pause after one in which they do
        self._stopped = threading.Event()
        # A daemon: a process that ends does not wait for it. The transaction in progress is rolled back, which loses nothing.
        self._thread = threading.Thread(target=self._keep, name="rollups", daemon=True)

    def start(self) -> None:
        """Starts the thread. The store has the own set before the first request, whose cost depends on it, unless others write at the moment."""
        with contextlib.suppress(StoreFault):  # the first run says why
            try_to_prepare(self._database, self._measures)
            self.sets = self._registered()
        self._thread.start()

    def stop(self) -> None:
        """Stops the thread after the account that it is at."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _keep(self) -> None:
        while not self._stopped.is_set():
            try:
                pause = self.run()
            except Exception as reason:  # noqa: BLE001 - read-only, or full: the facts answer meanwhile, and it is tried again
                self._report(reason)
                pause = _PAUSE
            self._end_run()
            self._stopped.wait(pause)

    def run(self) -> float:
        """Brings the rollups of all accounts up to date, one in each transaction. Returns after how many seconds to run again.

        What others keep it from writing is left for the next run, which is soon: each request computes it anew meanwhile.
        """
        self._others_wrote = False
        pause = self._bring_up_to_date()
        if not self._others_wrote:
            self._short_pause = _LEAST
            return pause
        pause, self._short_pause = min(pause, self._short_pause), min(2 * self._short_pause, _PAUSE)
        return pause

    def _bring_up_to_date(self) -> float:
        prepare(self._database, self._measures)
        self.sets = self._registered()
        while not self._stopped.is_set() and (behind := self._behind()):
            if not self._has_lease():
                return _PAUSE
            failed = [account_id for account_id in behind if not self._stopped.is_set() and not self._refresh(account_id)]
            if failed:
                return _PAUSE
        return self._seconds_until_due() if self._derived is None or self._keep_derived(self._derived) else _PAUSE

    def _keep_derived(self, derived: Derived) -> bool:
        """Keeps what is derived from rollups, some accounts in each transaction. Returns whether nothing is left to do."""
        clock = self._clock()
        state = derived.state(clock)
        if state == self._derived_state:
            return True
        self._put_off.begin_run()
        last: int | None = None
        is_whole = True
        while behind := derived.behind(self._measures.set_id, clock, last):
            if self._stopped.is_set() or not self._has_lease():
                return False
            last = behind[-1]
            if not (due := self._put_off.due(behind)):
                is_whole = False
                continue
            is_whole &= len(due) == len(behind)
            try:
                write = derived.write_of(due, self.sets, clock)
            except Exception as reason:  # noqa: BLE001 - a part that cannot be computed keeps no other from being kept
                self._report(reason)
                self._put_off.fail(due)
                is_whole = False
            else:
                if not self._try(write):
                    return False
                self._put_off.succeed(due)
        if last is None:  # else something may have changed meanwhile: the next run looks again
            self._derived_state = state
        return is_whole

    def _registered(self) -> Mapping[str, frozenset[str]]:
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(RollupSet.set_id, RollupSet.measures)).all()
        return {set_id: frozenset(measures) for set_id, measures in rows}

    def _behind(self) -> list[int]:
        rollups = CurrentRollups((self._measures.set_id,), self._clock())
        with self._database.reading() as connection:
            return list(connection.scalars(_behind(), {**rollups.parameters, "own_set": self._measures.set_id, "own_clock": rollups.clock}))

    def _has_lease(self) -> bool:
        taken = False

        def take(connection: sa.Connection) -> None:
            nonlocal taken
            taken = leases.take(connection, "rollups", self._holder)

        return self._try(take) and taken

    def _refresh(self, account_id: int) -> bool:
        def refresh(connection: sa.Connection) -> None:
            if lock_account(connection, account_id):
                Upkeep(self._measures, connection, account_id, self._clock()).finish()

        return self._try(refresh)

    def _try(self, write: Callable[[sa.Connection], None]) -> bool:
        """Writes, unless others do at the moment. What else keeps it from writing is logged, and does not stop it for other accounts."""
        try:
            reason = self._database.try_writing(write)
        except Exception as failed:  # noqa: BLE001 - a measure of a plugin may raise anything
            reason = failed
        if isinstance(reason, StoreBusy):
            self._others_wrote = True
        elif reason is not None:
            self._report(reason)
        return reason is None

    def _report(self, reason: Exception) -> None:
        """Logs why something is not kept, unless the run before has: a store that can only be read stays so."""
        text = f"{type(reason).__name__}: {reason}"
        if text not in self._reasons | self._reported:
            if isinstance(reason, StoreFault | sa.exc.DBAPIError):
                log.warning("rollups_not_kept", code=getattr(reason, "code", None), reason=str(reason))
            else:
                log.error("rollups_not_kept", exc_info=without_text(reason))
        self._reasons.add(text)

    def _end_run(self) -> None:
        if self._reported and not self._reasons:
            log.info("rollups_kept_again")
        self._reported, self._reasons = frozenset(self._reasons), set()

    def _seconds_until_due(self) -> float:
        with self._database.reading() as connection:
            due = connection.scalar(_first_due(), {"own_set": self._measures.set_id})
        return _PAUSE if due is None else min(_PAUSE, max(_LEAST, (due - self._clock()).total_seconds()))


# ---------------------------------------------------------------- statements, each built once: a server sends them every minute


@cache
def _behind() -> "sa.Select[int]":
    """The accounts that are behind."""
    ahead = sa.exists().where(
        RollupState.account_id == Account.account_id,
        RollupState.set_id == sa.bindparam("own_set"),
        RollupState.version == Account.version,
        RollupState.computed_at > sa.bindparam("own_clock", type_=UTCDateTime()),  # a clock that is behind answers from the facts
    )
    is_behind = sa.not_(is_current(at_clock=True)), sa.not_(looked_up(ahead))
    return sa.select(Account.account_id).where(*is_behind).order_by(Account.account_id)


@cache
def _first_due() -> "sa.Select[dt.datetime | None]":
    """When the first rollup of a set falls due."""
    return sa.select(sa.func.min(RollupState.valid_until, type_=UTCDateTime())).where(RollupState.set_id == sa.bindparam("own_set"))
