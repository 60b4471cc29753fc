"""A coroutine that is begun at once ends as if it had been awaited."""

import asyncio
from typing import Any

import pytest

from sellerhealth.graphql.executor.promises import Begun, begin


async def value() -> int:
    return 1


async def failing() -> int:
    raise ValueError("it fails")


async def waiting(future: Any) -> Any:
    return await future


async def patient(future: Any) -> str:
    try:
        await future
    except ValueError:
        await asyncio.sleep(0)
        return "handled"
    return "not"


def kept(begun: Begun) -> "asyncio.Future[Any]":
    """What a coroutine ends with, as a future."""
    future = asyncio.get_running_loop().create_future()

    def keep(result: Any, error: BaseException | None) -> None:
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    assert begun.rest is not None
    begun.rest.keep(keep)
    return future


def test_a_coroutine_that_does_not_wait_has_its_result_at_once() -> None:
    assert begin(value()) == (None, 1)
    with pytest.raises(ValueError, match="it fails"):
        begin(failing())


def test_several_may_wait_for_the_same_future() -> None:
    async def run() -> list[Any]:
        shared = asyncio.get_running_loop().create_future()
        begun = [kept(begin(waiting(shared))) for _ in range(3)]
        task = asyncio.ensure_future(waiting(shared))
        await asyncio.sleep(0)
        late = kept(begin(waiting(shared)))
        shared.set_result("of all")
        return await asyncio.gather(*begun, task, late)

    assert asyncio.run(run()) == ["of all"] * 5


def test_an_exception_reaches_the_coroutine() -> None:
    async def run() -> Any:
        shared = asyncio.get_running_loop().create_future()
        rest = kept(begin(patient(shared)))
        shared.set_exception(ValueError())
        return await rest

    assert asyncio.run(run()) == "handled"


def test_a_cancellation_reaches_it() -> None:
    async def run() -> None:
        shared = asyncio.get_running_loop().create_future()
        rest = kept(begin(waiting(shared)))
        shared.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rest

    asyncio.run(run())


def test_anything_else_is_awaited() -> None:
    async def run() -> Any:
        future = asyncio.get_running_loop().create_future()
        rest = kept(begin(future))
        future.set_result(7)
        return await rest

    assert asyncio.run(run()) == 7
