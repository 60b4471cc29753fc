"""The state of the accounts that viewers see: known while nobody writes to the database, and else read."""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from sellerhealth.access import ReadSession, Viewer
from sellerhealth.deadline import Deadline
from sellerhealth.engine.holding import State, state_of_accounts
from sellerhealth.model.shard_routing import is_on_cluster
from sellerhealth.store.database import Database

MAX_VIEWERS = 1_000  # whose state is remembered


class KnownStates:
    """The states of one process. Threads may share them.

    There are none if answers come from a replica: what its URL names may be several servers, each as of another moment. Nor on a cluster:
    every request, also of one account, would ask all of its workers for the state of their accounts.
    """

    def __init__(self, database: Database, clock: Callable[[], dt.datetime]) -> None:
        self._database, self._clock = database, clock
        self._can_be_known = database.replica is None
        self._known = OrderedDict[Viewer, tuple[object, State]]()
        self._lock = threading.Lock()

    async def of(self, viewer: Viewer, deadline: Deadline) -> State | None:
        """The state of the accounts that a viewer sees. None if it cannot be known. Raises StoreFault and DeadlinePassed.

        It is read by a short statement, so that a remembered answer does not wait for the operations of others.
        """
        if not self._can_be_known:
            return None
        mark, known = self._find(viewer)
        return known or self._keep(viewer, mark, await self._database.on_thread(partial(self._read, viewer, deadline)))

    def read(self, session: ReadSession) -> State | None:
        """The same for the viewer of a session that has read nothing yet, from its snapshot."""
        if not self._can_be_known:
            return None
        mark, known = self._find(session.viewer)
        return known or self._keep(session.viewer, mark, _state(session))

    def _find(self, viewer: Viewer) -> tuple[object | None, State | None]:
        """The mark of the database, and the state if it is known as of then."""
        with self._lock:
            mark = self._database.mark()
            known = self._known.get(viewer)
        return mark, known[1] if known is not None and mark is not None and known[0] == mark else None

    def _keep(self, viewer: Viewer, mark: object | None, state: State | None) -> State | None:
        if state is None:
            self._can_be_known = False
            return None
        with self._lock:
            if mark is not None and mark == self._database.mark():  # else it may be a later one
                self._known[viewer] = mark, state
                self._known.move_to_end(viewer)
                if len(self._known) > MAX_VIEWERS:
                    self._known.popitem(last=False)
        return state

    def _read(self, viewer: Viewer, deadline: Deadline) -> State | None:
        with self._database.reading(deadline) as connection:
            return _state(ReadSession(connection, viewer, self._clock()))


def _state(session: ReadSession) -> State | None:
    return None if is_on_cluster(session.connection) else state_of_accounts(session)
