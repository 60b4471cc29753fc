"""Runs operations on threads of their own, so that the event loop of the server never waits for one; and ends those that nobody waits for.

Small ones run at once in the event loop, unless larger ones run on threads: a thread, its hand-over and a watch for the client are a third of
the CPU of a dashboard.
"""

import asyncio
import contextlib
import contextvars
import math
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect

from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.http.slots import Slots

T = TypeVar("T")

# Seconds that an operation may take in the event loop. A small one takes a millisecond, and longer where the processor is busy.
AT_ONCE = 0.025
# After one that took longer, all run on threads for so many times as long: such operations take a tenth of the event loop's time at most.
PAUSE = 10


class OperationExited(Exception):
    """An operation tried to end its thread or the process, for example by `sys.exit` in a plugin."""


class Operations:
    """The operations of a server, with a thread for each slot. Close it when done. Used on the event loop alone."""

    def __init__(self, threads: int, *, may_wait: bool) -> None:
        """`may_wait`: every operation waits for a database server, so none runs in the event loop."""
        self._slots, self._may_wait, self._paused_until = Slots(threads), may_wait, -math.inf
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="operation")
        self._running: dict[Deadline, bool] = {}  # whether each is small

    @property
    def runs_small(self) -> bool:
        """Whether a small operation may run in the event loop now: larger ones on threads would interrupt it."""
        return not self._may_wait and all(self._running.values()) and time.monotonic() >= self._paused_until

    def run_small(self, operation: Callable[[Deadline], T]) -> T | None:
        """The result of a small operation that only reads, which runs now, where `runs_small`. None if it is to run on a thread, from its beginning.

        It has a deadline of its own, because a disk may be slow, and so may be the facts of an account whose rollups are behind; another program
        may have locked the file, and code of a plugin may wait for anything.
        """
        started, deadline = time.monotonic(), Deadline(AT_ONCE, waits=False)
        try:
            return _run(partial(operation, deadline), deadline)
        except DeadlinePassed:
            return None
        finally:
            if (taken := (ended := time.monotonic()) - started) > AT_ONCE:
                self._paused_until = ended + PAUSE * taken

    async def run(
        self,
        viewer_id: str,
        operation: Callable[[], T],
        deadline: Deadline,
        client_gone: Coroutine[Any, Any, None],
        *,
        is_small: bool = False,
    ) -> T:
        """The result of an operation of a viewer. Raises Throttled or Overloaded when there is no slot for it.

        Raises DeadlinePassed or ClientDisconnect, and then the operation soon ends by itself. `client_gone` returns when the client has
        closed the connection.
        """
        gone = asyncio.ensure_future(client_gone)
        try:
            if not await self._slots.acquire(viewer_id, deadline.remaining, gone):
                raise ClientDisconnect
            return await self._result(viewer_id, operation, deadline, gone, is_small=is_small)
        finally:
            gone.cancel()

    async def _result(
        self, viewer_id: str, operation: Callable[[], T], deadline: Deadline, gone: "asyncio.Future[None]", *, is_small: bool
    ) -> T:
        loop = asyncio.get_running_loop()
        awaited: asyncio.Future[T] = loop.create_future()

        def end(reason: type[Exception], *_: Any) -> None:
            if not awaited.done():
                deadline.cancel()
                awaited.set_exception(reason)

        def deliver(ended: "Future[T]") -> None:
            self._slots.release(viewer_id)  # once the thread is free: an operation that nobody awaits ends a little later
            del self._running[deadline]
            if awaited.done():  # by `end`, or the request was cancelled
                return
            if (error := ended.exception()) is None:
                awaited.set_result(ended.result())
            else:
                awaited.set_exception(error)

        def leave(ended: "Future[T]") -> None:
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(deliver, ended)

        self._running[deadline] = is_small
        self._pool.submit(contextvars.copy_context().run, _run, operation, deadline).add_done_callback(leave)
        late = loop.call_later(deadline.remaining, end, DeadlinePassed)
        gone.add_done_callback(partial(end, ClientDisconnect))
        try:
            return await awaited
        finally:
            late.cancel()
            if not awaited.done() or awaited.cancelled():
                deadline.cancel()

    def close(self) -> None:
        """Ends the operations that still run, and the threads."""
        for deadline in self._running:
            deadline.cancel()
        self._pool.shutdown()


def _run(operation: Callable[[], T], deadline: Deadline) -> T:
    try:
        return operation()
    except (asyncio.CancelledError, SystemExit, KeyboardInterrupt, StopIteration) as error:
        deadline.check()  # for which graphql/executor/execution.py raises the first one
        raise OperationExited(f"an operation raised {type(error).__name__}") from error  # in the event loop it would end more, or be lost
