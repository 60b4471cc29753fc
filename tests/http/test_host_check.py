"""Requests that name another host are refused, so that no name of others can lead to this server."""

import http.client
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.http.authentication import Open
from sellerhealth.settings import Settings
from sellerhealth.testing import CLOCK
from tests.support.running import serving

REFUSED = {"code": "MISDIRECTED_REQUEST"}
PATHS = ["/", "/graphql?query={__typename}", "/graphiql", "/graphiql/start.js", "/schema.graphql", "/healthz", "/readyz", "/nothing"]


def status_of(client, host, path="/healthz"):
    return client.get(path, headers={"Host": host}).status_code


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:9", "127.8.8.8", "[::1]", "[::1]:8000"])
def test_every_name_of_this_machine_is_answered(client, host):
    assert status_of(client, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "localhost@evil.example",
        "0.0.0.0:8000",
        "[::]",
        "10.0.0.1",
        "127.1",
        "x y",
    ],
)
def test_any_other_host_is_misdirected(client, host):
    response = client.get("/graphql", params={"query": "{ __typename }"}, headers={"Host": host})
    assert response.status_code == 421
    (error,) = response.json()["errors"]
    assert error["extensions"] == REFUSED
    assert "`allowed_hosts`" in error["message"]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_is_left_out(client, path):
    assert status_of(client, "localhost", path) != 421
    assert status_of(client, "evil.example", path) == 421


def test_a_preflight_of_another_host_is_refused_too(client):
    preflight = {"Host": "evil.example", "Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    assert client.options("/graphql", headers=preflight).status_code == 421


def test_hosts_of_the_settings_are_answered(world, built_ins):
    settings = Settings(host="Shop.internal", allowed_hosts=("Health.shop.example", "[2001:db8::1]"), clock=CLOCK)
    client = TestClient(create_app(settings, Open(), loaded=built_ins, database=world.database), "http://localhost")
    for host in ("shop.internal:8000", "health.shop.example", "[2001:DB8::1]:443", "localhost"):
        assert status_of(client, host) == 200
    for host in ("shop.example", "other.shop.example", "internal"):
        assert status_of(client, host) == 421


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_all_addresses_are_no_host_but_the_one_at_which_a_request_arrives_is(world, built_ins, host):
    app = create_app(Settings(host=host, clock=CLOCK), Open(), loaded=built_ins, database=world.database)
    client = TestClient(app, "http://10.1.2.3:8000")  # the address of the connection
    assert status_of(client, "10.1.2.3:8000") == 200
    for other in (host if host == "0.0.0.0" else f"[{host}]", "10.1.2.4:8000", "shop.example"):
        assert status_of(client, other) == 421


@pytest.fixture(scope="module")
def server(tmp_path_factory, stores):
    folder = tmp_path_factory.mktemp("server")
    with stores.in_folder(folder), serving(folder, "serve", "--port", "0") as server:
        yield server


def send(server, *lines):
    """The status and the body of the response to a request that is sent as it is written."""
    address = urlsplit(server.address)
    with closing(socket.create_connection((address.hostname, address.port), timeout=10)) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.read().decode()


def test_a_request_names_its_host_once(server):
    assert send(server, "GET /healthz HTTP/1.1", "Host: localhost")[0] == 200
    for wrong in (
        [],
        ["Host: localhost", "Host: localhost"],
        ["Host: localhost", "Host: evil.example"],
        ["Host: evil.example", "Host: localhost"],
    ):
        status, body = send(server, "GET /healthz HTTP/1.1", *wrong)
        assert (status, "BAD_USER_INPUT" in body) == (400, True)
    assert send(server, "GET /healthz HTTP/1.1", "Host:")[0] == 421
    assert send(server, "GET /healthz HTTP/1.0")[0] == 200
    assert send(server, "GET /healthz HTTP/1.0", "Host: evil.example")[0] == 421


def test_the_host_of_a_whole_target_counts_instead_of_the_header(server):
    assert send(server, "GET http://localhost:80/healthz HTTP/1.1", "Host: evil.example")[0] == 200
    assert send(server, "GET http://evil.example/healthz HTTP/1.1", "Host: localhost")[0] == 421
    assert send(server, "GET HTTP://localhost@evil.example/healthz HTTP/1.1", "Host: localhost")[0] == 421
    assert send(server, "GET http://localhost?query={__typename} HTTP/1.1", "Host: localhost")[0] == 400


def test_headers_that_a_proxy_could_add_are_not_asked(server):
    for header in ("X-Forwarded-Host: localhost", "Forwarded: host=localhost", "X-Host: localhost"):
        assert send(server, "GET /healthz HTTP/1.1", "Host: evil.example", header)[0] == 421
