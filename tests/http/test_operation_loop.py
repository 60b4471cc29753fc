"""The loop of an operation runs tasks, futures and `asyncio.gather`, and nothing that awaits something outside."""

import asyncio
import contextlib
import logging
from typing import Any

import pytest

from sellerhealth.http import operation_loop
from sellerhealth.http.operation_loop import OperationLoop


async def doubled(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def test_tasks_and_futures_take_turns() -> None:
    async def operation() -> tuple[list[int], int]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        loop.call_soon(future.set_result, 5)
        return await asyncio.gather(*map(doubled, range(3))), await asyncio.shield(asyncio.ensure_future(future))

    assert OperationLoop().run_until_complete(operation()) == ([0, 2, 4], 5)


def test_what_an_operation_leaves_behind_is_cancelled() -> None:
    ended = []

    async def endless() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append(True)

    async def operation() -> None:
        tasks.append(asyncio.ensure_future(endless()))
        await asyncio.sleep(0)
        raise ZeroDivisionError

    tasks: list[Any] = []
    with pytest.raises(ZeroDivisionError):
        OperationLoop().run_until_complete(operation())
    assert ended
    assert tasks[0].cancelled()
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_what_an_operation_leaves_behind_must_end(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []

    async def stubborn() -> None:
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                turns.append(await asyncio.sleep(0))

    async def operation() -> int:
        tasks.append(asyncio.ensure_future(stubborn()))
        await asyncio.sleep(0)
        return 1

    tasks: list[Any] = []
    monkeypatch.setattr(operation_loop, "MAX_LAST", 50)
    with caplog.at_level(logging.ERROR, "asyncio"):
        assert OperationLoop().run_until_complete(operation()) == 1
    assert 10 <= len(turns) <= 51
    assert "does not end" in caplog.text


def test_an_operation_that_could_never_end_fails() -> None:
    async def operation() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="none of its callbacks"):
        OperationLoop().run_until_complete(operation())


def test_an_exception_that_nobody_has_awaited_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> None:
        raise ZeroDivisionError

    async def operation() -> None:
        asyncio.ensure_future(failing())  # noqa: RUF006 - nobody keeps it
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with caplog.at_level(logging.ERROR, "asyncio"):
        OperationLoop().run_until_complete(operation())
    assert "never retrieved" in caplog.text
