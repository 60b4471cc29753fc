"""A small operation that is known runs at once in the event loop, and on a thread as soon as it could hold up others."""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from sellerhealth import Below, Metric, Window, count
from sellerhealth.app import create_app
from sellerhealth.deadline import Deadline
from sellerhealth.engine.evidence import EvidenceQuery
from sellerhealth.facts import Order
from sellerhealth.graphql.execute import SMALL, Request
from sellerhealth.graphql.schema import Schema
from sellerhealth.http import operations as module
from sellerhealth.http.authentication import Open
from sellerhealth.http.budgets import Budget
from sellerhealth.http.operations import AT_ONCE, OperationExited, Operations
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import REQUEST_COST, Settings
from sellerhealth.store.database import Database
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
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ran, run = list[str](), Schema.run

    def noted(self: Schema, request: Request) -> Any:
        ran.append("thread" if threading.current_thread().name.startswith("operation") else "loop")
        return run(self, request)

    monkeypatch.setattr(Schema, "run", noted)
    monkeypatch.setattr(module, "AT_ONCE", 10.0)  # a busy processor must not decide; tests of slow operations set their own
    return ran


@pytest.fixture
def key(world: World) -> str:
    seller = world.account()
    seller.order()
    seller.save()
    return seller.key


@contextlib.contextmanager
def serving(database: Database, loaded: Loaded, key: str, ran: list[str]) -> Iterator[Api]:
    settings = Settings(clock=CLOCK, response_cache_bytes=0, cost_per_minute=1_000_000)
    with TestClient(create_app(settings, Open(), loaded=loaded, database=database), "http://localhost") as client:
        yield Api(client, key, ran)


@pytest.fixture
def api(world: World, built_ins: Loaded, key: str, ran: list[str]) -> Iterator[Api]:
    with serving(world.database, built_ins, key, ran) as api:
        yield api


def test_the_first_ones_run_on_threads_and_those_like_them_in_the_loop(api: Api, world: World) -> None:
    """The first makes the plan, and nobody knows of the second that it makes nothing."""
    answers = [api.send(HEALTH).json() for _ in range(4)]
    assert answers[0]["data"]["account"]["metrics"]["orderDefectRate"] == {"orders": 1, "defects": 0}
    assert answers[1:] == answers[:1] * 3
    assert api.ran == (["thread", "thread", "loop", "loop"] if world.database.is_sqlite else ["thread"] * 4)  # a server is waited for


def test_one_that_costs_more_always_runs_on_a_thread(api: Api) -> None:
    answers = [api.send(SERIES).json() for _ in range(3)]
    assert answers[0]["extensions"]["cost"]["requestedQueryCost"] > SMALL
    assert answers[1:] == answers[:1] * 2
    assert api.ran == ["thread"] * 3


@pytest.mark.sqlite_file
def test_each_plan_is_made_on_a_thread(api: Api) -> None:
    document = "query ($more: Boolean!) { viewer { name permissions @include(if: $more) } }"
    sent = [True] * 3 + [False] * 3
    found = [api.client.post("/graphql", json={"query": document, "variables": {"more": more}}).json() for more in sent]
    assert ["permissions" in each["data"]["viewer"] for each in found] == sent
    assert api.ran == ["thread", "thread", "loop", "loop", "thread", "thread", "loop"]  # where it came to a new one, it began again


@pytest.mark.sqlite_file
def test_each_operation_of_a_document_has_a_plan_of_its_own(api: Api) -> None:
    document = "query First { viewer { name } } query Second { viewer { permissions } }"
    for name in ("First", "First", "First", "Second", "Second", "Second"):
        assert "data" in api.client.post("/graphql", json={"query": document, "operationName": name}).json()
    assert api.ran == ["thread", "thread", "loop", "loop", "thread", "thread", "loop"]


def test_an_invalid_one_always_runs_on_a_thread(api: Api) -> None:
    assert all("errors" in api.send("{ nothing }").json() for _ in range(3))
    assert api.ran == ["thread"] * 3


@pytest.mark.sqlite_file
def test_one_that_takes_longer_begins_again_on_a_thread_and_is_charged_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    (before, _), threads, spent = (api.send(EVIDENCE), api.send(EVIDENCE)), list[str](), list[int]()

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
    with capture_logs() as logged:
        assert api.send(EVIDENCE).json() == before.json()
    assert api.ran[-2:] == ["loop", "thread"]
    assert spent == [REQUEST_COST, before.json()["extensions"]["cost"]["requestedQueryCost"]]
    with capture_logs() as logged_on_thread:
        api.send(EVIDENCE)
    assert [line["statements"] for line in logged] == [line["statements"] for line in logged_on_thread]  # not those of both attempts
    assert api.ran[-2:] == ["thread", "thread"]  # none runs in the loop for a while


@pytest.mark.sqlite_file
def test_one_that_has_to_wait_for_another_program_does_so_on_a_thread(
    world: World, built_ins: Loaded, key: str, ran: list[str], tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    with contextlib.closing(sqlite3.connect(str(world.database.file))) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])  # without a write-ahead log, as a backup is: who writes keeps others from reading
    with (
        serving(Database(f"sqlite:///{copy}"), built_ins, key, ran) as api,
        contextlib.closing(sqlite3.connect(copy, isolation_level=None, check_same_thread=False)) as other,
    ):
        before = [api.send(HEALTH).json() for _ in range(3)]
        other.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(0.3, other.rollback)
        release.start()
        assert api.send(HEALTH).json() == before[0]
        release.join()
    assert ran == ["thread", "thread", "loop", "loop", "thread"]


