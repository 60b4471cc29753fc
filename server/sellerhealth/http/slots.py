"""Decides which operations run at once: few enough that they are answered in time, and never so many of one viewer that others find no slot.

A viewer may take a slot while it has fewer than are free (the dynamic threshold of Choudhury and Hahne). Alone it gets half of them, and who
comes next finds one. An operation that would wait for long is refused soon: if it began late, it would be ended before its answer is there.
"""

import asyncio
from collections import Counter

from sellerhealth.graphql.operation_checks import Throttled
from sellerhealth.http.request import Refused

PATIENCE = 1.5  # seconds that an operation waits for a slot
RETRY_AFTER = 3  # seconds: the slots are taken by others who have waited
MAX_WAITING = 100  # operations of a viewer that wait: each keeps its request in memory


class Overloaded(Refused):
    """All slots are taken by others."""

    code = "OVERLOADED"

    def __init__(self) -> None:
        message = f"The server is busy with the operations of others. Try again in {RETRY_AFTER} seconds."
        super().__init__(503, message, **{"retry-after": str(RETRY_AFTER)})


class Slots:
    """Slots for operations. Used on the event loop alone."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._taken: Counter[str] = Counter()
        self._waiting: dict[asyncio.Future[None], str] = {}  # in the order in which they came

    async def acquire(self, viewer_id: str, seconds: float, gone: "asyncio.Future[None]") -> bool:
        """Waits for a slot, for so many seconds at most; who gets one releases it later. False when the client has gone.

        Raises Throttled for a viewer that has slots and would need another, else Overloaded.
        """
        if sum(each == viewer_id for each in self._waiting.values()) >= MAX_WAITING:
            raise Throttled(RETRY_AFTER)
        slot = asyncio.get_running_loop().create_future()
        self._waiting[slot] = viewer_id
        self._assign()
        if slot.done():  # which most are
            return True
        has_slot = False
        try:
            await asyncio.wait((slot, gone), timeout=min(seconds, PATIENCE), return_when=asyncio.FIRST_COMPLETED)
            has_slot = slot.done() and not gone.done()
        finally:
            if not has_slot and self._waiting.pop(slot, None) is None:  # it was assigned meanwhile
                self.release(viewer_id)
        if not has_slot and not gone.done():
            raise Throttled(RETRY_AFTER) if self._taken[viewer_id] else Overloaded
        return has_slot

    def release(self, viewer_id: str) -> None:
        """Gives back a slot of a viewer."""
        self._free += 1
        self._taken[viewer_id] -= 1
        if not self._taken[viewer_id]:
            del self._taken[viewer_id]
        self._assign()

    def _assign(self) -> None:
        """Assigns free slots to those who wait: first to the viewers that have fewest."""
        while slots := [slot for slot, viewer_id in self._waiting.items() if self._taken[viewer_id] < self._free]:
            slot = min(slots, key=lambda each: self._taken[self._waiting[each]])
            self._taken[self._waiting.pop(slot)] += 1
            self._free -= 1
            slot.set_result(None)
