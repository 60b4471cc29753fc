"""Answers that are remembered: the same request gets the same bytes, and nothing that happens makes it get an old answer or that of another."""

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from strawberry.types.graphql import OperationType
from structlog.testing import capture_logs

from sellerhealth import Count, Metric, Window, count
from sellerhealth.access import OWNER, Permission, Viewer
from sellerhealth.app import create_app
from sellerhealth.deadline import NEVER
from sellerhealth.engine.holding import Holding
from sellerhealth.engine.known_states import KnownStates
from sellerhealth.facts import Order
from sellerhealth.graphql.execute import Request
from sellerhealth.graphql.schema import Schema
from sellerhealth.http.endpoint import Endpoint
from sellerhealth.http.response_cache import ENTRY, Answer, Question, ResponseCache
from sellerhealth.model.records import Account as AccountRecord
from sellerhealth.plugins.load import Loaded
from sellerhealth.request_record import with_request_id
from sellerhealth.settings import DocumentLimits, Settings
from sellerhealth.store import accounts
from sellerhealth.store.database import READERS, Database
from sellerhealth.testing import CLOCK, DAY, HOUR, World
from tests.support.authentication import Known, bearer
from tests.support.stores import Kind, Stores

HEALTH = "query Health { accounts { nodes { key metrics { orderDefectRate { orders defects } } } } }"
LATE = '{ account(key: "seller-1") { metrics { lateShipmentRate { overdue orders } } } }'
AT_RISK = '{ account(key: "seller-1") { atRisk(withinHours: 24) { totalCount } } }'
NAME = "query Name($key: String!) { account(key: $key) { key } }"


class Api:
    """An application over a world, whose clock can be moved, and the viewers that it knows by their tokens."""

    def __init__(self, world: World, known: Known, logged: list[Any], client: TestClient) -> None:
        self.world, self.known, self.logged, self.client = world, known, logged, client

    def send(self, document: str, *, token: str = "owner", headers: Any = None, **variables: Any) -> Any:
        """The response to a request."""
        members: Any = {"query": document, "variables": variables}
        return self.client.post("/graphql", json=members, headers=bearer(token) | (headers or {}))

    @property
    def last(self) -> Any:
        """What the log says of the last request."""
        return next(line for line in reversed(self.logged) if line["event"] == "request")

    @property
    def was_cached(self) -> bool:
        """Whether the answer to the last request was remembered."""
        return bool(self.last["cached"])

    def data(self, document: str, *, cached: bool, **how: Any) -> Any:
        """The data of an answer, and a check whether it was remembered."""
        body = self.send(document, **how).json()
        assert self.was_cached is cached, body
        assert "errors" not in body
        return body["data"]


@pytest.fixture(autouse=True)
def _one_server(stores: Stores) -> None:
    """Skips tests on a cluster, where nothing is remembered."""
    if stores.are_on_cluster:
        pytest.skip("on a cluster nothing is remembered")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    """The world, whose clock is that of the application."""
    monkeypatch.setattr("sellerhealth.app.dt", SimpleNamespace(UTC=dt.UTC, datetime=SimpleNamespace(now=lambda zone: world.clock)))
    return world


@pytest.fixture
def start(clock: World, loaded_with: Callable[..., Loaded]) -> Iterator[Callable[..., Api]]:
    """Starts the application with some settings."""
    with contextlib.ExitStack() as stack, capture_logs(processors=[with_request_id]) as logged:

        def start(*metrics: Any, rollups: bool = False, **settings: Any) -> Api:
            known = Known(owner=OWNER)
            app = create_app(Settings(rollups=rollups, **settings), known, loaded=loaded_with(*metrics), database=clock.database)
            client = stack.enter_context(TestClient(app, "http://localhost"))
            return Api(clock, known, logged, client)

        yield start


@pytest.fixture
def api(start: Callable[..., Api]) -> Api:
    return start()


def seller_with_orders(world: World, number: int = 1) -> Any:
    seller = world.account()
    for _ in range(number):
        seller.order(ship_by=seller.when + DAY)
    seller.save()
    return seller


def test_the_same_request_gets_the_same_bytes_without_a_statement(api: Api) -> None:
    seller_with_orders(api.world)
    first = api.send(HEALTH)
    assert not api.was_cached
    second = api.send(HEALTH)
    assert api.was_cached
    assert second.content == first.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"]


