"""What a server shows of its schema: everything on loopback, elsewhere only what the settings say."""

import hashlib
import json

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.http.authentication import Open
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK
from tests.support.authentication import Known

WHOLE_SCHEMA = "{ __schema { queryType { name } } }"
ONE_TYPE = '{ __type(name: "Query") { name } }'

# A document for each kind of suggestion, with its variables.
MISSPELT = {
    "field": ("{ acount(key: 1) { key } }", {}),
    "field of another type": ('{ node(id: "") { healthStatus } }', {}),
    "field without a selection": ('{ account(key: "k") }', {}),
    "argument": ('{ account(kye: "k") { key } }', {}),
    "type": ("{ ...F } fragment F on Qery { __typename }", {}),
    "type of a variable": ("query ($key: Strin!) { account(key: $key) { key } }", {}),
    "argument of a directive": ("{ __typename @skip(fi: true) }", {}),
    "input field": ("{ accounts(filter: {serach: null}) { totalCount } }", {}),
    "enum value": ("{ accounts(filter: {statuses: [GOD]}) { totalCount } }", {}),
    "input field of a variable": (
        "query ($filter: AccountFilter) { accounts(filter: $filter) { totalCount } }",
        {"filter": {"serach": "a"}},
    ),
    "enum value of a variable": (
        "query ($filter: AccountFilter) { accounts(filter: $filter) { totalCount } }",
        {"filter": {"statuses": ["GOD"]}},
    ),
    "metric": ('{ metricDefinition(key: "late_shipment") { key } }', {}),
}


@pytest.fixture
def serve(world, built_ins):
    """A client of an application with some settings, reached as on loopback."""

    def serve(authenticator=None, **settings):
        app = create_app(Settings(clock=CLOCK, **settings), authenticator or Open(), loaded=built_ins, database=world.database)
        return TestClient(app, "http://localhost", follow_redirects=False)

    return serve


def post(client, query, variables=None):
    return client.post("/graphql", json={"query": query, "variables": variables or {}}).json()


def test_on_loopback_the_schema_is_open(serve):
    client = serve()
    assert post(client, WHOLE_SCHEMA)["data"]["__schema"] == {"queryType": {"name": "Query"}}
    assert post(client, ONE_TYPE)["data"]["__type"] == {"name": "Query"}
    assert [client.get(path).status_code for path in ("/schema.graphql", "/graphiql", "/graphiql/start.js", "/")] == [200, 200, 200, 307]


@pytest.mark.parametrize("settings", [{"host": "0.0.0.0"}, {"introspection": False, "graphiql": False}])
def test_elsewhere_or_if_the_settings_say_so_it_is_closed(serve, settings):
    client = serve(**settings)
    for document in (WHOLE_SCHEMA, ONE_TYPE):
        response = post(client, document)
        assert "data" not in response
        assert {error["extensions"]["code"] for error in response["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert post(client, "{ __typename }")["data"] == {"__typename": "Query"}
    assert [client.get(path).status_code for path in ("/schema.graphql", "/graphiql", "/graphiql/start.js", "/")] == [404, 404, 404, 404]


def test_each_can_be_opened_by_its_setting(serve):
    client = serve(host="0.0.0.0", introspection=True)
    assert "errors" not in post(client, WHOLE_SCHEMA)
    assert [client.get(path).status_code for path in ("/schema.graphql", "/graphiql")] == [200, 404]
    client = serve(host="0.0.0.0", graphiql=True)
    assert "errors" in post(client, WHOLE_SCHEMA)
    assert [client.get(path).status_code for path in ("/schema.graphql", "/graphiql")] == [404, 200]


@pytest.mark.parametrize("kind", MISSPELT)
def test_names_are_suggested_only_where_the_schema_is_open(serve, kind):
    document, variables = MISSPELT[kind]
    openly, closed = (post(serve(introspection=introspection), document, variables)["errors"] for introspection in (True, False))
    (suggesting,) = [error for error in openly if "Did you mean" in error["message"]]
    before, _, after = suggesting["message"].partition(" Did you mean ")
    assert closed == [error if error is not suggesting else error | {"message": before + after.partition("?")[2]} for error in openly]


def test_a_trusted_document_may_query_the_schema_even_if_others_may_not(serve, tmp_path):
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({hashlib.sha256(WHOLE_SCHEMA.encode()).hexdigest(): WHOLE_SCHEMA}))
    client = serve(host="0.0.0.0", trusted_documents=manifest)
    assert post(client, WHOLE_SCHEMA)["data"]["__schema"] == {"queryType": {"name": "Query"}}
    assert post(client, ONE_TYPE)["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    assert client.get("/schema.graphql").status_code == 404


def test_strangers_learn_no_schema(serve):
    client = serve(Known())
    response = client.get("/schema.graphql")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
