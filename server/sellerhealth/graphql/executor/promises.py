"""Begins a coroutine at once, as eager tasks of Python 3.12 do: a resolver that returns without waiting needs no task and no turn of the loop.

What it does before it first waits runs in the task of the caller, so a resolver must not begin an `asyncio.timeout` or a task group there.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Generator
from types import CoroutineType, coroutine
from typing import Any, NamedTuple


class Begun(NamedTuple):
    """A coroutine that was begun: its result, or what is left to await."""

    rest: Awaitable[Any] | None
    result: Any = None


def begin(awaitable: Awaitable[Any]) -> Begun:
    """Begins a coroutine; anything else is left as it is. Raises what the coroutine raises."""
    if not isinstance(awaitable, CoroutineType):
        return Begun(awaitable)
    try:
        waits_for = awaitable.send(None)
    except StopIteration as ended:
        return Begun(None, ended.value)
    _mark(waits_for, is_awaited=False)  # nobody waits for it yet, and others may begin to
    return Begun(_rest(awaitable, waits_for))


@coroutine
def _rest(begun: Coroutine[Any, Any, Any], waits_for: Any) -> Generator[Any, Any, Any]:
    _mark(waits_for, is_awaited=True)
    while True:
        try:
            sent = yield waits_for
        except GeneratorExit:
            begun.close()
            raise
        except BaseException as thrown:  # noqa: BLE001 - the coroutine decides what becomes of it
            error: BaseException | None = thrown
        else:
            error = None
        try:
            waits_for = begun.send(sent) if error is None else begun.throw(error)
        except StopIteration as ended:
            return ended.value


def _mark(waits_for: Any, *, is_awaited: bool) -> None:
    """Marks a future for the task that it is handed to, as asyncio asks of whoever hands one on: see `asyncio.isfuture`."""
    if asyncio.isfuture(waits_for):
        waits_for._asyncio_future_blocking = is_awaited