@pytest.mark.parametrize("sent_by", ["this program", "another"])
def test_a_remembered_answer_does_not_wait_for_operations_that_read(start: Callable[..., Api], sent_by: str) -> None:
    api = start(operation_timeout=3)
    seller = seller_with_orders(api.world)
    api.send(HEALTH)
    with contextlib.ExitStack() as reading:
        for _ in range(READERS):
            reading.enter_context(api.world.database.snapshot())
        if sent_by == "another":  # the state of the accounts has to be read again
            with api.world.database.writing() as connection:
                connection.execute(sa.update(AccountRecord).where(AccountRecord.account_id == seller.account_id).values(name="Shop"))
        api.data(HEALTH, cached=True)


def test_the_log_says_of_a_remembered_answer_what_it_says_of_any(api: Api) -> None:
    seller_with_orders(api.world)
    lines = []
    for _ in range(2):
        api.send(HEALTH)
        lines.append(api.last)
    assert [line["cached"] for line in lines] == [False, True]
    assert [line["operation"] for line in lines] == ["Health", "Health"]
    assert lines[0]["cost"] == lines[1]["cost"] > 0


def test_the_media_type_is_that_of_each_request(api: Api) -> None:
    first = api.send(NAME, key="a", headers={"Accept": "application/json"})
    second = api.send(NAME, key="a", headers={"Accept": "application/graphql-response+json"})
    assert api.was_cached
    assert [each.headers["Content-Type"].split(";")[0].rpartition("+")[0] for each in (first, second)] == [
        "",
        "application/graphql-response",
    ]


def test_another_document_variable_operation_or_method_is_another_request(api: Api) -> None:
    seller_with_orders(api.world)
    assert api.data(NAME, cached=False, key="seller-1") == {"account": {"key": "seller-1"}}
    assert api.data(NAME, cached=False, key="seller-2") == {"account": None}
    assert api.data(f"{NAME} ", cached=False, key="seller-1") == {"account": {"key": "seller-1"}}
    both = "query A { a: __typename } query B { b: __typename }"
    for _ in range(2):
        for name in ("A", "B"):
            response = api.client.post("/graphql", json={"query": both, "operationName": name}, headers=bearer("owner"))
            assert response.json()["data"] == {name.lower(): "Query"}
    rating = "query ($rating: Int!) { classifyFeedback(rating: $rating) }"
    api.data(rating, cached=False, rating=1)
    assert "errors" in api.send(rating, rating=True).json()  # equal to 1 in Python


def test_an_import_ends_it(api: Api) -> None:
    seller = seller_with_orders(api.world)
    for number in (1, 2, 3):
        data = api.data(HEALTH, cached=False)
        assert data["accounts"]["nodes"][0]["metrics"]["orderDefectRate"]["orders"] == number
        assert api.data(HEALTH, cached=True) == data
        seller.order()
        seller.save()


def test_a_new_account_and_one_that_is_gone_end_it(api: Api) -> None:
    seller = seller_with_orders(api.world)
    api.data(HEALTH, cached=False)
    seller_with_orders(api.world)
    assert len(api.data(HEALTH, cached=False)["accounts"]["nodes"]) == 2
    with api.world.database.writing() as connection:
        accounts.erase(connection, seller.account_id)
    assert len(api.data(HEALTH, cached=False)["accounts"]["nodes"]) == 1


def test_a_commit_that_changes_no_account_does_not(api: Api) -> None:
    seller_with_orders(api.world)
    api.data(HEALTH, cached=False)
    with api.world.database.writing() as connection:
        connection.execute(sa.update(AccountRecord).values(name=AccountRecord.name))
    api.data(HEALTH, cached=True)


