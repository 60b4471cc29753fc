"""Runs operations on threads of their own, so that the event loop of the server never waits for one; and ends those that nobody waits for."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect

from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.http.operation_loop import OperationLoop
from sellerhealth.http.slots import Slots

T = TypeVar("T")


class OperationThreads:
    """A pool of threads, one for each slot. Each operation has an event loop of its own. Close it when done."""

    def __init__(self, of_a_viewer: int) -> None:
        self._slots = Slots(of_a_viewer)
        self._pool = ThreadPoolExecutor(self._slots.number, thread_name_prefix="operation")
        self._running: set[Deadline] = set()

    async def run(
        self, viewer_id: str, operation: Callable[[], Coroutine[Any, Any, T]], deadline: Deadline, client_gone: Coroutine[Any, Any, None]
    ) -> T:
        """The result of an operation of a viewer. Raises Throttled or Overloaded when there is no slot for it.

        Raises DeadlinePassed or ClientDisconnect, and then the operation soon ends by itself. `client_gone` returns when the client has
        closed the connection.
        """
        gone = asyncio.ensure_future(client_gone)
        try:
            if not await self._slots.acquire(viewer_id, deadline.remaining, gone):
                raise ClientDisconnect
            return await self._result(self._begin(viewer_id, operation, deadline), deadline, gone)
        finally:
            gone.cancel()

    def _begin(self, viewer_id: str, operation: Callable[[], Coroutine[Any, Any, T]], deadline: Deadline) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        running = self._pool.submit(contextvars.copy_context().run, _run, operation, deadline)

        def leave(_: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(self._slots.release, viewer_id)

        running.add_done_callback(leave)  # the slot is free when the thread is: an operation that nobody waits for ends a little later
        return asyncio.wrap_future(running)

    async def _result(self, running: "asyncio.Future[T]", deadline: Deadline, gone: "asyncio.Future[None]") -> T:
        self._running.add(deadline)
        try:
            await asyncio.wait((running, gone), timeout=deadline.remaining, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                return running.result()
            if gone.done():
                raise ClientDisconnect
            raise DeadlinePassed
        finally:
            if not running.done():
                deadline.cancel()
                running.add_done_callback(_retrieve)
            self._running.discard(deadline)

    def close(self) -> None:
        """Ends the operations that still run, and the threads."""
        for deadline in self._running:
            deadline.cancel()
        self._pool.shutdown()


def _run(operation: Callable[[], Coroutine[Any, Any, T]], deadline: Deadline) -> T:
    try:
        return OperationLoop().run_until_complete(operation())
    except asyncio.CancelledError:  # raised by graphql/executor/execution.py
        deadline.check()
        raise


def _retrieve(done: "asyncio.Future[Any]") -> None:
    """Takes the exception of an operation that nobody waits for, which asyncio would log."""
    if not done.cancelled():
        done.exception()
