"""The status and media type of each outcome: for both media types, in the profile of the audits and that of the newer draft."""

import json

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.http.authentication import Open
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK

NEWER = "application/graphql-response+json"
PLAIN = "application/json"

# The body, and the statuses: of the audits for the newer media type and plain JSON, then of the draft for the same.
OUTCOMES = {
    "success": ({"query": "{ __typename }"}, (200, 200, 200, 200)),
    "partial success": ({"query": "{ classifyFeedback(rating: 9) viewer { name } }"}, (200, 200, 294, 200)),
    "nothing but errors": ({"query": "{ classifyFeedback(rating: 9) }"}, (200, 200, 294, 200)),
    "not JSON": ("{", (400, 400, 400, 400)),
    "not UTF-8": (b'{"query": "\xff"}', (400, 400, 400, 400)),
    "no object": ([{"query": "{ __typename }"}], (400, 400, 422, 422)),
    "a scalar": (42, (400, 400, 422, 422)),
    "no query": ({}, (400, 400, 422, 422)),
    "query of another type": ({"query": 1}, (400, 400, 422, 422)),
    "variables of another type": ({"query": "{ __typename }", "variables": [7]}, (400, 400, 422, 422)),
    "syntax": ({"query": "{"}, (400, 200, 400, 400)),
    "validation": ({"query": "{ nothing }"}, (400, 200, 422, 422)),
    "coercion": ({"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {}}, (400, 200, 422, 422)),
    "coercion of null": ({"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": None}}, (400, 200, 422, 422)),
    "ambiguous operation": ({"query": "query A { __typename } query B { __typename }"}, (400, 200, 422, 422)),
    "unknown operation": ({"query": "query A { __typename }", "operationName": "B"}, (400, 200, 422, 422)),
    "too complex": ({"query": "{" + "a: __typename " * 60 + "}"}, (400, 200, 422, 422)),
    "unknown hash": ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0"}}}, (400, 200, 422, 422)),
}
WITHOUT_DATA = [name for name, (_, statuses) in OUTCOMES.items() if 400 in statuses]


@pytest.fixture(scope="module")
def draft(built_ins, tmp_path_factory):
    """The application with the newer draft's statuses."""
    settings = Settings(clock=CLOCK, http_profile="draft", database=f"sqlite:///{tmp_path_factory.mktemp('draft')}/none.db")
    with TestClient(create_app(settings, Open(), loaded=built_ins), "http://localhost") as client:
        yield client


def send(client, body, accept):
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return client.post("/graphql", content=content, headers={"Content-Type": PLAIN, "Accept": accept})


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_has_its_status_by_the_audits(client, outcome):
    body, (newer, plain, _, _) = OUTCOMES[outcome]
    for accept, status in ((NEWER, newer), (PLAIN, plain)):
        response = send(client, body, accept)
        assert response.status_code == status
        assert response.headers["Content-Type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_has_its_status_by_the_draft(draft, outcome):
    body, (_, _, newer, plain) = OUTCOMES[outcome]
    for accept, status in ((NEWER, newer), (PLAIN, plain)):
        response = send(draft, body, accept)
        assert response.status_code == status
        # Plain JSON with a status beyond 2xx could come from any proxy, so such a response always has the newer media type.
        assert response.headers["Content-Type"] == f"{accept if status < 300 else NEWER}; charset=utf-8"


@pytest.mark.parametrize("outcome", WITHOUT_DATA)
def test_what_was_not_executed_has_errors_and_no_data(client, draft, outcome):
    for application in (client, draft):
        response = send(application, OUTCOMES[outcome][0], NEWER).json()
        assert "data" not in response
        assert all(error["message"] and error["extensions"]["code"] for error in response["errors"])


@pytest.mark.parametrize(
    ("method", "headers", "status", "allow"),
    [
        ("PUT", {}, 405, "GET, POST"),
        ("HEAD", {}, 405, "GET, POST"),
        ("POST", {"Accept": "text/html"}, 406, None),
        ("POST", {"Content-Type": "text/plain"}, 415, None),
        ("GET", {}, 405, "POST"),
    ],
)
def test_a_wrong_method_or_header_has_the_same_status_in_both_profiles(client, draft, method, headers, status, allow):
    parameters = {"query": "mutation { anything }"} if method == "GET" else None
    for application in (client, draft):
        response = application.request(method, "/graphql", params=parameters, headers={"Content-Type": PLAIN, "Accept": PLAIN, **headers})
        assert (response.status_code, response.headers.get("Allow")) == (status, allow)
        if method != "HEAD":
            assert response.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


def test_a_mutation_cannot_be_smuggled_into_a_get_by_the_name_of_an_operation(client, draft):
    for application in (client, draft):
        parameters = {"query": "query A { __typename } mutation B { anything }", "operationName": "B"}
        assert application.get("/graphql", params=parameters).status_code == 405
