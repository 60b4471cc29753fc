"""Runs operations on threads of their own, so that the event loop of the server never waits for one; and ends those that nobody waits for."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect

from sellerhealth.deadline import Deadline, DeadlinePassed

T = TypeVar("T")

THREADS = 16  # operations that run at the same time; further ones wait


class OperationThreads:
    """A pool of threads. Each operation has an event loop of its own. Close it when done."""

    def __init__(self, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="operation")
        self._running: set[Deadline] = set()

    async def run(self, operation: Callable[[], Coroutine[Any, Any, T]], deadline: Deadline, client_gone: Awaitable[None]) -> T:
        """The result of an operation. Raises DeadlinePassed or ClientDisconnect, and then the operation soon ends by itself.

        `client_gone` returns when the client has closed the connection.
        """
        running = asyncio.get_running_loop().run_in_executor(self._pool, contextvars.copy_context().run, _run, operation, deadline)
        gone = asyncio.ensure_future(client_gone)
        self._running.add(deadline)
        try:
            await asyncio.wait((running, gone), timeout=deadline.remaining, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                return running.result()
            if gone.done():
                raise ClientDisconnect
            raise DeadlinePassed
        finally:
            gone.cancel()
            if not running.done():
                deadline.give_up()
                running.add_done_callback(_retrieve)
                running.cancel()  # if no thread has begun with it
            self._running.discard(deadline)

    def close(self) -> None:
        """Ends the operations that still run, and the threads."""
        for deadline in self._running:
            deadline.give_up()
        self._pool.shutdown()


def _run(operation: Callable[[], Coroutine[Any, Any, T]], deadline: Deadline) -> T:
    deadline.check()  # it may have waited for a thread
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(operation())
    except asyncio.CancelledError:  # raised by graphql/executor.py
        deadline.check()
        raise
    finally:
        _cancel_rest(loop)
        loop.close()


def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    """Cancels the tasks that an operation has left behind, for example when one of its fields failed."""
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))


def _retrieve(done: "asyncio.Future[Any]") -> None:
    """Takes the exception of an operation that nobody waits for, which asyncio would log."""
    if not done.cancelled():
        done.exception()
