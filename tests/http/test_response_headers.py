"""The headers of security, on responses of every kind."""

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.errors import StoreUnreachable
from sellerhealth.http.authentication import Open
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK
from tests.support.authentication import Known

PATHS = ["/", "/graphql", "/graphiql", "/graphiql/start.js", "/schema.graphql", "/healthz", "/readyz", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_browsers_may_not_guess_the_type_of_a_response(client, path, host):
    response = client.get(path, headers={"Host": host})
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in response.headers
    assert "Strict-Transport-Security" not in response.headers


@pytest.mark.parametrize("query", ["{ __typename }", "{ nothing }", "{", ""])
def test_nobody_keeps_a_response_of_the_api_but_a_browser_the_answer_to_a_get(client, query):
    assert client.post("/graphql", json={"query": query}).headers["Cache-Control"] == "no-store"
    may_be_kept = query == "{ __typename }"
    by_get = client.get("/graphql", params={"query": query})
    assert by_get.headers["Cache-Control"] == ("private, no-cache" if may_be_kept else "no-store")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["localhost", "evil.example", ""])
def test_nobody_keeps_any_response_but_the_files_of_graphiql(client, path, host):
    response = client.get(path, headers={"Host": host})
    is_file = path.startswith("/graphiql") and host == "localhost"
    assert response.headers.get_list("Cache-Control") == ["no-cache" if is_file else "no-store"]


def test_nobody_keeps_what_is_said_of_a_failure_around_the_endpoint(built_ins, tmp_path):
    class Failing(Known):
        def viewer_of(self, token):
            raise StoreUnreachable("The database cannot be reached.")

    settings = Settings(clock=CLOCK, database=f"sqlite:///{tmp_path}/none.db")
    client = TestClient(create_app(settings, Failing(), loaded=built_ins), "http://localhost")
    for path in ("/graphql", "/schema.graphql", "/readyz"):
        response = client.get(path)
        assert (response.status_code, response.headers["Cache-Control"]) == (503, "no-store")


def test_https_is_demanded_if_the_settings_say_so(world, built_ins):
    settings = Settings(clock=CLOCK, hsts_seconds=31536000)
    client = TestClient(create_app(settings, Open(), loaded=built_ins, database=world.database), "http://localhost", follow_redirects=False)
    for path in PATHS:
        assert client.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("origin", [{}, {"Origin": "https://shop.example"}, {"Origin": "https://evil.example"}], ids=str)
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
@pytest.mark.parametrize("path", PATHS)
def test_every_response_varies_by_origin_once(client, path, host, origin):
    response = client.get(path, headers={"Host": host, **origin})
    assert ", ".join(response.headers.get_list("Vary")).split(", ").count("Origin") == 1


def test_what_is_said_of_a_failure_varies_by_origin_too(built_ins, world, monkeypatch):
    app = create_app(Settings(clock=CLOCK), Open(), loaded=built_ins, database=world.database)

    async def fail(*_):
        raise RuntimeError("a failure around the endpoint")

    monkeypatch.setattr("sellerhealth.http.entrance.Entrance._responder", lambda *_: fail)
    response = TestClient(app, "http://localhost").get("/graphql", headers={"Origin": "https://shop.example"})
    assert (response.status_code, response.headers["Vary"]) == (500, "Origin")
