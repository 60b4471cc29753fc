"""A coroutine that is begun at once ends as if it had been awaited."""

import asyncio
from typing import Any

import pytest

from sellerhealth.graphql.executor.promises import begin


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


def test_a_coroutine_that_does_not_wait_has_its_result_at_once() -> None:
    assert begin(value()) == (None, 1)
    with pytest.raises(ValueError, match="it fails"):
        begin(failing())


def test_several_may_wait_for_the_same_future() -> None:
    async def run() -> list[Any]:
        shared = asyncio.get_running_loop().create_future()
        begun = [begin(waiting(shared)).rest for _ in range(3)]
        tasks = [asyncio.ensure_future(each) for each in (*begun[:2], waiting(shared), *begun[2:]) if each is not None]
        await asyncio.sleep(0)
        late = begin(waiting(shared)).rest
        shared.set_result("of all")
        assert late is not None
        return [*await asyncio.gather(*tasks), await late]

    assert asyncio.run(run()) == ["of all"] * 5


def test_an_exception_reaches_the_coroutine() -> None:
    async def run() -> Any:
        shared = asyncio.get_running_loop().create_future()
        rest = begin(patient(shared)).rest
        shared.set_exception(ValueError())
        assert rest is not None
        return await rest

    assert asyncio.run(run()) == "handled"


def test_it_can_be_cancelled() -> None:
    async def run() -> None:
        rest = begin(waiting(asyncio.get_running_loop().create_future())).rest
        assert rest is not None
        task = asyncio.ensure_future(rest)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_anything_else_is_left_as_it_is() -> None:
    async def run() -> None:
        future = asyncio.get_running_loop().create_future()
        assert begin(future) == (future, None)

    asyncio.run(run())
