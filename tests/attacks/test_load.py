"""200 clients at once, slow ones and killed ones among them, while a file is imported: nobody gets an error that is not a documented refusal.

It prints how long a request takes. Only the long run has it.
"""

import asyncio
import contextlib
import random
import signal
import ssl
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sellerhealth.cli.server import SHUTDOWN_SECONDS
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.load import load
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.database import Database
from tests.attacks.conftest import IS_LONG_RUN
from tests.attacks.test_kills import write_claims
from tests.support.running import COMMAND, Serving, environment, run, serving
from tests.support.victim import limit_memory

CLIENTS = 200
SECONDS = 30
TLS = ssl.create_default_context()  # is not used, and takes long to make for each client
MEMORY = 900_000_000  # of the server, with all that it does at once
REFUSALS = {(429, "THROTTLED"), (503, "OVERLOADED"), (504, "TIMEOUT"), (408, "BAD_USER_INPUT"), (503, "STORE_BUSY")}
DOCUMENTS = (
    "{ viewer { name } }",
    '{ account(key: "slipping") { metricResults { display status headroom { used } } } }',
    "{ accounts(orderBy: {field: HEALTH, direction: DESC}) { nodes { key healthStatus } } }",
    '{ account(key: "critical") { orders(first: 50) { totalCount nodes { key packages { id } } } } }',
    '{ account(key: "healthy") { timeline(from: "2026-01-01") { series { values statuses } } } }',
    '{ account(key: "critical") { metrics { orderDefectRate { evidence(measure: "orders", first: 100) { totalCount nodes { id } } } } } }',
    "{ __schema { types { name fields { name } } } }",
)

pytestmark = pytest.mark.skipif(not IS_LONG_RUN, reason="`make test-attacks` runs it")


class Report:
    """What the clients met."""

    def __init__(self) -> None:
        self.seconds: defaultdict[bool, list[float]] = defaultdict(list)  # by whether the operation was run
        self.answers: Counter[tuple[int, str]] = Counter()

    def note(self, status: int, body: Any, seconds: float) -> None:
        codes = [error["extensions"]["code"] for error in body.get("errors", ())]
        self.answers[status, codes[0] if codes else ""] += 1
        self.seconds[status == 200].append(seconds)

    def __str__(self) -> str:
        return f"{self.answers.total():,} requests in {SECONDS} s: {dict(self.answers)}; {self._times(True)}; {self._times(False)}"

    def _times(self, answered: bool) -> str:
        ordered = sorted(self.seconds[answered]) or [0.0]
        p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
        return f"{'answers' if answered else 'refusals'} p50 {p50:.0f} ms, p99 {p99:.0f} ms"


@pytest.fixture
def server(home: Path, store_url: str, built_ins: Loaded) -> Iterator[tuple[Serving, list[str], dict[str, str]]]:
    """A server over the data of the demo, the keys of its clients, and the settings that it has."""
    with contextlib.closing(Database(store_url)) as database:
        for _ in load(database, built_ins, home / "reports"):
            pass
    settings = {"SELLERHEALTH_CLOCK": CLOCK.isoformat(), "SELLERHEALTH_RESPONSE_CACHE_BYTES": "0"}  # a load that is executed
    keys = [
        run(home, "token", "create", "--name", f"client{n}", "--can", "read", "--accounts", "all", **settings).stdout.strip()
        for n in range(4)
    ]
    with serving(
        home, "serve", "--port", "0", restrict=limit_memory, SELLERHEALTH_REQUEST_LIMITS__CONNECTIONS_PER_ADDRESS="0", **settings
    ) as server:
        yield server, keys, settings


async def ask(server: Serving, key: str, chance: random.Random, report: Report, until: float) -> None:
    """A client that sends one document after the other, waits as long as `Retry-After` says, and now and then goes before the answer."""
    while time.monotonic() < until:
        async with httpx2.AsyncClient(timeout=60, trust_env=False, verify=TLS) as client:
            pause = 0
            while time.monotonic() < until and not pause:
                started = time.monotonic()
                sending = client.post(
                    f"{server.address}/graphql",
                    json={"query": chance.choice(DOCUMENTS)},
                    headers={"Authorization": f"Bearer {key}", "Accept": "application/graphql-response+json"},
                )
                if chance.random() < 0.05:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.05):
                            await sending
                    continue
                response = await sending
                report.note(response.status_code, response.json(), time.monotonic() - started)
                pause = int(response.headers.get("Retry-After", "0"))
        await asyncio.sleep(pause)  # the server closes connections that are idle, so the next request has a new one


async def trickle(server: Serving, until: float) -> None:
    """A client that sends a byte now and then, and begins again when it is hung up on."""
    host, _, port = server.address.removeprefix("http://").partition(":")
    while time.monotonic() < until:
        reader, writer = await asyncio.open_connection(host, int(port))
        with contextlib.suppress(ConnectionError):
            for byte in b"POST /graphql HTTP/1.1\r\nX: " + b"a" * 1_000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.2)
                if reader.at_eof() or time.monotonic() > until:
                    break
        writer.close()


def resident(server: Serving) -> int:
    """The most memory that a server has had."""
    text = Path("/proc", str(server.process.pid), "status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM:")).split()[1]) * 1024


def test_two_hundred_clients_and_an_import(
    server: tuple[Serving, list[str], dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serving_now, keys, settings = server
    report, chance = Report(), random.Random()
    until = time.monotonic() + SECONDS
    files = [str(write_claims(tmp_path, f"claims{number}")) for number in range(5)]

    async def load() -> None:
        clients = (ask(serving_now, chance.choice(keys), random.Random(), report, until) for _ in range(CLIENTS - 20))
        await asyncio.gather(*clients, *(trickle(serving_now, until) for _ in range(20)))

    importing = subprocess.Popen(
        [COMMAND, "import", *files, "--account", "critical"],
        cwd=tmp_path,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    asyncio.run(load())
    output, _ = importing.communicate(timeout=60)
    assert importing.returncode == 0, output
    with capsys.disabled():
        sys.stdout.write(f"\n{report}; {resident(serving_now) / 1e6:.0f} MB at most\n")
    assert {answer for answer in report.answers if answer != (200, "")} <= REFUSALS
    assert report.answers[200, ""] > CLIENTS / 4
    assert resident(serving_now) < MEMORY
    log = serving_now.output.read_text()
    assert "Traceback" not in log, log[-5_000:]
    assert '"level": "error"' not in log


def test_a_server_under_load_stops_within_its_patience(server: tuple[Serving, list[str], dict[str, str]]) -> None:
    serving_now, keys, _ = server

    async def load() -> float:
        until = time.monotonic() + 60
        tasks = [asyncio.create_task(ask(serving_now, keys[n % 4], random.Random(), Report(), until)) for n in range(CLIENTS)]
        await asyncio.sleep(5)
        started = time.monotonic()
        serving_now.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(serving_now.process.wait, 60)
        took = time.monotonic() - started
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert code == 0, serving_now.output.read_text()[-3_000:]
        return took

    assert asyncio.run(load()) < SHUTDOWN_SECONDS + 5
