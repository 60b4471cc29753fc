"""Authentication: who is let in, what the others get, and for how long a viewer is remembered."""

import asyncio
import dataclasses
import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from sellerhealth.access import OWNER, Permission, Viewer
from sellerhealth.app import create_app
from sellerhealth.errors import StoreUnreachable
from sellerhealth.http import authentication
from sellerhealth.http.authentication import MAX_REMEMBERED, REMEMBERED, Authentication, FirstOf, Open, Unauthenticated
from sellerhealth.settings import Settings
from sellerhealth.store import accounts
from sellerhealth.store.database import SHORT_READERS
from sellerhealth.testing import CLOCK
from tests.support.authentication import Known, bearer

RESPONSE_JSON = "application/graphql-response+json"
WHO = {"query": "{ viewer { name permissions expiresAt } accounts { nodes { key } } }"}
ALL = frozenset({Permission.READ})


def sees(key):
    return Viewer(f"id-{key}", f"of {key}", ALL, granted=frozenset({accounts.account_id_of(key)}))


@pytest.fixture
def known():
    return Known(one=sees("seller-1"), two=sees("seller-2"))


@pytest.fixture
def client(world, built_ins, known):
    for _ in range(2):
        world.account().save()
    with TestClient(create_app(Settings(clock=CLOCK), known, loaded=built_ins, database=world.database), "http://localhost") as client:
        yield client


def test_two_viewers_side_by_side_see_what_is_granted_to_each(client):
    for token, key in {"one": "seller-1", "two": "seller-2"}.items():
        body = client.post("/graphql", json=WHO, headers=bearer(token)).json()
        assert body["data"] == {
            "viewer": {"name": f"of {key}", "permissions": ["READ"], "expiresAt": None},
            "accounts": {"nodes": [{"key": key}]},
        }


@pytest.mark.parametrize("header", ["Bearer one", "bearer one", "BEARER  one "])
def test_the_scheme_is_read_in_any_case(client, header):
    assert client.post("/graphql", json=WHO, headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize("accept", ["application/json", RESPONSE_JSON])
@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, "Bearer"),
        ("", "Bearer"),
        ("Bearer", "Bearer"),
        ("Bearer ", "Bearer"),
        ("Basic b25lOm9uZQ==", "Bearer"),
        ("one", "Bearer"),
        ("Bearer three", 'Bearer error="invalid_token"'),
        ("Bearer one two", 'Bearer error="invalid_token"'),
        ("Bearer 'one'", 'Bearer error="invalid_token"'),
    ],
)
def test_a_request_without_a_valid_key_gets_401_as_an_error_of_graphql(client, accept, header, challenge):
    headers = {"Accept": accept} | ({} if header is None else {"Authorization": header})
    for send in (lambda: client.post("/graphql", json=WHO, headers=headers), lambda: client.get("/graphql", params=WHO, headers=headers)):
        response = send()
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, challenge)
        assert response.headers["Content-Type"] == f"{accept}; charset=utf-8"
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        assert "three" not in response.text


@pytest.mark.parametrize("second", ["Bearer two", "Bearer one", "Basic b25lOm9uZQ==", ""])
def test_a_request_with_two_credentials_is_refused(client, second):
    for headers in (
        [("Authorization", "Bearer one"), ("Authorization", second)],
        [("Authorization", second), ("Authorization", "Bearer one")],
    ):
        for response in (client.post("/graphql", json=WHO, headers=headers), client.get("/schema.graphql", headers=headers)):
            assert (response.status_code, response.json()["errors"][0]["extensions"]) == (400, {"code": "BAD_USER_INPUT"})


def test_the_body_of_a_stranger_is_not_read(client):
    response = client.post("/graphql", content=b"not JSON", headers={"Content-Type": "application/json"})
    assert response.status_code == 401


