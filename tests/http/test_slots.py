"""Slots for operations: a viewer gets half of them at most, the next viewer finds one, and what waits for long is refused."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from sellerhealth.access import Permission, Viewer
from sellerhealth.app import create_app
from sellerhealth.graphql.operation_checks import Throttled
from sellerhealth.http.slots import MAX_WAITING, RETRY_AFTER, Overloaded, Slots
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK, World

SOON, LONG = 0.02, 10.0  # seconds


class Queue:
    """Viewers that acquire slots and release them."""

    def __init__(self, of_a_viewer: int) -> None:
        self.slots = Slots(2 * of_a_viewer)
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def acquire(self, viewer: str, seconds: float = SOON) -> None:
        """Waits for a slot of a client that stays."""
        assert await self.slots.acquire(viewer, seconds, self.connected)

    def ask(self, viewer: str) -> "asyncio.Task[None]":
        """Begins to wait for a slot."""
        return asyncio.ensure_future(self.acquire(viewer, LONG))


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(LONG):
            await test()

    asyncio.run(bounded())


def test_a_viewer_alone_gets_half_of_the_slots_and_the_next_ones_find_some() -> None:
    async def test() -> None:
        queue = Queue(4)
        for _ in range(4):
            await queue.acquire("a")
        with pytest.raises(Throttled):
            await queue.acquire("a")
        for viewer in ("b", "b", "c", "d"):
            await queue.acquire(viewer)
        for viewer in ("b", "c"):
            with pytest.raises(Throttled):
                await queue.acquire(viewer)

    run(test)


def test_whose_slots_are_all_taken_by_others_gets_overloaded() -> None:
    async def test() -> None:
        queue = Queue(1)
        await queue.acquire("a")
        await queue.acquire("b")
        with pytest.raises(Overloaded) as refused:
            await queue.acquire("c")
        assert (refused.value.status, refused.value.headers) == (503, {"retry-after": str(RETRY_AFTER)})
        queue.slots.release("a")
        await queue.acquire("c")

    run(test)


def test_a_free_slot_is_for_who_has_fewest_then_for_who_came_first() -> None:
    async def test() -> None:
        queue = Queue(2)
        for viewer in ("a", "a", "b", "c"):
            await queue.acquire(viewer)
        waiting = {name: queue.ask(viewer) for name, viewer in (("a", "a"), ("d", "d"), ("e", "e"))}
        await asyncio.sleep(SOON)
        order = []
        for viewer in ("b", "c", "a"):
            queue.slots.release(viewer)
            await asyncio.sleep(SOON)
            order.append({name for name, task in waiting.items() if task.done()})
        assert order == [{"d"}, {"d", "e"}, {"d", "e"}]  # `a` has one, and none would be left for another viewer
        queue.slots.release("d")
        await waiting["a"]

    run(test)


def test_a_slot_that_nobody_waits_for_any_more_goes_to_the_next() -> None:
    async def test() -> None:
        queue = Queue(1)
        await queue.acquire("a")
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        leaving = asyncio.ensure_future(queue.slots.acquire("a", LONG, gone))
        cancelled, patient = queue.ask("a"), queue.ask("a")
        await asyncio.sleep(0)
        queue.slots.release("a")
        gone.set_result(None)  # before it can see that it has the slot
        assert not await leaving
        cancelled.cancel()  # in the same turn
        await patient
        assert cancelled.cancelled()

    run(test)


def test_too_many_that_wait_are_refused_at_once() -> None:
    async def test() -> None:
        queue = Queue(1)
        await queue.acquire("a")
        waiting = [queue.ask("a") for _ in range(MAX_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(Throttled):
            await queue.acquire("a", LONG)
        await queue.acquire("b")
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    run(test)


def test_the_operations_of_a_viewer_run_one_after_the_other() -> None:
    async def test() -> None:
        queue, most, running = Queue(2), 0, 0

        async def operation() -> None:
            nonlocal most, running
            await queue.acquire("a", LONG)
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            queue.slots.release("a")

        await asyncio.gather(*(operation() for _ in range(20)))
        assert (most, running) == (2, 0)

    run(test)


# ---------------------------------------------------------------- over HTTP


class Names:
    """Knows viewers by their names as tokens."""

    def viewer_of(self, token: str | None) -> Viewer | None:
        return Viewer(token, token, frozenset(Permission), granted=None) if token else None


def test_who_finds_no_slot_learns_when_to_come_back(world: World, built_ins: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    seller = world.account()
    seller.order()
    seller.save()
    begun, over = threading.Semaphore(0), threading.Event()

    def count(session: object, evidence: object) -> int:
        begun.release()
        over.wait(LONG)
        return 1

    monkeypatch.setattr("sellerhealth.graphql.results.evidence.number_of_rows", count)
    monkeypatch.setattr("sellerhealth.http.slots.PATIENCE", 0.1)
    slow = f"""{{ account(key: "{seller.key}") {{ metrics {{ orderDefectRate {{ evidence(measure: "orders") {{ totalCount }} }} }} }} }}"""
    app = create_app(Settings(clock=CLOCK, operations_at_once=1), Names(), loaded=built_ins, database=world.database)

    async def test() -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:

            async def send(viewer: str, query: str = "{ viewer { name } }") -> httpx2.Response:
                return await client.post("/graphql", json={"query": query}, headers={"Authorization": f"Bearer {viewer}"})

            running = [asyncio.ensure_future(send(viewer, slow)) for viewer in ("a", "b")]
            for _ in running:
                assert await asyncio.to_thread(begun.acquire, timeout=LONG)
            for viewer, status, code in (("a", 429, "THROTTLED"), ("c", 503, "OVERLOADED")):
                refused = await send(viewer)
                assert (refused.status_code, refused.headers["Retry-After"]) == (status, str(RETRY_AFTER))
                assert refused.json()["errors"][0]["extensions"] == {"code": code}
            over.set()
            assert [(await each).status_code for each in running] == [200, 200]
            assert (await send("c")).json()["data"] == {"viewer": {"name": "c"}}

    run(test)
