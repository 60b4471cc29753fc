import asyncio
import datetime as dt
import json

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.http.authentication import Open
from sellerhealth.settings import REQUEST_LIMITS, RequestLimits, Settings
from sellerhealth.testing import CLOCK, at

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"


def post(client, query="{ __typename }", accept=RESPONSE_JSON, path="/graphql", **members):
    return client.post(path, json={"query": query, **members}, headers={"Accept": accept})


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("text/html, application/json;q=0.1", JSON),
        (RESPONSE_JSON, RESPONSE_JSON),
        (f"{RESPONSE_JSON}, {JSON}", RESPONSE_JSON),
        (f"{JSON}, {RESPONSE_JSON}", RESPONSE_JSON),
        (f"{RESPONSE_JSON},{JSON};q=0.9", RESPONSE_JSON),
        (f"{RESPONSE_JSON};q=0.5, {JSON}", JSON),
        (f"{RESPONSE_JSON};q=0, */*;q=0.1", JSON),
        (f"{RESPONSE_JSON}; charset=utf-8, {JSON}; charset=utf-8", RESPONSE_JSON),
        ("APPLICATION/JSON", JSON),
    ],
)
def test_the_response_has_the_media_type_that_the_client_prefers(client, accept, content_type):
    request = client.build_request("POST", "/graphql", json={"query": "{ __typename }"})
    del request.headers["Accept"]
    if accept is not None:
        request.headers["Accept"] = accept
    response = client.send(request)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == f"{content_type}; charset=utf-8"
    assert "Accept" in response.headers["Vary"]
    assert response.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("accept", ["text/html", f"{JSON};q=0", f"{RESPONSE_JSON};q=x", "garbage"])
def test_a_client_that_accepts_neither_media_type_gets_406(client, accept):
    response = post(client, accept=accept)
    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_an_operation_is_chosen_by_its_name(client):
    query = "query A { a: __typename } query B { b: __typename }"
    assert post(client, query, operationName="B").json()["data"] == {"b": "Query"}
    assert post(client, "query A { a: __typename }").json()["data"] == {"a": "Query"}
    assert post(client, "query A { a: __typename }", operationName="").json()["data"] == {"a": "Query"}
    for document, name in ((query, "C"), ("fragment F on Query { __typename }", None)):
        response = post(client, document, operationName=name)
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


def test_queries_can_be_sent_by_get(client):
    parameters = {
        "query": "query A($rating: Int!) { classifyFeedback(rating: $rating) }",
        "operationName": "A",
        "variables": '{"rating": 5}',
    }
    assert client.get("/graphql", params=parameters).json()["data"] == {"classifyFeedback": "POSITIVE"}
    empty = {"query": "{ __typename }", "operationName": "", "variables": "", "extensions": ""}
    assert client.get("/graphql", params=empty).json()["data"] == {"__typename": "Query"}
    assert client.get("/graphql", params={"query": "{ __typename }", "variables": "[]"}).status_code == 400
    assert client.get("/graphql", params={"query": "{ __typename }", "variables": "{"}).status_code == 400


def test_get_runs_queries_only(client):
    response = client.get("/graphql", params={"query": "mutation { anything }"})
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert response.json()["errors"][0]["message"] == "By GET only queries can be run. Send a mutation by POST."


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_refused_with_those_that_are_allowed(client, method):
    response = client.request(method, "/graphql")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/plain, application/json",
        "application/json; charset=latin-1",
        "multipart/form-data",
    ],
)
def test_a_body_of_another_type_is_refused(client, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert response.status_code == 415
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', "application/json; charset=utf8"],
)
def test_a_body_of_json_in_utf_8_is_read(client, content_type):
    body = '{"query": "query ($key: String!) { account(key: $key) { key } }", "variables": {"key": "Bärenhaus \\ud83d\\ude00"}}'
    response = client.post("/graphql", content=body.encode(), headers={"Content-Type": content_type})
    assert response.json()["data"] == {"account": None}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"42",
        b"null",
        b'"text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": {}}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "variables": "text"}',
        b'{"query": "{ __typename }", "variables": [7]}',
        b'{"query": "{ __typename }", "extensions": 0}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": -Infinity}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
        b'{"query": "\xff"}',
        '{"query": "{ __typename }"}'.encode("utf-16"),
        b"[" * 50_000,
        b'{"query": "{ __typename }", "variables": {"a": ' + b"1" * 100_000 + b"}}",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    ],
)
def test_a_malformed_request_is_refused_with_an_error_in_json(client, body):
    for accept in (JSON, RESPONSE_JSON):
        response = client.post("/graphql", content=body, headers={"Content-Type": JSON, "Accept": accept})
        assert response.status_code == 400
        assert response.headers["Content-Type"] == f"{accept}; charset=utf-8"
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert error["message"].endswith(".")