def test_static_pages_and_health_are_open_and_a_browser_may_ask_first(client):
    for path in ("/healthz", "/readyz", "/graphiql", "/graphiql/start.js"):
        assert client.get(path).status_code == 200
    asking = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    response = client.options("/graphql", headers={**asking, "Access-Control-Request-Headers": "authorization,content-type"})
    assert response.status_code == 200
    assert "authorization" in response.headers["Access-Control-Allow-Headers"]


def test_a_store_that_fails_is_no_refusal(world, built_ins):
    class Failing(Known):
        def viewer_of(self, token):
            raise StoreUnreachable("The database /secret/place cannot be reached.")

    with TestClient(create_app(Settings(clock=CLOCK), Failing(), loaded=built_ins, database=world.database), "http://localhost") as client:
        response = client.post("/graphql", json=WHO, headers=bearer("one"))
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (503, "STORE_UNREACHABLE")
    assert "secret" not in response.text


# ---------------------------------------------------------------- remembering


def request(token):
    return {"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]}


@pytest.fixture
def time(monkeypatch):
    """The time of the module, which stands still until it is set."""

    class Time:
        now = 100.0

        def monotonic(self):
            return self.now

    time = Time()
    monkeypatch.setattr(authentication, "time", time)
    return time


def test_a_viewer_is_remembered_for_seconds_and_then_asked_for_again(known, time):
    check = Authentication(known, asyncio.to_thread)
    assert asyncio.run(check.viewer_of(request("one"))).name == "of seller-1"
    del known.viewers["one"]
    time.now += REMEMBERED - 0.01
    assert asyncio.run(check.viewer_of(request("one"))).name == "of seller-1"
    assert known.asked == 1
    time.now += 0.01
    with pytest.raises(Unauthenticated):
        asyncio.run(check.viewer_of(request("one")))


def test_the_seconds_begin_before_the_store_is_asked(known, time):
    async def slow(function):
        time.now += 2
        return function()

    check = Authentication(known, slow)
    asyncio.run(check.viewer_of(request("one")))
    del known.viewers["one"]
    time.now += REMEMBERED - 2
    with pytest.raises(Unauthenticated):
        asyncio.run(check.viewer_of(request("one")))


def test_a_key_that_is_not_known_is_asked_for_each_time(known, time):
    check = Authentication(known, asyncio.to_thread)
    with pytest.raises(Unauthenticated):
        asyncio.run(check.viewer_of(request("three")))
    known.viewers["three"] = sees("seller-3")
    assert asyncio.run(check.viewer_of(request("three"))).name == "of seller-3"


def test_a_viewer_who_expires_is_refused_at_once_even_if_remembered(known, time, monkeypatch):
    class Present(dt.datetime):
        moment = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

        @classmethod
        def now(cls, tz=None):
            return cls.moment

    monkeypatch.setattr(authentication, "dt", SimpleNamespace(datetime=Present, UTC=dt.UTC))
    known.viewers["one"] = dataclasses.replace(sees("seller-1"), expires_at=Present.moment + dt.timedelta(seconds=1))
    check = Authentication(known, asyncio.to_thread)
    assert asyncio.run(check.viewer_of(request("one"))).expires_at is not None
    Present.moment += dt.timedelta(seconds=1)
    with pytest.raises(Unauthenticated):
        asyncio.run(check.viewer_of(request("one")))
    assert known.asked == 1


def test_only_so_many_viewers_are_remembered(known, time, monkeypatch):
    monkeypatch.setattr(authentication, "MAX_REMEMBERED", 1)
    assert MAX_REMEMBERED >= 1_000
    check = Authentication(known, asyncio.to_thread)
    for token in ("one", "two", "two", "one"):
        asyncio.run(check.viewer_of(request(token)))
    assert known.asked == 3


def test_the_event_loop_does_not_wait_for_an_authenticator(database, built_ins):
    asked_on = []

    class Noting(Known):
        def viewer_of(self, token):
            asked_on.append(threading.current_thread().name)
            return OWNER

    app = create_app(Settings(clock=CLOCK), Noting(), loaded=built_ins, database=database)
    with TestClient(app, "http://localhost") as client:
        assert client.post("/graphql", json=WHO).status_code == 200
    assert [name.partition("_")[0] for name in asked_on] == ["short"]


# ---------------------------------------------------------------- strangers


class Slow(Known):
    """Takes its time with those whom it does not know."""

    def __init__(self, **viewers):
        super().__init__(**viewers)
        self.asking, self.go_on = 0, threading.Event()

    def viewer_of(self, token):
        if token not in self.viewers:
            self.asking += 1
            assert self.go_on.wait(timeout=60)
        return super().viewer_of(token)


@pytest.fixture
def slow():
    slow = Slow(one=sees("seller-1"))
    yield slow
    slow.go_on.set()


def test_who_was_let_in_before_waits_for_no_stranger(slow, time):
    async def visit():
        with ThreadPoolExecutor(SHORT_READERS) as threads:
            check = Authentication(slow, partial(asyncio.get_running_loop().run_in_executor, threads))
            assert (await check.viewer_of(request("one"))).name == "of seller-1"
            strangers = [asyncio.ensure_future(check.viewer_of(request(f"wrong {number}"))) for number in range(5)]
            await asyncio.sleep(0)
            for _ in range(2):
                time.now += REMEMBERED
                assert (await check.viewer_of(request("one"))).name == "of seller-1"
            assert (slow.asking, any(stranger.done() for stranger in strangers)) == (1, False)
            slow.go_on.set()
            assert {type(each) for each in await asyncio.gather(*strangers, return_exceptions=True)} == {Unauthenticated}

    asyncio.run(visit())


def test_a_key_that_is_revoked_is_one_of_a_stranger(slow, time):
    async def visit():
        with ThreadPoolExecutor(SHORT_READERS) as threads:
            check = Authentication(slow, partial(asyncio.get_running_loop().run_in_executor, threads))
            await check.viewer_of(request("one"))
            del slow.viewers["one"]
            time.now += REMEMBERED
            slow.go_on.set()
            with pytest.raises(Unauthenticated):
                await check.viewer_of(request("one"))
            slow.go_on.clear()
            again = [asyncio.ensure_future(check.viewer_of(request("one"))) for _ in range(3)]
            while slow.asking < 2:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)
            assert slow.asking == 2  # one at a time
            slow.go_on.set()
            await asyncio.gather(*again, return_exceptions=True)

    asyncio.run(visit())


