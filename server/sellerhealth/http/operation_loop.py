"""A minimal event loop for one operation. It has no sockets, timers or threads, because an operation awaits only what it does itself.

To make and close a loop of asyncio or uvloop takes longer than to send a remembered answer.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

MAX_LAST = 100_000  # callbacks in which what an operation leaves behind must end

T = TypeVar("T")

log = logging.getLogger("asyncio")


class OperationLoop:
    """Runs one coroutine with all that it begins: as much of `asyncio.AbstractEventLoop` as futures, tasks and `asyncio.gather` need."""

    def __init__(self) -> None:
        self._callbacks: deque[asyncio.Handle] = deque()
        self._loop: Any = self  # asyncio takes it for an AbstractEventLoop

    def run_until_complete(self, operation: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine. Tasks that it leaves behind are cancelled."""
        asyncio._set_running_loop(self._loop)  # asyncio has it for authors of event loops
        try:
            task: asyncio.Task[T] = self.create_task(operation)
            try:
                self._run_until(task)
                return task.result()
            finally:
                self._cancel_rest()
        finally:
            asyncio._set_running_loop(None)

    def _run_until(self, task: "asyncio.Future[Any]") -> None:
        callbacks = self._callbacks
        while not task.done():
            if not callbacks:
                raise RuntimeError("an operation awaits something that none of its callbacks will complete")
            callbacks.popleft()._run()

    def _cancel_rest(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        for _ in range(MAX_LAST):
            if not self._callbacks:
                return
            self._callbacks.popleft()._run()
        log.error("what an operation has left behind does not end")
        self._callbacks.clear()

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """Calls a function after those that were added before it."""
        handle = asyncio.Handle(callback, args, self._loop, context)
        self._callbacks.append(handle)
        return handle

    def create_future(self) -> "asyncio.Future[Any]":
        """A future of this loop."""
        return asyncio.Future(loop=self._loop)

    def create_task(self, coro: Any, **options: Any) -> "asyncio.Task[Any]":
        """A task of this loop."""
        return asyncio.Task(coro, loop=self._loop, **options)

    def get_debug(self) -> bool:
        """It has no debug mode."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Logs what would be lost, such as the exception of a task that nobody has awaited."""
        log.error(context.get("message"), exc_info=context.get("exception"))