def test_null_members_count_as_left_out(client):
    for members in ({"operationName": None, "variables": None, "extensions": None}, {"variables": {}, "extensions": {"any": "thing"}}):
        assert post(client, **members).json()["data"] == {"__typename": "Query"}
    assert post(client, documentId=None, extensions={"persistedQuery": None}).json()["data"] == {"__typename": "Query"}


def test_a_body_that_is_too_large_is_refused(client):
    body = json.dumps({"query": "{ __typename }", "variables": {"a": "x" * REQUEST_LIMITS.body_bytes}})
    response = client.post("/graphql", content=body, headers={"Content-Type": JSON})
    assert response.status_code == 413


def test_a_document_that_is_too_long_is_refused(client):
    query = "{ __typename }".ljust(REQUEST_LIMITS.document_characters, "#")
    assert post(client, query).status_code == 200
    response = post(client, f"{query}#")
    assert response.status_code == 413
    assert response.json()["errors"] == [
        {"message": "The document is longer than 50,000 characters.", "extensions": {"code": "BAD_USER_INPUT"}}
    ]


def nested(depth, kind):
    """JSON of lists or objects in each other."""
    return "[" * depth + "]" * depth if kind == "lists" else '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)


@pytest.mark.parametrize("kind", ["lists", "objects"])
def test_json_may_be_nested_only_so_deep(client, kind):
    most = REQUEST_LIMITS.json_depth
    for depth, status in ((most, 200), (most + 1, 400), (2 * most, 400)):
        inside = nested(depth - 2, kind)  # in `extensions`, in the request
        body = f'{{"query": "{{ __typename }}", "extensions": {{"a": {inside}}}}}'
        response = client.post("/graphql", content=body, headers={"Content-Type": JSON})
        assert response.status_code == status
        got = client.get("/graphql", params={"query": "{ __typename }", "extensions": f'{{"a": {nested(depth - 1, kind)}}}'})
        assert got.status_code == status
    assert response.json() == got.json()
    assert response.json()["errors"] == [
        {
            "message": "The request cannot be read as JSON: lists and objects are in each other more than 50 times.",
            "extensions": {"code": "BAD_USER_INPUT"},
        }
    ]


@pytest.mark.parametrize("number", ["{}", "-{}", "0.{}", "1e{}"])
def test_a_number_in_json_may_have_only_so_many_digits(client, number):
    for digits, status in ((REQUEST_LIMITS.json_digits, 200), (REQUEST_LIMITS.json_digits + 1, 400)):
        written = number.format("1" * (digits - len(number) + 2))
        body = f'{{"query": "{{ __typename }}", "extensions": {{"a": {written}}}}}'
        response = client.post("/graphql", content=body, headers={"Content-Type": JSON})
        assert response.status_code == status
    assert response.json()["errors"] == [
        {
            "message": "The request cannot be read as JSON: a number has more than 100 digits.",
            "extensions": {"code": "BAD_USER_INPUT"},
        }
    ]


def test_the_limits_of_requests_are_settings(built_ins, world):
    small = RequestLimits(body_bytes=2_000, document_characters=1_000, json_depth=10, json_digits=20, query_string_bytes=1_000)
    settings = Settings(clock=CLOCK, request_limits=small)
    with TestClient(create_app(settings, Open(), loaded=built_ins, database=world.database), "http://localhost") as client:
        statuses = [
            post(client).status_code,
            post(client, "{ __typename }" + "#" * 2_000).status_code,
            post(client, "{ __typename }" + "#" * 1_000).status_code,
            client.get("/graphql", params={"query": "{ __typename }" + "#" * 1_000}).status_code,
            post(client, extensions={"a": json.loads(nested(9, "lists"))}).status_code,
            post(client, extensions={"a": 10**20}).status_code,
        ]
    assert statuses == [200, 413, 413, 414, 400, 400]


@pytest.mark.parametrize("values", [[0] * 60_000, [{"": 0}] * 30_000, [[[[0]]]] * 20_000], ids=["numbers", "objects", "lists"])
def test_a_body_with_too_many_values_is_refused(client, values):
    body = {"query": "{ __typename }", "extensions": {"a": values}}
    response = client.post("/graphql", json=body)
    assert response.status_code == 413
    assert response.json()["errors"] == [{"message": "The body has too many values.", "extensions": {"code": "BAD_USER_INPUT"}}]
    assert client.post("/graphql", json={**body, "extensions": {"a": [0] * 50_000}}).status_code == 200


def test_a_query_string_that_is_too_long_is_refused(client):
    query = "{ __typename }" + "#" * REQUEST_LIMITS.query_string_bytes
    response = client.get("/graphql", params={"query": query})
    assert response.status_code == 414
    assert "by POST" in response.json()["errors"][0]["message"]
    assert post(client, query).status_code == 200