def test_too_many_strangers_are_told_to_come_again(world, built_ins, slow, monkeypatch):
    monkeypatch.setattr(authentication, "MAX_STRANGERS", 1)
    app = create_app(Settings(clock=CLOCK), slow, loaded=built_ins, database=world.database)
    with TestClient(app, "http://localhost") as client, ThreadPoolExecutor() as threads:
        assert client.post("/graphql", json=WHO, headers=bearer("one")).status_code == 200
        waiting = threads.submit(client.post, "/graphql", json=WHO, headers=bearer("wrong"))
        while not slow.asking:
            assert not waiting.done()
        for response in (
            client.post("/graphql", json=WHO, headers=bearer("wrong too")),
            client.get("/schema.graphql", headers=bearer("x")),
        ):
            assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
            assert response.json()["errors"][0]["extensions"] == {"code": "THROTTLED"}
        assert client.post("/graphql", json=WHO, headers=bearer("one")).status_code == 200
        slow.go_on.set()
        assert waiting.result(timeout=60).status_code == 401
        assert client.post("/graphql", json=WHO, headers=bearer("wrong too")).status_code == 401


# ---------------------------------------------------------------- authenticators


def test_open_lets_everybody_in_as_the_owner():
    assert Open().viewer_of(None) is Open().viewer_of("anything") is OWNER


def test_the_first_authenticator_that_knows_a_token_decides(known):
    both = FirstOf(known, Known(one=sees("seller-3"), three=sees("seller-3")))
    assert [both.viewer_of(token).name for token in ("one", "three")] == ["of seller-1", "of seller-3"]
    assert both.viewer_of("four") is None
