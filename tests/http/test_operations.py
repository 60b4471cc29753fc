"""An operation ends when its time is over, when its client has gone, and when the server stops: its threads are free at once."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.engine.evidence import EvidenceQuery
from sellerhealth.graphql.operation_checks import Throttled
from sellerhealth.http.authentication import Open
from sellerhealth.http.operations import OperationExited, Operations
from sellerhealth.plugins.load import Loaded
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World

SLOW = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000000) SELECT count(*) FROM numbers"
FREE_WITHIN = 10.0  # seconds: what is measured are 10 to 20 ms, the statement takes minutes, and the machine may be busy


@pytest.fixture
def operations() -> Iterator[Operations]:
    operations = Operations(4, may_wait=False)
    yield operations
    operations.close()


async def connected() -> None:
    """A client that stays."""
    await asyncio.Event().wait()


async def gone_soon() -> None:
    """A client that closes the connection."""
    await asyncio.sleep(0.05)


def query_forever(database: Database, deadline: Deadline, ended: threading.Event) -> Callable[[], None]:
    """An operation whose statement runs for minutes; the event is set when its thread is free."""

    def operation() -> None:
        try:
            database.read(lambda connection: connection.execute(sa.text(SLOW)), deadline)
        finally:
            ended.set()  # its connection is given back, too

    return operation


@pytest.mark.parametrize(
    "raised", [SystemExit(3), KeyboardInterrupt(), StopIteration(), asyncio.CancelledError()], ids=lambda raised: type(raised).__name__
)
def test_an_operation_that_would_end_the_process_fails_alone(operations: Operations, raised: BaseException) -> None:
    def exits() -> None:
        raise raised

    async def main() -> str:
        with pytest.raises(OperationExited, match=type(raised).__name__):
            await operations.run("viewer", exits, Deadline(60), connected())
        return await operations.run("viewer", lambda: "others go on", Deadline(60), connected())

    assert asyncio.run(main()) == "others go on"


def test_an_operation_has_a_thread_of_its_own(operations: Operations) -> None:
    async def test() -> None:
        thread = await operations.run("a", threading.current_thread, Deadline(10), connected())
        assert thread is not threading.current_thread()
        assert thread.name.startswith("operation")

    asyncio.run(test())


def test_the_error_of_an_operation_is_raised(operations: Operations) -> None:
    async def test() -> None:
        def operation() -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await operations.run("a", operation, Deadline(10), connected())

    asyncio.run(test())


def test_a_running_statement_is_interrupted_when_the_time_is_over(operations: Operations, database: Database) -> None:
    async def test() -> None:
        deadline, ended = Deadline(0.2), threading.Event()
        with pytest.raises(DeadlinePassed):
            await operations.run("a", query_forever(database, deadline, ended), deadline, connected())
        assert await asyncio.to_thread(ended.wait, FREE_WITHIN)

    asyncio.run(test())


def test_a_running_statement_is_interrupted_when_the_client_has_gone(operations: Operations, database: Database) -> None:
    async def test() -> None:
        deadline, ended = Deadline(60), threading.Event()
        with pytest.raises(ClientDisconnect):
            await operations.run("a", query_forever(database, deadline, ended), deadline, gone_soon())
        assert await asyncio.to_thread(ended.wait, FREE_WITHIN)

    asyncio.run(test())


def test_a_place_is_taken_until_its_thread_is_free() -> None:
    async def test() -> None:
        operations, release, begun = Operations(2, may_wait=False), threading.Event(), []

        def block() -> None:
            release.wait(10)  # looks at no deadline

        def late() -> None:
            begun.append(True)

        with pytest.raises(DeadlinePassed):
            await operations.run("a", block, Deadline(0.05), connected())
        with pytest.raises(Throttled):
            await operations.run("a", late, Deadline(0.05), connected())
        with pytest.raises(ClientDisconnect):
            await operations.run("a", late, Deadline(60), gone_soon())
        assert not begun
        release.set()
        await operations.run("a", late, Deadline(60), connected())
        assert begun
        operations.close()

    asyncio.run(test())


def test_closing_ends_the_operations_that_still_run(database: Database) -> None:
    async def test() -> None:
        operations, deadline, ended = Operations(4, may_wait=False), Deadline(60), threading.Event()
        running = asyncio.ensure_future(operations.run("a", query_forever(database, deadline, ended), deadline, connected()))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        await asyncio.to_thread(operations.close)
        assert time.monotonic() - started < FREE_WITHIN
        assert ended.is_set()
        with pytest.raises(DeadlinePassed):
            await running

    asyncio.run(test())


def test_a_client_gets_the_code_timeout(world: World, built_ins: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    seller = world.account()
    seller.order()
    seller.save()

    def count_forever(session: object, evidence: EvidenceQuery) -> int:
        return session.connection.execute(sa.text(SLOW)).scalar_one()  # type: ignore[attr-defined, no-any-return]  # a ReadSession

    monkeypatch.setattr("sellerhealth.graphql.results.evidence.number_of_rows", count_forever)
    settings = Settings(clock=CLOCK, operation_timeout=0.5)
    document = """query ($key: String!) {
      account(key: $key) { metrics { orderDefectRate { evidence(measure: "orders") { totalCount } } } } }"""
    with TestClient(create_app(settings, Open(), loaded=built_ins, database=world.database), "http://localhost") as client:
        response = client.post("/graphql", json={"query": document, "variables": {"key": seller.key}})
        assert response.status_code == 504
        assert response.json() == {
            "errors": [
                {
                    "message": "The operation was ended after 0.5 seconds. Request less, or split it into several requests.",
                    "extensions": {"code": "TIMEOUT"},
                }
            ]
        }
        assert client.post("/graphql", json={"query": "{ viewer { name } }"}).json()["data"] == {"viewer": {"name": "owner"}}
