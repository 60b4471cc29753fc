"""The access log: a line for each request, with an id that the client gets too."""

import asyncio
import logging
import re

import pytest
import structlog
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from sellerhealth import Count, Metric, Window, count
from sellerhealth.access import Permission, Viewer
from sellerhealth.app import create_app
from sellerhealth.facts import Order
from sellerhealth.request_record import MAX_NAME, with_request_id
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK
from tests.support.authentication import Known, bearer
from tests.support.stores import Kind

ME = Viewer("id-1", "A name that is not logged", frozenset({Permission.READ}), granted=None)
ACCOUNT = "query Health($key: String!) { account(key: $key) { healthStatus } }"


class Broken(Count):
    """A value that cannot be computed."""

    def __call__(self, numbers):
        raise RuntimeError("out of order")


@pytest.fixture
def broken():
    orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
    return Metric(
        key="acme_broken",
        title="T",
        description="D.",
        section="acme",
        windows=(Window(30),),
        measures={"orders": orders},
        value=Broken(orders),
    )


@pytest.fixture
def client(world, loaded_with, broken):
    world.account().save()
    app = create_app(Settings(clock=CLOCK, rollups=False), Known(key=ME), loaded=loaded_with(broken), database=world.database)
    with TestClient(app, "http://localhost", headers=bearer("key"), follow_redirects=False) as client:
        yield client


@pytest.fixture
def logged():
    with capture_logs(processors=[with_request_id]) as lines:
        yield lines


@pytest.fixture
def for_state(stores):
    """How many statements the first requests take for the state of the accounts, on which remembered answers depend.

    A file says whether it has changed. A server is read before the first read of an operation, and after one that has an answer without a
    read. A cluster is never read.
    """
    if stores.are_on_cluster:
        return [0, 0, 0, 0]
    return [1, 0, 0, 0] if stores.kind is Kind.SQLITE else [1, 1, 1, 0]


def post(client, query, headers=None, **members):
    return client.post("/graphql", json={"query": query, **members}, headers=headers)


def test_a_request_has_one_line_with_everything_that_it_took(client, logged, for_state):
    response = post(client, ACCOUNT, variables={"key": "seller-1"})
    cost = response.json()["extensions"]["cost"]["requestedQueryCost"]
    (line,) = logged
    assert line.pop("milliseconds") > 0
    assert line.pop("statements") == 2 + for_state[0]  # the account, and its metrics
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": response.headers["X-Request-Id"],
        "method": "POST",
        "route": "/graphql",
        "status": 200,
        "viewer": "id-1",
        "operation": "Health",
        "cost": cost,
        "unplanned": 0,
        "cached": False,
    }


def test_lines_of_requests_are_apart(client, logged, for_state):
    for query in (ACCOUNT, "query Name { viewer { name } }", "{ __typename }", "{"):
        post(client, query, variables={"key": "seller-1"})
    assert [line["operation"] for line in logged] == ["Health", "Name", None, None]
    first, *others = for_state
    assert [line["statements"] for line in logged] == [2 + first, *others]
    assert [line["cost"] is None for line in logged] == [False, False, False, True]
    assert len({line["request_id"] for line in logged}) == 4


def test_the_operation_is_the_one_that_was_chosen_and_its_name_is_bounded(client, logged):
    post(client, "query A { __typename } query B { __typename }", operationName="B")
    post(client, "query A { __typename }", operationName="no-name-of-the-document")
    post(client, f"query {'x' * 500} {{ __typename }}")
    assert [line["operation"] for line in logged] == ["B", None, "x" * MAX_NAME]


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/healthz", "/healthz", 200),
        ("GET", "/schema.graphql", "/schema.graphql", 200),
        ("GET", "/graphiql", "/graphiql", 200),
        ("GET", "/graphiql/start.js", "/graphiql", 200),
        ("GET", "/graphiql/a-secret", "/graphiql", 404),
        ("GET", "/a-secret?a=secret", None, 404),
        ("GET", "/graphql?query=secret", "/graphql", 200),
        ("OPTIONS", "/graphql", "/graphql", 405),
        ("DELETE", "/healthz", "/healthz", 405),
    ],
)
def test_every_kind_of_request_has_a_line_without_its_address(client, logged, method, path, route, status):
    response = client.request(method, path)
    (line,) = logged
    assert (line["method"], line["route"], line["status"]) == (method, route, status)
    assert line["request_id"] == response.headers["X-Request-Id"]
    assert "secret" not in str(line)


