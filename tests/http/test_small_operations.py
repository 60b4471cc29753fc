"""A small operation that is known runs at once in the event loop, and on a thread as soon as it could hold up others."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.deadline import Deadline
from sellerhealth.engine.evidence import EvidenceQuery
from sellerhealth.graphql.execute import SMALL, Request
from sellerhealth.graphql.schema import Schema
from sellerhealth.http import operations as module
from sellerhealth.http.authentication import Open
from sellerhealth.http.budgets import Budget
from sellerhealth.http.operations import AT_ONCE, OperationExited, Operations
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import REQUEST_COST, Settings
from sellerhealth.testing import CLOCK, World

HEALTH = "query Health($key: String!) { account(key: $key) { metrics { orderDefectRate { orders defects } } } }"
EVIDENCE = 'query ($key: String!) { account(key: $key) { metrics { orderDefectRate { evidence(measure: "orders") { totalCount } } } } }'
SERIES = "query { accounts(first: 50) { nodes { metrics { orderDefectRate { overallStatus orders defects } } } } }"


class Api:
    """An application over a seller with one order, and where each operation has run."""

    def __init__(self, client: TestClient, key: str, ran: list[str]) -> None:
        self.client, self.key, self.ran = client, key, ran

    def send(self, document: str) -> Any:
        """A response to a document."""
        return self.client.post("/graphql", json={"query": document, "variables": {"key": self.key} if "$key" in document else {}})


@pytest.fixture
def api(world: World, built_ins: Loaded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    seller, ran, run = world.account(), list[str](), Schema.run
    seller.order()
    seller.save()

    def noted(self: Schema, request: Request) -> Any:
        ran.append("thread" if threading.current_thread().name.startswith("operation") else "loop")
        return run(self, request)

    monkeypatch.setattr(Schema, "run", noted)
    monkeypatch.setattr(module, "AT_ONCE", 10.0)  # a busy machine must not decide; tests of slow operations set their own
    settings = Settings(clock=CLOCK, response_cache_bytes=0, cost_per_minute=1_000_000)
    with TestClient(create_app(settings, Open(), loaded=built_ins, database=world.database), "http://localhost") as client:
        yield Api(client, seller.key, ran)


def test_the_first_one_runs_on_a_thread_and_those_like_it_in_the_loop(api: Api, world: World) -> None:
    answers = [api.send(HEALTH).json() for _ in range(3)]
    assert answers[0]["data"]["account"]["metrics"]["orderDefectRate"] == {"orders": 1, "defects": 0}
    assert answers[1:] == answers[:1] * 2
    assert api.ran == (["thread", "loop", "loop"] if world.database.is_sqlite else ["thread"] * 3)  # a server is waited for


def test_one_that_costs_more_always_runs_on_a_thread(api: Api) -> None:
    answers = [api.send(SERIES).json() for _ in range(2)]
    assert answers[0]["extensions"]["cost"]["requestedQueryCost"] > SMALL
    assert answers[0] == answers[1]
    assert api.ran == ["thread", "thread"]


def test_an_invalid_one_always_runs_on_a_thread(api: Api) -> None:
    assert all("errors" in api.send("{ nothing }").json() for _ in range(2))
    assert api.ran == ["thread", "thread"]


@pytest.mark.sqlite_file
def test_one_that_takes_longer_begins_again_on_a_thread_and_is_charged_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    before, threads, spent = api.send(EVIDENCE), list[str](), list[int]()

    def slow(session: Any, evidence: EvidenceQuery) -> int:
        threads.append(threading.current_thread().name)
        if not threads[-1].startswith("operation"):
            time.sleep(0.05)
        session.deadline.check()
        return 1

    monkeypatch.setattr(module, "AT_ONCE", 0.01)
    monkeypatch.setattr(module, "PAUSE", 1_000)
    monkeypatch.setattr("sellerhealth.graphql.results.evidence.number_of_rows", slow)
    monkeypatch.setattr(Budget, "spend", lambda self, cost: spent.append(cost))
    assert api.send(EVIDENCE).json() == before.json()
    assert api.ran[-2:] == ["loop", "thread"]
    assert spent == [REQUEST_COST, before.json()["extensions"]["cost"]["requestedQueryCost"]]
    api.send(EVIDENCE)
    assert api.ran[-2:] == ["thread", "thread"]  # none runs in the loop for a while


def run(test: Callable[[Operations], Any], *, waits_for_server: bool = False) -> Any:
    operations = Operations(2, waits_for_server=waits_for_server)

    async def main() -> Any:
        found = test(operations)
        return await found if asyncio.iscoroutine(found) else found

    try:
        return asyncio.run(main())
    finally:
        operations.close()


async def connected() -> None:
    """A client that stays."""
    await asyncio.Event().wait()


def current(deadline: Deadline) -> str:
    return threading.current_thread().name


def test_it_runs_on_the_thread_of_the_loop_with_a_short_deadline() -> None:
    assert run(lambda operations: operations.run_small(current)) == threading.main_thread().name
    assert run(lambda operations: operations.run_small(lambda deadline: deadline.remaining)) <= AT_ONCE


def test_none_runs_where_it_would_wait_for_a_server() -> None:
    assert run(lambda operations: operations.run_small(current), waits_for_server=True) is None


def test_none_runs_while_another_runs_on_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 10.0)

    async def test(operations: Operations) -> list[str | None]:
        release = threading.Event()
        running = asyncio.ensure_future(operations.run("viewer", lambda: release.wait(10), Deadline(60), connected()))
        await asyncio.sleep(0)
        while not operations._running:
            await asyncio.sleep(0.001)
        found = [operations.run_small(current)]
        release.set()
        await running
        return [*found, operations.run_small(current)]

    assert run(test) == [None, threading.main_thread().name]


def test_after_a_slow_one_they_run_on_threads_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 0.001)
    monkeypatch.setattr(module, "PAUSE", 1_000)

    def slow(deadline: Deadline) -> str:
        time.sleep(0.002)
        return "ended late, but ended"

    def test(operations: Operations) -> list[str | None]:
        return [operations.run_small(slow), operations.run_small(current)]

    assert run(test) == ["ended late, but ended", None]
    monkeypatch.setattr(module, "PAUSE", 0)
    monkeypatch.setattr(module, "AT_ONCE", 10)
    assert run(lambda operations: [operations.run_small(current) is not None for _ in range(2)]) == [True, True]


def test_one_that_would_end_the_process_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 10.0)

    def exits(deadline: Deadline) -> None:
        raise SystemExit(3)

    def test(operations: Operations) -> str | None:
        with pytest.raises(OperationExited, match="SystemExit"):
            operations.run_small(exits)
        return operations.run_small(current)

    assert run(test) == threading.main_thread().name
