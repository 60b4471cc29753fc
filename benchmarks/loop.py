"""How long the event loop of a server is kept busy at once, while the dearest documents run that are allowed, and large bodies are read.

    python benchmarks/loop.py [seconds]

Prints the longest turns: in CPU, of which none should take more than 5 ms, and in time, of which none should take more than 25 ms on an idle
machine: that long every other client waits.
"""

import asyncio
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import httpx2
import structlog
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


class Turn(NamedTuple):
    """The seconds between two beats: of CPU of the loop's thread, and of time."""

    cpu: float
    time: float

    @classmethod
    def now(cls) -> "Turn":
        """Seconds since some instant."""
        return cls(time.thread_time(), time.perf_counter())


class Watched:
    """ASGI middleware that measures turns of the loop, from the first request until it is stopped."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._beating, self.stopped, self.turns = app, False, False, list[Turn]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._beating:
            self._beating, self._last = True, Turn.now()
            self._beat()
        await self._app(scope, receive, send)

    def _beat(self) -> None:
        now = Turn.now()
        self.turns.append(Turn(now.cpu - self._last.cpu, now.time - self._last.time - BEAT))
        self._last = now
        if not self.stopped:  # to close a server takes longer
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
        "objects, as many as are read": document("{ viewer { name } }", a=[{}] * 26_900),
        "numbers, as many as are read": document("{ viewer { name } }", a=[1] * 53_900),
        "too many objects": document("{ viewer { name } }", a=[{"": 0}] * 120_000),
        "escapes": b'{"query":"{ viewer { name } }","operationName":"' + b"\\u0061" * 160_000 + b'"}',
    }


def attack(address: str, seconds: float) -> None:
    """Sends each request again and again, on several threads. Prints how often each was answered in which way."""
    answers = Counter[tuple[str, int | str]]()

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
    for answer, number in sorted(answers.items(), key=str):
        print(f"  {answer}: {number}")


def main(seconds: float = 20) -> None:
    """Serves the data of the demo in this process, and attacks it from another."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    settings = Settings(clock=CLOCK, port=0, cost_per_minute=10**9, response_cache_bytes=0)
    loaded = load_plugins(settings, check_metric=checker(EmptyTables()))
    with tempfile.TemporaryDirectory() as folder:
        database = open_empty_store(Path(folder) / "demo.db")
        for _ in load(database, loaded, Path(folder) / "reports"):
            pass
        watched = Watched(create_app(settings, Open(), loaded=loaded, database=database))

        def attack_and_stop(address: str) -> None:
            attacker = multiprocessing.get_context("spawn").Process(target=attack, args=(address, seconds))
            attacker.start()
            attacker.join()
            watched.stopped = True
            os.kill(os.getpid(), signal.SIGINT)

        run(
            watched,
            open_socket(settings),
            settings.request_limits,
            lambda address: threading.Thread(target=attack_and_stop, args=(address,)).start(),
        )
    print(f"Longest of {len(watched.turns):,} turns of the loop, ms:")
    for unit in Turn._fields:
        longest = sorted((getattr(turn, unit) for turn in watched.turns), reverse=True)[:8]
        print(f"  {unit:5}", ", ".join(f"{seconds * 1000:.1f}" for seconds in longest))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