def test_a_body_that_does_not_arrive_is_not_waited_for(built_ins, world):
    settings = Settings(clock=CLOCK, request_limits=RequestLimits(seconds=0.05))
    app = create_app(settings, Open(), loaded=built_ins, database=world.database)
    sent = []

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"accept", b"application/json")],
    }
    asyncio.run(asyncio.wait_for(app(scope, receive, send), 5))
    start, body = sent
    assert start["status"] == 408
    assert dict(start["headers"])[b"connection"] == b"close"
    assert json.loads(body["body"])["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("site", "origin", "status"),
    [
        (None, None, 200),
        ("none", None, 200),
        ("same-origin", None, 200),
        ("cross-site", None, 403),
        ("same-site", None, 403),
        ("cross-site", "https://elsewhere.example", 403),
        ("cross-site", "null", 403),
        ("cross-site", "https://shop.example", 200),
        ("cross-site", "http://localhost:3000", 200),
        ("same-origin", "https://elsewhere.example", 200),  # a name of this server that only a proxy knows
        (None, "https://elsewhere.example", 403),
        (None, "null", 403),
        (None, "https://shop.example", 200),
    ],
)
def test_pages_of_other_sites_cannot_send_a_get_through_a_browser(client, site, origin, status):
    headers = {name: text for name, text in {"Sec-Fetch-Site": site, "Origin": origin}.items() if text}
    response = client.get("/graphql", params={"query": "{ __typename }"}, headers=headers)
    assert response.status_code == status
    assert ("data" in response.json()) is (status == 200)


def test_numbers_that_are_too_large_are_refused_in_documents_and_variables(client):
    digits = "1" * 5_000
    literal = post(client, f"{{ classifyFeedback(rating: {digits}) }}")
    assert (literal.status_code, literal.json()["errors"][0]["extensions"]["code"]) == (400, "GRAPHQL_VALIDATION_FAILED")
    variable = post(client, "query ($rating: Int!) { classifyFeedback(rating: $rating) }", variables={"rating": 2**31})
    assert (variable.status_code, variable.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")


def test_a_server_error_outside_of_the_fields_is_json_too(world, built_ins, monkeypatch):
    app = create_app(Settings(clock=CLOCK), Open(), loaded=built_ins, database=world.database)

    def fail(*arguments):
        raise RuntimeError("the secret")

    monkeypatch.setattr("sellerhealth.app.MetricBatch", fail)
    with TestClient(app, "http://localhost") as client:
        response = post(client)
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


def test_cors_allows_only_the_listed_origins(client):
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for origin, allowed in (
        ("https://shop.example", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1:5173", True),
        ("https://elsewhere.example", False),
        ("http://localhost.elsewhere.example", False),
    ):
        response = client.options("/graphql", headers={"Origin": origin, **preflight})
        assert (response.headers.get("Access-Control-Allow-Origin") == origin) is allowed


def test_a_server_that_others_can_reach_is_closed_to_local_pages(world, built_ins):
    app = create_app(Settings(host="0.0.0.0", clock=CLOCK), Open(), loaded=built_ins, database=world.database)
    with TestClient(app, "http://localhost") as client:
        response = client.get("/healthz", headers={"Origin": "http://localhost:3000"})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_the_server_reports_whether_it_is_alive_and_ready(world, built_ins):
    with TestClient(create_app(Settings(clock=CLOCK), Open(), loaded=built_ins, database=world.database), "http://localhost") as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ok"}
        with world.database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
        response = client.get("/readyz")
        assert (response.status_code, response.json()) == (503, {"status": "unavailable", "code": "STORE_NOT_READY"})
        assert client.get("/healthz").status_code == 200


def test_the_schema_can_be_read_without_introspection(client, built_in_schema):
    response = client.get("/schema.graphql")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text == built_in_schema.as_text()


@pytest.mark.parametrize(
    ("clock", "today"), [(CLOCK, "2026-03-31"), (at(4, 1, 1).astimezone(dt.timezone(dt.timedelta(hours=-8))), "2026-04-01")]
)
def test_today_is_a_day_in_utc_by_the_clock_of_the_settings(world, built_ins, clock, today):
    world.account()
    query = '{ account(key: "seller-1") { metrics { lateShipmentRate { window { asOf } } } } }'
    with TestClient(create_app(Settings(clock=clock), Open(), loaded=built_ins, database=world.database), "http://localhost") as client:
        assert post(client, query).json()["data"]["account"]["metrics"]["lateShipmentRate"] == {"window": {"asOf": today}}


def test_an_application_can_be_mounted_in_another(world, built_ins):
    own = create_app(Settings(clock=CLOCK), Open(), loaded=built_ins, database=world.database)
    for folder in ("/api", "/graphql"):
        client = TestClient(Starlette(routes=[Mount(folder, own)]), "http://localhost")
        assert post(client, path=f"{folder}/graphql").json()["data"] == {"__typename": "Query"}
    behind_a_proxy = TestClient(own, "http://localhost", root_path="/graphql", follow_redirects=False)
    assert post(behind_a_proxy, path="/graphql/graphql").json()["data"] == {"__typename": "Query"}
    assert post(behind_a_proxy, path="/graphql").status_code == 307  # to the pages at the root of the application
