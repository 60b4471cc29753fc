"""Remembers answers: whoever requests the same again gets the same bytes, as long as nothing that they depend on has changed.

An answer belongs to one viewer, with the same permissions and grants, and to one request, byte for byte. It is used while no account that
the viewer sees has another version, nothing falls due and the day is the same. The accounts are looked at for each use, so it is never
older than one that is computed. Plugins and settings are those of the process, as the cache is.
"""

import datetime as dt
import hashlib
import sys
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession, Viewer
from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.engine.holding import Holding, State, state_of_accounts
from sellerhealth.errors import StoreFault
from sellerhealth.model.shard_routing import is_on_cluster
from sellerhealth.store.database import Database

MAX_VIEWERS = 1_000  # whose state is remembered
LARGEST = 4  # an answer takes at most this part of the memory for all
ENTRY = 1_000  # bytes that an answer takes besides what is counted


class Answer:
    """The body of a response that has all that was requested, without an error. `cost`: of its operation, whose name is `operation`."""

    def __init__(self, content: bytes, operation: str | None, cost: int) -> None:
        self.content, self.operation, self.cost = content, operation, cost

    @cached_property
    def digest(self) -> str:
        """What differs for another content."""
        return hashlib.blake2b(self.content, digest_size=16).hexdigest()


class Question(NamedTuple):
    """What an answer belongs to: the viewer as it is now, and the request as it was sent."""

    viewer: Viewer
    method: str
    sent: bytes

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        granted = self.viewer.granted or ()
        return len(self.sent) + sys.getsizeof(granted) + 32 * len(granted)


class _Remembered(NamedTuple):
    answer: Answer
    holding: Holding
    bytes: int


class ResponseCache:
    """The answers of one process. Those that were used longest ago are dropped first. Used on the event loop alone."""

    def __init__(self, database: Database, clock: Callable[[], dt.datetime], most_bytes: int) -> None:
        """`most_bytes`: what all answers may take; with 0 there are none.

        There are none either if answers come from a replica: what its URL names may be several servers, each as of another moment. Nor on a
        cluster: every request, also of one account, would ask all of its workers for the state of their accounts.
        """
        self._database, self._clock = database, clock
        self._most = 0 if database.replica is not None else most_bytes
        self._remembered = OrderedDict[Question, _Remembered]()
        self._states = OrderedDict[Viewer, tuple[object, State]]()
        self.bytes = 0

    async def find(self, question: Question, deadline: Deadline) -> Answer | None:
        """The answer to a question, if one is remembered that holds now."""
        found = self._remembered.get(question)
        if found is None:
            return None
        if not found.holding.includes(self._clock()) or found.holding.state != await self.state(question.viewer, deadline):
            self._forget(question)
            return None
        if question in self._remembered:  # not dropped meanwhile
            self._remembered.move_to_end(question)
        return found.answer

    async def state(self, viewer: Viewer, deadline: Deadline) -> State | None:
        """The state of the accounts that a viewer sees. While nobody writes to the database it is known, and else read.

        None if nothing is remembered, or the database fails: some operations do not need it, and others say why.
        """
        if not self._most:
            return None
        mark = self._database.mark()
        known, state = self._states.get(viewer, (None, ()))
        if mark is None or mark != known:
            try:
                found = await self._database.query(lambda connection: self._read_state(connection, viewer), deadline)
            except StoreFault:
                return None
            if found is None:
                self._most = 0
                return None
            state = found
            if mark is not None and mark == self._database.mark():  # else it may be a later one
                self._states[viewer] = mark, state
                self._states.move_to_end(viewer)
                if len(self._states) > MAX_VIEWERS:
                    self._states.popitem(last=False)
        return state

    async def remember(self, question: Question, answer: Answer, holding: Holding, deadline: Deadline) -> None:
        """Remembers the answer to a question, if its state is still that of before it was computed: all of it was read in this state."""
        size = ENTRY + sys.getsizeof(answer.content) + question.bytes
        if size > self._most // LARGEST or not holding.includes(self._clock()):
            return
        try:
            if holding.state != await self.state(question.viewer, deadline):
                return
        except DeadlinePassed:
            return  # the answer is there, and can be sent
        self._forget(question)
        self._remembered[question] = _Remembered(answer, holding, size)
        self.bytes += size
        while self.bytes > self._most:
            self.bytes -= self._remembered.popitem(last=False)[1].bytes

    def _forget(self, question: Question) -> None:
        if (old := self._remembered.pop(question, None)) is not None:
            self.bytes -= old.bytes

    def _read_state(self, connection: sa.Connection, viewer: Viewer) -> State | None:
        return None if is_on_cluster(connection) else state_of_accounts(ReadSession(connection, viewer, self._clock()))
