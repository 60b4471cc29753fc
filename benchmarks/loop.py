"""How long the event loop of a server is kept busy at once: in CPU, while the dearest documents run that are allowed, and large bodies are read.

    python benchmarks/loop.py [seconds]

Prints the longest turn. It should stay under 25 ms: that long every other client waits.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx2
from starlette.types import ASGIApp, Receive, Scope, Send

from sellerhealth.app import create_app
from sellerhealth.checks.metric_checks import EmptyTables, checker
from sellerhealth.cli.server import open_socket, run
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.load import load
from sellerhealth.http.authentication import Open
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from sellerhealth.testing.empty_store import open_empty_store

BEAT = 0.002  # seconds between two looks at the clock of the loop's thread: a turn is measured that much too long at most
CLIENTS = 6


class Watched:
    """ASGI middleware that measures the CPU of the loop's thread between two beats."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._beating, self.turns = app, False, list[float]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._beating:
            self._beating, self._last = True, time.thread_time()
            self._beat()
        await self._app(scope, receive, send)

    def _beat(self) -> None:
        now = time.thread_time()
        self.turns.append(now - self._last)
        self._last = now
        asyncio.get_running_loop().call_later(BEAT, self._beat)


def bodies() -> dict[str, bytes]:
    """Requests by name: what costs nearly as much as is allowed, and what is large."""

    def document(query: str, **variables: object) -> bytes:
        return json.dumps({"query": query, "variables": variables}).encode()

    some = " ".join(
        f't{n}: timeline(from: "2026-0{n + 1}-01", keys: ["late_shipment_rate"]) {{ series {{ values statuses }} }}' for n in range(3)
    )
    return {
        "timelines": document(f"{{ accounts {{ nodes {{ {some} }} }} }}"),
        "pages": document(
            '{ account(key: "critical") { orders(first: 100) { nodes { id key status channel packages { id } claims { id } } } '
            "feedback(first: 100) { nodes { id rating comment } } atRisk(first: 100, withinHours: 720) { nodes { id label } } } }"
        ),
        "results": document("{ accounts { nodes { metricResults { display windows { display figures { key display } } } } } }"),
        "statuses": document(
            "{ accounts(orderBy: {field: HEALTH, direction: DESC}) { nodes { healthStatus metricResults { overallStatus } } } }"
        ),
        "introspection": document("{ __schema { types { name description fields { name description args { name } } } } }"),
        "many values": document("{ viewer { name } }", a=[{"": 0}] * 120_000),
        "many numbers": document("{ viewer { name } }", a=[1] * 300_000),
        "escapes": b'{"query":"{ viewer { name } }","operationName":"' + b"\\u0061" * 160_000 + b'"}',
    }


def attack(address: str, seconds: float, answers: Counter[tuple[str, int | str]]) -> None:
    """Sends each request again and again, on several threads, then stops the server."""

    def send_all() -> None:
        with httpx2.Client(timeout=60, trust_env=False) as client:
            while time.monotonic() < until:
                for name, body in bodies().items():
                    response = client.post(f"{address}/graphql", content=body, headers={"Content-Type": "application/json"})
                    codes = {error["extensions"]["code"] for error in response.json().get("errors", ())}
                    answers[name, response.status_code if not codes else max(codes)] += 1

    until = time.monotonic() + seconds
    threads = [threading.Thread(target=send_all) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.kill(os.getpid(), signal.SIGINT)


def main(seconds: float = 20) -> None:
    """Serves the data of the demo in this process, and attacks itself."""
    settings = Settings(clock=CLOCK, port=0, cost_per_minute=10**9, log_level="error", response_cache_bytes=0)
    loaded = load_plugins(settings, check_metric=checker(EmptyTables()))
    answers: Counter[tuple[str, int | str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        database = open_empty_store(Path(folder) / "demo.db")
        for _ in load(database, loaded, Path(folder) / "reports"):
            pass
        watched = Watched(create_app(settings, Open(), loaded=loaded, database=database))

        def begin(address: str) -> None:
            threading.Thread(target=attack, args=(address, seconds, answers)).start()

        run(watched, open_socket(settings), settings.request_limits, begin)
    turns = sorted(watched.turns, reverse=True)
    for answer, number in sorted(answers.items(), key=str):
        print(f"  {answer}: {number}")
    print(f"longest turns of the loop, ms of CPU: {', '.join(f'{turn * 1000:.1f}' for turn in turns[:8])}; of {len(turns):,} beats")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
