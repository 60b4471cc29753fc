"""Keys of a store in front of real servers: what each may see, and how soon a revoked one is refused by every process."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from sellerhealth.access import OWNER
from sellerhealth.store import accounts, revocations
from sellerhealth.store.database import Database
from sellerhealth.store.writing import writing_into
from sellerhealth.testing import World
from tests.support.running import run, serving

WITHIN = 5  # seconds, as docs/cli.md says
DOCUMENT = '{ viewer { name } accounts { nodes { key } } account(key: "seller-2") { key } }'


@pytest.fixture
def store(home, store_url):
    with closing(Database(store_url)) as database:
        world = World(database)
        for _ in range(2):
            world.account().save()
    return home


def being_imported(database):
    return writing_into(database, OWNER, accounts.account_id_of("seller-1"))


def create(folder, *options):
    done = run(folder, "token", "create", "--can", "read", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_two_viewers_and_a_key_that_is_revoked_while_two_servers_are_polled(store, store_url):
    one = create(store, "--name", "one", "--accounts", "seller-1")
    every = create(store, "--name", "every", "--accounts", "all")
    (store / "a").mkdir()
    (store / "b").mkdir()
    variables = {"SELLERHEALTH_DATABASE": store_url}
    with serving(store / "a", "serve", "--port", "0", **variables) as a, serving(store / "b", "serve", "--port", "0", **variables) as b:
        for server in (a, b):
            assert server.query(DOCUMENT, one) == {"viewer": {"name": "one"}, "accounts": {"nodes": [{"key": "seller-1"}]}, "account": None}
            assert [node["key"] for node in server.query(DOCUMENT, every)["accounts"]["nodes"]] == ["seller-1", "seller-2"]
            assert server.send(DOCUMENT).status_code == server.send(DOCUMENT, one[:-1]).status_code == 401

        refusing, revoked = set(), None
        with ThreadPoolExecutor() as threads, closing(Database(store_url)) as importing, being_imported(importing):
            revoking = threads.submit(run, store, "token", "revoke", one)  # which waits for no import
            while len(refusing) < 2:
                if revoked is None and (revoking.done() or revocations.is_pending(importing, one.split("_")[1])):
                    revoked = time.monotonic()
                for server in (a, b):
                    sent = time.monotonic()
                    if server.send(DOCUMENT, one).status_code == 401:
                        refusing.add(server.address)
                    else:
                        assert server.address not in refusing
                        assert revoked is None or sent - revoked < WITHIN
                time.sleep(0.05)
        assert revoking.result().stdout.startswith("Revoked the key")
        for server in (a, b):
            assert server.send(DOCUMENT, one).json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
            assert server.query(DOCUMENT, every)["viewer"] == {"name": "every"}
    output = (store / "a" / "output.txt").read_text() + (store / "b" / "output.txt").read_text()
    assert not any(key.split("_")[2] in output for key in (one, every))
    listed = run(store, "token", "list").stdout.splitlines()[1:]
    assert [len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", line)) for line in listed] == [2, 3]  # made and used, and one revoked