def test_strangers_and_other_hosts_have_a_line_without_a_viewer(client, logged):
    assert post(client, ACCOUNT, headers=bearer("a-secret")).status_code == 401
    assert post(client, ACCOUNT, headers={"Host": "a-secret.example"}).status_code == 421
    assert [(line["status"], line["viewer"], line["statements"]) for line in logged] == [(401, None, 0), (421, None, 0)]
    assert "secret" not in str(logged)


@pytest.mark.parametrize("given", ["0", "4f0d6a8e-0f3c-4d0e-9f57-3f3b0c1f9a54", "Root_1.2-3", "x" * 64])
def test_a_well_formed_id_is_kept(client, logged, given):
    assert client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given
    assert logged[0]["request_id"] == given


@pytest.mark.parametrize("given", [[""], ["x" * 65], ["a b"], ['a", "viewer": "owner'], ["a\x1b[31m"], ["ä".encode()], ["a", "b"]])
def test_any_other_id_is_replaced(client, logged, given):
    response = client.get("/healthz", headers=[("X-Request-Id", value) for value in given])
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-Id"])
    assert logged[0]["request_id"] == response.headers["X-Request-Id"]


def test_what_fails_is_logged_with_the_id_of_its_request(client, logged):
    response = post(client, '{ account(key: "seller-1") { metrics { acmeBroken { value } } } }')
    failed, line = logged
    assert failed["event"] == "metric_failed"
    assert failed["error_id"] == response.json()["errors"][0]["extensions"]["errorId"]
    assert failed["request_id"] == line["request_id"] == response.headers["X-Request-Id"]


def test_pages_of_other_origins_can_read_the_id(client):
    response = client.get("/healthz", headers={"Origin": "http://localhost:3000"})
    assert "X-Request-Id" in response.headers["Access-Control-Expose-Headers"]


def test_a_fault_outside_of_the_api_has_a_line_as_well(client, logged, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("sellerhealth.app.check_readable", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.headers["X-Content-Type-Options"]) == (500, "nosniff")
    (error,) = response.json()["errors"]
    failed, line = logged
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "errorId": failed["error_id"]}
    assert isinstance(failed["exc_info"], ZeroDivisionError)
    assert (line["route"], line["status"]) == ("/readyz", 500)
    assert failed["request_id"] == line["request_id"] == response.headers["X-Request-Id"]


def test_a_client_that_went_before_there_was_a_response_has_a_line_without_a_status(client, logged):
    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        raise AssertionError(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"authorization", b"Bearer key")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    asyncio.run(client.app(scope, receive, send))
    assert [(line["route"], line["status"], line["viewer"]) for line in logged] == [("/graphql", None, "id-1")]


def test_a_program_that_logs_by_the_standard_library_gets_the_lines_too(world, built_ins, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    before = structlog.get_config()
    stdlib = structlog.stdlib
    structlog.configure(
        processors=[stdlib.add_logger_name, stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=stdlib.BoundLogger,
        logger_factory=stdlib.LoggerFactory(),
    )
    try:
        app = create_app(Settings(clock=CLOCK, rollups=False), Known(key=ME), loaded=built_ins, database=world.database)
        with TestClient(app, "http://localhost") as client:
            client.get("/healthz")
    finally:
        structlog.configure(**before)
    (line,) = [record.msg for record in caplog.records if record.name == "sellerhealth.access"]
    assert (line["event"], line["logger"], line["route"], line["status"]) == ("request", "sellerhealth.access", "/healthz", 200)
