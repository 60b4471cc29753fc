"""No key, no token, no text of a request and no personal data stands in the log, in errors or in headers of a server, whatever goes wrong."""

import itertools
import json
import re
import signal
from contextlib import closing

import httpx2
import pytest
import sqlalchemy as sa

from sellerhealth import testing
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World
from tests.support.running import install, run, serving

PLUGIN = """
from sellerhealth import Count, Metric, Window, count
from sellerhealth.facts import Order

class Broken(Count):
    def __call__(self, numbers):
        if self.term.of(numbers) == 17:  # not the numbers that are tried when it is loaded
            raise RuntimeError("out of order")
        return super().__call__(numbers)

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
broken = Metric(
    key="acme_broken", title="T", description="D.", section="acme", windows=(Window(30),), measures={"orders": orders}, value=Broken(orders)
)
"""

BUYER = "Zzyzx-the-buyer"
KEY = "shk_0000000000_0000000000000000000000000000000000000000000_000000"  # in the right form, but not valid
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.cGxhbnRlZC1zaWduYXR1cmU"
TEXT = "planted_text"
SECRETS = (BUYER, KEY, JWT, JWT.split(".")[1], TEXT, "Basic cGxhbnRlZA==")
CREDENTIALS = (KEY, JWT, JWT.split(".")[1], "cGxhbnRlZA==")

HEADERS = [
    {},
    {"Authorization": f"Bearer {KEY}"},
    {"Authorization": f"Bearer {JWT}"},
    {"Authorization": "Basic cGxhbnRlZA=="},
    {"Authorization": KEY},
    {
        "Cookie": f"session={KEY}",
        "X-Api-Key": KEY,
        "User-Agent": TEXT,
        "Referer": f"http://localhost/?key={KEY}",
        "X-Request-Id": f"{KEY} {JWT}",
    },
    {"Host": f"{TEXT}.example".replace("_", "-"), "Origin": f"https://{TEXT}.example", "X-Forwarded-For": TEXT},
]
BODIES = [
    {"query": f'{{ account(key: "{TEXT}") {{ name }} }}'},
    {"query": f'{{ {TEXT}: account(key: "seller-1") {{ name metrics {{ {TEXT}: acmeBroken {{ value }} }} }} }}'},
    {"query": f'{{ {TEXT}(key: "{BUYER}") }} # {KEY}'},
    {"query": f"{{ {TEXT} {KEY} {JWT}"},
    {"query": "query ($a: Int!) { classifyFeedback(rating: $a) }", "variables": {"a": BUYER, TEXT: KEY}},
    {"query": "query ($a: String) { classifyFeedback(rating: 1, comment: $a) }", "variables": {"a": f"{BUYER} {JWT}"}},
    {"query": "query ($key: String!) { account(key: $key) { feedback { nodes { comment } } } }", "variables": {"key": "seller-1"}},
    {"query": "query A { __typename } query B { __typename }", "operationName": f"{TEXT}{KEY}"},
    {"query": f'{{ node(id: "{KEY}") {{ id }} nodes(ids: ["{JWT}"]) {{ id }} }}'},
    {"query": f'{{ accounts(after: "{KEY}", filter: {{search: "{BUYER}"}}) {{ nodes {{ key }} }} }}'},
    {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": KEY}}},
    [TEXT, KEY],
    {"variables": KEY},
]


@pytest.fixture(scope="module")
def started(tmp_path_factory, stores):
    folder = tmp_path_factory.mktemp("quiet")
    install(folder / "site", "acme_metrics", PLUGIN, {"acme": "acme_metrics:broken"})
    environment = {"PYTHONPATH": str(folder / "site"), "SELLERHEALTH_CLOCK": CLOCK.isoformat(), "SELLERHEALTH_LOG_LEVEL": "debug"}
    with stores.in_folder(folder) as url:
        with closing(Database(url)) as database:
            seller = World(database).account()
            testing.feedback(seller, testing.orders(seller, 17), rating=1, comment=BUYER)
            seller.save()
        made = run(folder, "token", "create", "--name", "A name", "--can", "read", "--accounts", "all", **environment)
        with serving(folder, "serve", "--port", "0", **environment) as server:
            yield server, url, made.stdout.strip()


def responses(server, url, key):
    """The responses to a whole session of requests."""
    valid = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=server.address, trust_env=False, timeout=30) as client:
        for headers, body in itertools.product([*HEADERS, valid], BODIES):
            yield client.post("/graphql", json=body, headers=headers)
        for headers in [*HEADERS, valid]:
            yield client.get("/graphql", params={"query": f"{{ {TEXT} }}", "key": KEY, "access_token": JWT}, headers=headers)
            yield client.get(f"/{KEY}/{TEXT}?key={JWT}", headers=headers)
            yield client.get(f"/graphiql/{KEY}?key={JWT}", headers=headers)
            yield client.get(f"/?key={KEY}", headers=headers)
            yield client.post("/graphql", content=f"{KEY} {TEXT}", headers={**headers, "Content-Type": "text/plain"})
            yield client.post("/graphql", content=f'{{"query": {KEY}', headers={**headers, "Content-Type": "application/json"})
            yield client.request("DELETE", f"/graphql?{TEXT}={KEY}", headers=headers)
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as store:
            store.exec_driver_sql(
                "ALTER TABLE accounts RENAME TO elsewhere"
            )  # from now on statements fail, with what was sent as parameters
        for body in BODIES:
            yield client.post("/graphql", json=body, headers=valid)


def test_a_whole_session_leaves_nothing_behind(started):
    server, url, key = started
    secrets, credentials = (*SECRETS, key, key.split("_")[2]), (*CREDENTIALS, key)
    session = list(responses(server, url, key))
    assert {200, 401, 404, 405, 421} <= {response.status_code for response in session}
    assert server.stop(signal.SIGTERM) == 0  # a line follows its response
    written = server.output.read_text()
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert len([line for line in lines if line["event"] == "request"]) == len(session)
    assert {"metric_failed", "request_failed"} <= {line["event"] for line in lines}
    assert re.search(r'no such table|relation \\+"accounts\\+" does not exist', written)
    assert '"viewer":"key:' in written
    assert [secret for secret in secrets if secret in written] == []
    assert not re.search(r"[?&](query|key|access_token)=", written)
    for response in session:
        headers = str(response.headers)
        assert [secret for secret in secrets if secret in headers] == []
        if "errors" in response.text:  # what a client sent as a variable or a name it may see again, its credentials not
            errors = json.dumps(response.json()["errors"])
            sent = response.request.content.decode()
            assert [secret for secret in credentials if secret in errors and secret not in sent] == []
