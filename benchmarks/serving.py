"""How much CPU a request takes over HTTP, with an API key, over the data of the demo in SQLite: as ratios to a static response of the same size.

    python benchmarks/serving.py [rounds]

Beside them: plain Strawberry with its caches, over the data of an answer in memory, without a key.
Each server is a process of its own, or a tree of them with workers, whose CPU is read from /proc. Rounds are interleaved, and a ratio is the
median of those of the rounds: other programs slow all of them alike. `make benchmark-executor` measures what is inside of a request.
"""

import contextlib
import json
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import structlog
from peers import data, python_server
from peers.documents import METRICS, dashboard
from served import Served, answer, measure, post, ratio, started, table

from sellerhealth.access import Permission
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.load import load
from sellerhealth.graphql.schema import make_schema
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store import api_keys
from sellerhealth.testing.empty_store import open_empty_store

ROUNDS = 15
SHAPE = dashboard("critical")


def get(key: str, tag: str) -> bytes:
    """The same by GET, from a client that has the content of a tag."""
    target = f"/graphql?query={quote(SHAPE.document)}&variables={quote(json.dumps(SHAPE.variables))}"
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nIf-None-Match: {tag}\r\n\r\n".encode()


def main(rounds: int = ROUNDS) -> None:
    """Starts the servers, and prints the table."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        loaded = load_plugins(Settings())
        database = open_empty_store(folder / "sellerhealth.db")
        for _ in load(database, loaded, folder / "reports", CLOCK):
            pass
        with database.writing() as connection:
            key = api_keys.create(connection, name="Shop", permissions=frozenset({Permission.READ}), account_ids=None, created_at=CLOCK)
        database.close()

        def start(*command: str, **variables: str) -> tuple[int, int]:
            return stack.enter_context(started(folder, *command, **variables))

        def api(*options: str, **variables: str) -> tuple[int, int]:
            settings = {"CLOCK": CLOCK.isoformat(), "COST_PER_MINUTE": str(10**12), **variables}
            program = str(Path(sys.executable).with_name("sellerhealth"))
            return start(program, "serve", "--port", "0", *options, **{f"SELLERHEALTH_{name}": value for name, value in settings.items()})

        uncached, cached = api(RESPONSE_CACHE_BYTES="0"), api()
        two = api("--workers", "2", RESPONSE_CACHE_BYTES="0")
        head, body = answer(cached[1], get(key, '"none"'))
        tag = re.search(rb"etag: (\S+)", head, re.IGNORECASE)
        if tag is None or b"errors" in body:
            raise RuntimeError(body.decode())
        folder.joinpath("body.json").write_bytes(body)
        request, everything = (post(*shape, Authorization=f"Bearer {key}") for shape in (SHAPE, data.of_accounts(100)))
        data.write(folder, make_schema(loaded)._schema, answer(uncached[1], everything)[1])

        def compared(what: str, *file: str) -> tuple[int, int]:
            return start(*python_server.command(what, *file), **python_server.VARIABLES)

        servers = {
            "static": Served(*compared("static", "body.json"), request),
            "static, our middleware": Served(*compared("behind", "body.json"), request),
            "Strawberry, in memory": Served(*compared("strawberry"), request),
            "dashboard, remembered": Served(*cached, request),
            "dashboard, 304": Served(*cached, get(key, tag[1].decode())),
            "dashboard": Served(*uncached, request),
            "dashboard, two workers": Served(*two, request),
        }
        found = measure(servers, rounds)
    print(f"A dashboard of {len(METRICS)} metrics, {len(body):,} bytes; CPU of a request, and as ratios in the same round")
    print(*table(found, "static", "static, our middleware"), sep="\n")
    print(f"  two workers / one process: {ratio(found, 'dashboard, two workers', 'dashboard'):.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