ran_in = list[str]()  # the threads that ran code of the plugin


class Awaits(Below):
    """A target of a plugin that waits for something."""

    def judge(self, *_: Any) -> MetricStatus:
        ran_in.append(threading.current_thread().name)
        return asyncio.run(asyncio.sleep(0, MetricStatus.GOOD))  # there may be no other loop on the thread


@pytest.fixture
def with_plugin(world: World, loaded_with: Any, key: str, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    orders = count(on=Order.placed_on, where=Order.placed_at.is_not(None), description="Orders.")
    metric = Metric(
        key="acme_awaiting",
        title="A",
        description="A.",
        section="account_health",  # it decides the health of an account
        windows=(Window(30),),
        measures={"orders": orders},
        value=orders / orders,
        target=Awaits("0.5"),
    )
    loaded = loaded_with(metric)
    ran_in.clear()
    monkeypatch.setattr("sellerhealth.graphql.execute.SMALL", 10_000)  # lists by health are, too
    classify = Loaded(loaded.registry, loaded.importers, lambda *_: ran_in.append(threading.current_thread().name), loaded.plugins)
    with serving(world.database, classify, key, ran) as api:
        yield api


@pytest.mark.parametrize(
    "document",
    [
        "query ($key: String!) { account(key: $key) { metrics { acmeAwaiting { status } } } }",
        'query ($key: String!) { account(key: $key) { metrics { acmeAwaiting { history(from: "2026-03-29") { status } } } } }',
        'query ($key: String!) { account(key: $key) { metricResults(keys: ["acme_awaiting"]) { breakdown(by: "channel") { status } } } }',
        "query ($key: String!) { account(key: $key) { healthStatus } }",
        "{ accounts(first: 1) { nodes { healthStatus } } }",
        "{ accounts(first: 1, orderBy: {field: HEALTH}) { nodes { key } } }",
        "{ classifyFeedback(rating: 1) }",
    ],
)
@pytest.mark.sqlite_file
def test_one_that_runs_code_of_a_plugin_does_so_on_a_thread(with_plugin: Api, world: World, document: str) -> None:
    answers = []
    for _ in range(3):
        world.accounts[0].order()  # what is kept of statuses is old from now on
        world.save()
        answers.append(with_plugin.send(document).json())
    assert "errors" not in answers[0]
    assert answers[1:] == answers[:1] * 2
    assert with_plugin.ran == ["thread"] * 3
    assert ran_in
    assert all(name.startswith("operation") for name in ran_in)


@pytest.mark.sqlite_file
def test_one_that_comes_to_code_of_a_plugin_later_begins_again_on_a_thread(with_plugin: Api, world: World) -> None:
    document = "{ accounts(first: 1, orderBy: {field: HEALTH}) { nodes { key } } }"
    before = [with_plugin.send(document).json() for _ in range(3)]  # statuses are kept
    world.accounts[0].order()
    world.save()
    assert [with_plugin.send(document).json() for _ in range(2)] == before[:2]
    assert with_plugin.ran == ["thread", "thread", "loop", "loop", "thread", "thread"]
    assert all(name.startswith("operation") for name in ran_in)


@pytest.mark.sqlite_file
def test_others_run_in_the_loop_although_there_is_a_plugin(with_plugin: Api) -> None:
    assert [with_plugin.send(HEALTH).json() for _ in range(3)]
    assert with_plugin.ran == ["thread", "thread", "loop"]


def run(test: Callable[[Operations], Any], *, may_wait: bool = False) -> Any:
    operations = Operations(2, may_wait=may_wait)

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
    assert not run(lambda operations: operations.runs_small, may_wait=True)


@pytest.mark.parametrize("is_small", [True, False])
def test_none_runs_while_a_larger_one_runs_on_a_thread(is_small: bool) -> None:
    """If small ones on threads had the same effect, then so many at once that one always runs would keep all of them there."""

    async def test(operations: Operations) -> list[bool]:
        release = threading.Event()
        running = asyncio.ensure_future(operations.run("viewer", lambda: release.wait(10), Deadline(60), connected(), is_small=is_small))
        while not operations._running:
            await asyncio.sleep(0.001)
        found = [operations.runs_small]
        release.set()
        await running
        return [*found, operations.runs_small]

    assert run(test) == [is_small, True]


def test_after_a_slow_one_they_run_on_threads_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 0.001)
    monkeypatch.setattr(module, "PAUSE", 1_000)

    def slow(deadline: Deadline) -> str:
        time.sleep(0.002)
        return "ended late, but ended"

    def test(operations: Operations) -> tuple[bool, str | None, bool]:
        return operations.runs_small, operations.run_small(slow), operations.runs_small

    assert run(test) == (True, "ended late, but ended", False)
    monkeypatch.setattr(module, "PAUSE", 0)
    assert run(test) == (True, "ended late, but ended", True)


def test_one_that_would_end_the_process_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 10.0)

    def exits(deadline: Deadline) -> None:
        raise SystemExit(3)

    def test(operations: Operations) -> str | None:
        with pytest.raises(OperationExited, match="SystemExit"):
            operations.run_small(exits)
        return operations.run_small(current)

    assert run(test) == threading.main_thread().name
