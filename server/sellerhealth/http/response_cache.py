"""Remembers answers: whoever requests the same again gets the same bytes, as long as nothing that they depend on has changed.

An answer belongs to one viewer, with the same permissions and grants, and to one request, byte for byte, in one locale. It is used while no account that
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

from sellerhealth.access import Viewer
from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.engine.holding import Holding, State
from sellerhealth.engine.known_states import KnownStates
from sellerhealth.errors import StoreFault
from sellerhealth.locales import Locale

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
    """What an answer belongs to: the viewer as it is now, the request as it was sent, and the locale that was negotiated for it."""

    viewer: Viewer
    method: str
    sent: bytes
    locale: Locale | None = None

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        granted = self.viewer.granted or ()
        return len(self.sent) + sys.getsizeof(granted) + 32 * len(granted)


class Remembered(NamedTuple):
    """An answer, how long it holds, and how much memory it takes."""

    answer: Answer
    holding: Holding
    bytes: int


class ResponseCache:
    """The answers of one process. Those that were used longest ago are dropped first. Used on the event loop alone."""

    def __init__(self, states: KnownStates | None, clock: Callable[[], dt.datetime], most_bytes: int) -> None:
        """`states`: of the accounts. Where they cannot be known, nothing is remembered. `most_bytes`: what all answers may take."""
        self._states, self._clock, self._most = states, clock, most_bytes
        self._remembered = OrderedDict[Question, Remembered]()
        self.bytes = 0

    def find(self, question: Question) -> Remembered | None:
        """What is remembered for a question, if it holds as long as no account has changed: `is_current` says it."""
        found = self._remembered.get(question)
        if found is not None and not found.holding.includes(self._clock()):
            self._forget(question)
            return None
        if found is not None:
            self._remembered.move_to_end(question)
        return found

    async def is_current(self, question: Question, found: Remembered, deadline: Deadline) -> bool:
        """Whether no account has changed since. What has is forgotten."""
        if await self._state(question.viewer, deadline) != found.holding.state:
            self._forget(question)
            return False
        return True

    async def remember(self, question: Question, answer: Answer, holding: Holding, deadline: Deadline) -> None:
        """Remembers the answer to a question, for the state of before it was computed: if any of it was read in a later one, it is never current."""
        size = ENTRY + sys.getsizeof(answer.content) + question.bytes
        if size > self._most // LARGEST or not holding.includes(self._clock()):
            return
        state = holding.state
        if state is None:  # nothing of the accounts was read, or their state cannot be known
            try:
                state = await self._state(question.viewer, deadline)
            except DeadlinePassed:
                return  # the answer is there, and can be sent
        if state is None:
            return
        self._forget(question)
        self._remembered[question] = Remembered(answer, holding._replace(state=state), size)
        self.bytes += size
        while self.bytes > self._most:
            self.bytes -= self._remembered.popitem(last=False)[1].bytes

    def _forget(self, question: Question) -> None:
        if (old := self._remembered.pop(question, None)) is not None:
            self.bytes -= old.bytes

    async def _state(self, viewer: Viewer, deadline: Deadline) -> State | None:
        """The state of the accounts now. Also None if the database fails: the operation that is then run says why, if it needs it."""
        if self._states is None:
            return None
        try:
            return await self._states.of(viewer, deadline)
        except StoreFault:
            return None
