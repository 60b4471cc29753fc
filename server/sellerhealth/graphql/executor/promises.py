"""Begins coroutines at once, and continues them when what they await is done: a resolver needs no task.

What such a coroutine does runs in no task of its own, so a resolver must not begin an `asyncio.timeout` or a task group.
"""

import asyncio
from collections.abc import Callable, Coroutine
from types import CoroutineType
from typing import Any, NamedTuple, TypeAlias

# Called with the result of a coroutine, or with what it has raised.
Keep: TypeAlias = Callable[[Any, BaseException | None], None]


class Begun(NamedTuple):
    """A coroutine that was begun: its result, or its rest."""

    rest: "Rest | None"
    result: Any = None


class Rest:
    """What is left of a coroutine that waits."""

    __slots__ = ("_coroutine", "_is_closed", "_keep", "_waits_for")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], waits_for: Any) -> None:
        self._coroutine, self._waits_for, self._is_closed = coroutine, waits_for, False

    def keep(self, keep: Keep) -> None:
        """Continues it whenever it can, and calls a function when it has ended. Called once, in a turn of the event loop."""
        self._keep = keep
        self._wait(self._waits_for)

    def close(self) -> None:
        """Ends it where it waits, and keeps nothing."""
        self._is_closed = True
        self._coroutine.close()

    def _wait(self, waits_for: Any) -> None:
        if asyncio.isfuture(waits_for):
            waits_for._asyncio_future_blocking = False  # as an asyncio.Task does with a future that it awaits
            waits_for.add_done_callback(self._continue)
        else:  # asyncio.sleep(0): it lets others go first
            asyncio.get_running_loop().call_soon(self._continue, None)

    def _continue(self, known: object) -> None:
        if self._is_closed:
            return
        try:
            waits_for = self._coroutine.send(None)  # the coroutine takes the result from the future itself
        except StopIteration as ended:
            self._keep(ended.value, None)
        except BaseException as error:  # noqa: BLE001 - also a cancellation is passed on
            self._keep(None, error)
        else:
            self._wait(waits_for)


def begin(awaitable: Any) -> Begun:
    """Begins a coroutine, or what awaits anything else. Raises what it raises."""
    coroutine = awaitable if isinstance(awaitable, CoroutineType) else _await(awaitable)
    try:
        waits_for = coroutine.send(None)
    except StopIteration as ended:
        return Begun(None, ended.value)
    return Begun(Rest(coroutine, waits_for))


async def _await(awaitable: Any) -> Any:
    return await awaitable