def test_an_import_while_it_is_computed_keeps_it_from_being_remembered(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer could have read one account before the import, and another after it."""
    seller = seller_with_orders(api.world)
    original = Endpoint._operate

    def meanwhile(*arguments: Any) -> Any:
        reply = original(*arguments)
        seller.order()
        seller.save()
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, "_operate", meanwhile)
        api.data(HEALTH, cached=False)
    assert api.data(HEALTH, cached=False)["accounts"]["nodes"][0]["metrics"]["orderDefectRate"]["orders"] == 2


def test_no_viewer_gets_the_answer_of_another(api: Api) -> None:
    sellers = [seller_with_orders(api.world), seller_with_orders(api.world)]

    def viewer(name: str, *granted: int, permission: Permission = Permission.READ) -> Viewer:
        return Viewer(name, name, frozenset({permission}), frozenset(sellers[number].account_id for number in granted))

    def keys(token: str, *, cached: bool) -> list[str]:
        return [each["key"] for each in api.data(HEALTH, cached=cached, token=token)["accounts"]["nodes"]]

    api.known.viewers |= {"one": viewer("one", 0), "other": viewer("other", 1)}
    assert keys("owner", cached=False) == ["seller-1", "seller-2"]
    assert keys("one", cached=False) == ["seller-1"]
    assert keys("other", cached=False) == ["seller-2"]
    assert keys("one", cached=True) == ["seller-1"]
    # Tokens are remembered for seconds, so each change has a token of its own.
    api.known.viewers["changed"] = viewer("one", 1)
    assert keys("changed", cached=False) == ["seller-2"]
    api.known.viewers["more"] = viewer("one", 0, 1)
    assert keys("more", cached=False) == ["seller-1", "seller-2"]
    api.known.viewers["writer"] = viewer("one", 0, permission=Permission.WRITE)
    assert "errors" in api.send(HEALTH, token="writer").json()
    api.known.viewers["renamed"] = replace(viewer("one", 0), name="New name")
    assert api.data("{ viewer { name } }", cached=False, token="one") == {"viewer": {"name": "one"}}
    assert api.data("{ viewer { name } }", cached=False, token="renamed") == {"viewer": {"name": "New name"}}
    assert keys("one", cached=True) == ["seller-1"]


def test_what_an_account_of_others_does_is_no_matter(api: Api) -> None:
    own, foreign = seller_with_orders(api.world), seller_with_orders(api.world)
    api.known.viewers["one"] = Viewer("one", "one", frozenset({Permission.READ}), frozenset({own.account_id}))
    api.data(HEALTH, cached=False, token="one")
    foreign.order()
    foreign.save()
    api.data(HEALTH, cached=True, token="one")


def test_who_is_no_longer_let_in_gets_no_answer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellerhealth.http.authentication.REMEMBERED", 0.0)
    api.data(HEALTH, cached=False)
    api.data(HEALTH, cached=True)
    del api.known.viewers["owner"]
    assert api.send(HEALTH).status_code == 401


def test_midnight_ends_it(api: Api) -> None:
    seller_with_orders(api.world)
    api.data(HEALTH, cached=False)
    api.world.clock = dt.datetime.combine(CLOCK.date(), dt.time.max, dt.UTC)
    api.data(HEALTH, cached=True)
    api.world.clock += dt.timedelta(microseconds=1)
    api.data(HEALTH, cached=False)
    api.world.clock -= HOUR  # a clock that is set back
    api.data(HEALTH, cached=False)


@pytest.mark.parametrize("document", [LATE, AT_RISK])
def test_what_the_facts_say_of_a_clock_holds_for_that_clock_alone(api: Api, document: str) -> None:
    api.world.account().order("waits", placed_at=CLOCK - DAY, ship_by=CLOCK + HOUR)
    api.world.save()
    before = api.data(document, cached=False)
    assert api.data(document, cached=True) == before
    api.world.clock += dt.timedelta(microseconds=1)
    assert api.data(document, cached=False) == before
    api.world.clock += HOUR
    assert api.data(document, cached=False) != before


def test_with_rollups_it_holds_until_something_falls_due(start: Callable[..., Api], world: World) -> None:
    world.account().order("waits", placed_at=CLOCK - DAY, ship_by=CLOCK + HOUR)
    world.save()
    api = start(rollups=True)
    until = time.monotonic() + 60
    while True:  # until the keeper has begun: before, the facts answer
        assert time.monotonic() < until
        world.clock += dt.timedelta(microseconds=1)
        before = api.send(LATE).json()["data"]
        if api.was_cached:
            break
    world.clock = CLOCK + HOUR
    assert api.data(LATE, cached=True) == before
    world.clock += dt.timedelta(microseconds=1)
    assert api.data(LATE, cached=False) != before


def test_other_plugins_are_another_server(start: Callable[..., Api]) -> None:
    orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
    own = Metric(
        key="acme_orders",
        title="T",
        description="D.",
        section="acme",
        windows=(Window(30),),
        measures={"orders": orders},
        value=Count(orders),
    )
    document = "{ metricDefinitions { key } }"
    one, other = start(own), start()
    assert "acme_orders" in str(one.data(document, cached=False))
    assert "acme_orders" not in str(other.data(document, cached=False))
    assert "acme_orders" in str(one.data(document, cached=True))


def test_an_error_is_not_remembered_even_if_it_is_a_part_of_an_answer(api: Api) -> None:
    seller_with_orders(api.world)
    partial = '{ account(key: "seller-1") { key metricResults(keys: ["none"]) { display } } }'
    for document in (partial, "{ nothing }", "{"):
        for _ in range(2):
            assert "errors" in api.send(document).json()
            assert not api.was_cached


def test_what_is_not_a_query_is_not_remembered(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Schema.run

    def as_mutation(self: Schema, request: Request) -> Any:
        result = run(self, request)
        request.context.operation_type = OperationType.MUTATION
        return result

    monkeypatch.setattr(Schema, "run", as_mutation)
    for _ in range(2):
        api.data("{ __typename }", cached=False)


def test_introspection_is_an_answer_like_any_other(api: Api) -> None:
    document = "{ __schema { queryType { name } } }"
    assert api.data(document, cached=False) == api.data(document, cached=True)


def test_a_remembered_answer_costs_what_it_cost_before(start: Callable[..., Api]) -> None:
    api = start(cost_per_minute=20_200, document_limits=DocumentLimits(cost=20_000))
    seller_with_orders(api.world)
    began, number = time.monotonic(), 1
    cost = api.send(HEALTH).json()["extensions"]["cost"]["requestedQueryCost"] + 100
    while (refused := api.send(HEALTH)).status_code == 200:
        assert api.was_cached
        number += 1
    assert number * cost <= 20_200 * (1 + (time.monotonic() - began) / 60)  # the budget fills up meanwhile
    assert refused.status_code == 429
    assert refused.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert refused.json()["extensions"]["cost"]["requestedQueryCost"] == cost - 100


def test_for_an_answer_beyond_the_budget_nothing_is_read_even_if_it_is_remembered(start: Callable[..., Api]) -> None:
    api = start(cost_per_minute=20_200, document_limits=DocumentLimits(cost=20_000))
    seller = seller_with_orders(api.world)
    while True:
        seller.order()
        seller.save()  # so that the accounts are looked at
        refused = api.send(HEALTH).status_code == 429
        assert api.last["cached"] is False
        assert (api.last["statements"] == 0) is refused
        if refused:
            break


def test_on_a_server_the_accounts_are_looked_at_each_time(stores: Stores, built_ins: Loaded) -> None:
    with stores.open(Kind.POSTGRESQL) as database:
        world = World(database)
        seller = seller_with_orders(world)
        app = create_app(Settings(clock=CLOCK, rollups=False), Known(owner=OWNER), loaded=built_ins, database=database)
        with capture_logs() as logged, TestClient(app, "http://localhost") as client:
            api = Api(world, Known(), logged, client)
            for _ in range(2):
                data = api.data(HEALTH, cached=False)
                assert api.data(HEALTH, cached=True) == data
                assert api.last["statements"] == 1
                seller.order()
                seller.save()


def test_it_can_be_turned_off(start: Callable[..., Api]) -> None:
    api = start(response_cache_bytes=0)
    for _ in range(2):
        api.data(NAME, cached=False, key="a")
    assert api.last["statements"] == 1


def test_answers_of_a_replica_are_not_remembered(database: Database) -> None:
    states = KnownStates(SimpleNamespace(replica=database.reader), lambda: CLOCK)  # type: ignore[arg-type]  # all that is read of it
    cache, question = ResponseCache(states, lambda: CLOCK, 1_000_000), Question(OWNER, "POST", b"")
    assert asyncio.run(states.of(OWNER, NEVER)) is None
    asyncio.run(cache.remember(question, Answer(b"", None, 1), Holding(None, CLOCK, None), NEVER))
    assert cache.find(question) is None


def test_on_a_cluster_nothing_is_remembered_and_no_worker_is_asked_for_it(
    start: Callable[..., Api], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sellerhealth.engine.known_states.is_on_cluster", lambda connection: True)
    api = start()
    seller_with_orders(world)
    for _ in range(2):
        api.data(NAME, cached=False, key="seller-1")
        assert api.last["statements"] == 1


def test_memory_is_bounded_and_what_was_used_longest_ago_is_dropped(database: Database) -> None:
    size = 100_000
    states = KnownStates(database, lambda: CLOCK)
    cache = ResponseCache(states, lambda: CLOCK, 5 * (size + 2 * ENTRY))

    async def find(question: Question) -> bool:
        found = cache.find(question)
        return found is not None and await cache.is_current(question, found, NEVER)

    async def remember_and_find() -> list[bool]:
        state = await states.of(OWNER, NEVER)
        assert state is not None
        questions = [Question(OWNER, "POST", bytes([number])) for number in range(6)]
        for number, question in enumerate(questions):
            await cache.remember(question, Answer(bytes(size), None, 1), Holding(state, CLOCK, None), NEVER)
            assert await find(questions[0]), number
        await cache.remember(Question(OWNER, "POST", b"large"), Answer(bytes(3 * size), None, 1), Holding(state, CLOCK, None), NEVER)
        return [await find(each) for each in (*questions, Question(OWNER, "POST", b"large"))]

    found = asyncio.run(remember_and_find())
    assert found == [True, False, True, True, True, True, False]
    assert 5 * size < cache.bytes <= 5 * (size + 2 * ENTRY)
