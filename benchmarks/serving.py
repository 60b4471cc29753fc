"""How much CPU a request takes over HTTP, with an API key, over the data of the demo in SQLite: as ratios to a static response of the same size.

    python benchmarks/serving.py [rounds]

Beside them: plain Strawberry with its caches, over the data of an answer in memory, without a key.
Each server is a process of its own, or a tree of them with workers, whose CPU is read from /proc. Rounds are interleaved, and a ratio is the
median of those of the rounds: other programs slow all of them alike. `make benchmark-executor` measures what is inside of a request.
"""

import contextlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import strawberry
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from sellerhealth.access import Permission
from sellerhealth.cli.config import configure_log
from sellerhealth.cli.server import open_socket, run
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.load import load
from sellerhealth.http.access_log import AccessLog
from sellerhealth.http.host_check import HostCheck
from sellerhealth.http.origins import cors
from sellerhealth.http.response_headers import ResponseHeaders
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store import api_keys
from sellerhealth.testing.empty_store import open_empty_store

ROUNDS = 15
SECONDS = 0.2  # of CPU that a server takes in a round, about
CONNECTIONS = 4
TICK = os.sysconf("SC_CLK_TCK")
RESULT = "{ display value status overallStatus window { from to } headroom { allowed } }"
METRICS = """orderDefectRate cancellationRate lateShipmentRate policyViolations onTimeDeliveryRate validTrackingRate contactResponseTime
sellerRating customerFeedback""".split()
DASHBOARD = (
    f"query Dashboard($key: String!) {{ account(key: $key) {{ name metrics {{ {' '.join(f'{each} {RESULT}' for each in METRICS)} }} }} }}"
)
VARIABLES = {"key": "critical"}


class Served(NamedTuple):
    """A server, and the request that it gets."""

    process: int
    port: int
    request: bytes


def static(body: bytes, *, with_middleware: bool) -> ASGIApp:
    """An application that always responds with the same bytes."""

    async def respond(request: Request) -> Response:
        return Response(body, media_type="application/json")

    settings = Settings()
    ours = [Middleware(ResponseHeaders, 0), Middleware(AccessLog), Middleware(HostCheck, settings.known_hosts), cors(settings)]
    return Starlette(routes=[Route("/graphql", respond, methods=["GET", "POST"])], middleware=ours if with_middleware else [])


def strawberry_in_memory(body: bytes) -> ASGIApp:
    """Plain Strawberry with its caches, over the data of an answer in memory."""

    @strawberry.type
    class Window:
        from_: str | None = strawberry.field(name="from")
        to: str

    @strawberry.type
    class Headroom:
        allowed: int

    @strawberry.type
    class Result:
        display: str
        value: float | None
        status: str
        overall_status: str
        window: Window
        headroom: Headroom | None

    def result(found: dict[str, Any]) -> Result:
        window, headroom = found["window"], found["headroom"]
        return Result(
            display=found["display"],
            value=found["value"],
            status=found["status"],
            overall_status=found["overallStatus"],
            window=Window(from_=window["from"], to=window["to"]),
            headroom=None if headroom is None else Headroom(allowed=int(headroom["allowed"])),
        )

    answered = json.loads(body)["data"]["account"]
    results = {name: result(found) for name, found in answered["metrics"].items()}
    fields = {name: strawberry.field(name=name) for name in METRICS}
    members = {"__annotations__": dict.fromkeys(METRICS, Result), **fields}
    metrics_type = strawberry.type(type("Metrics", (), members))
    account_type: Any = strawberry.type(type("Account", (), {"__annotations__": {"name": str, "metrics": metrics_type}}))
    account = account_type(name=answered["name"], metrics=metrics_type(**results))

    async def find(key: str):  # type: ignore[no-untyped-def]  # its type is made above
        return account if key == VARIABLES["key"] else None

    find.__annotations__["return"] = account_type | None
    query = strawberry.type(type("Query", (), {"account": strawberry.field(resolver=find)}))
    schema = strawberry.Schema(query, extensions=[ParserCache, ValidationCache])
    return Starlette(routes=[Route("/graphql", GraphQL(schema))])


def serve(what: str, body: str) -> None:
    """Serves one of the applications to compare with in this process."""
    settings = Settings(port=0)
    configure_log(settings, quiet=False)
    content = Path(body).read_bytes()
    app = strawberry_in_memory(content) if what == "strawberry" else static(content, with_middleware=what == "static-behind")
    run(app, open_socket(settings), settings.request_limits, lambda address: print(f"Serving {address}/graphql", flush=True))


@contextlib.contextmanager
def started(folder: Path, *command: str, **variables: str) -> Iterator[tuple[int, int]]:
    """A server as a process of its own: its id and its port."""
    output = folder / f"{len(list(folder.glob('*.out')))}.out"
    environment = {**os.environ, **{f"SELLERHEALTH_{name}": value for name, value in variables.items()}}
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)  # noqa: S603 - the commands of this file
    try:
        while not (found := re.search(r"^Serving http://127\.0\.0\.1:(\d+)", output.read_text(), re.MULTILINE)):
            if process.poll() is not None:
                raise RuntimeError(output.read_text())
            time.sleep(0.05)
        yield process.pid, int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def cpu(process: int) -> float:
    """Seconds of CPU of a process and its children."""
    seconds = 0.0
    for each in (process, *map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / TICK
    return seconds


def precise_cpu(process: int) -> float:
    """The same in nanoseconds where the kernel counts them: the ticks above are of 10 ms."""
    seconds = 0.0
    for each in (process, *map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())):
        for thread in Path(f"/proc/{each}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):
                seconds += int((thread / "schedstat").read_text().split()[0]) / 1e9
    return seconds


def send(connections: list[socket.socket], request: bytes, times: int) -> int:
    """Sends a request so many times on each connection, on all of them at once. Returns the status of the last response."""
    status = 0
    for _ in range(times):
        for connection in connections:
            connection.sendall(request)
        for connection in connections:
            status = receive(connection)
    return status


def receive(connection: socket.socket) -> int:
    """Reads a response to its end and returns its status."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while len(body) < int(length[1] if length else 0):
        body += connection.recv(65_536)
    return int(head.split()[1])


def post(key: str, **more: str) -> bytes:
    """The request for the dashboard by POST."""
    body = json.dumps({"query": DASHBOARD, "variables": VARIABLES}).encode()
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
    head = f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n{lines}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(key: str, tag: str) -> bytes:
    """The same by GET, from a client that has the content of a tag."""
    target = f"/graphql?query={quote(DASHBOARD)}&variables={quote(json.dumps(VARIABLES))}"
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nIf-None-Match: {tag}\r\n\r\n".encode()


def answer(port: int, request: bytes) -> tuple[bytes, bytes]:
    """The head and the body of a response."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        data = b""
        while part := connection.recv(65_536):
            data += part
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


def measure(servers: dict[str, Served], rounds: int) -> dict[str, list[float]]:
    """Microseconds of CPU of a request in each round, by server."""
    times = dict.fromkeys(servers, 5)
    found: dict[str, list[float]] = {name: [] for name in servers}
    for number in range(-2, rounds):  # the first one fills caches, and the second says how long a request takes
        for name, server in servers.items():
            seconds = _cpu_of_a_request(server, times[name])
            if number == -1:
                times[name] = max(5, round(SECONDS / seconds / CONNECTIONS))
            if number >= 0:
                found[name].append(seconds * 1e6)
    return found


def _cpu_of_a_request(server: Served, times: int) -> float:
    with contextlib.ExitStack() as stack:  # a server closes what is idle for some seconds
        address = ("127.0.0.1", server.port)
        connections = [stack.enter_context(socket.create_connection(address)) for _ in range(CONNECTIONS)]
        send(connections, server.request, 1)
        before = read_cpu(server.process)
        status = send(connections, server.request, times)
        if status not in (200, 304):
            raise RuntimeError(f"a server responded with {status}")
        return (read_cpu(server.process) - before) / times / CONNECTIONS


read_cpu: Callable[[int], float] = precise_cpu if Path("/proc/self/schedstat").exists() else cpu


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

        def api(*options: str, **variables: str) -> tuple[int, int]:
            command = (str(Path(sys.executable).with_name("sellerhealth")), "serve", "--port", "0", *options)
            settings = {"CLOCK": CLOCK.isoformat(), "COST_PER_MINUTE": str(10**12), **variables}
            return stack.enter_context(started(folder, *command, **settings))

        uncached, cached = api(RESPONSE_CACHE_BYTES="0"), api()
        two = api("--workers", "2", RESPONSE_CACHE_BYTES="0")
        head, body = answer(cached[1], get(key, '"none"'))
        tag = re.search(rb"etag: (\S+)", head, re.IGNORECASE)
        if tag is None or b"errors" in body:
            raise RuntimeError(body.decode())
        folder.joinpath("body.json").write_bytes(body)

        def compared(what: str) -> tuple[int, int]:
            return stack.enter_context(started(folder, sys.executable, __file__, what, "body.json"))

        request = post(key)
        servers = {
            "static": Served(*compared("static"), request),
            "static, our middleware": Served(*compared("static-behind"), request),
            "Strawberry, in memory": Served(*compared("strawberry"), request),
            "dashboard, remembered": Served(*cached, request),
            "dashboard, 304": Served(*cached, get(key, tag[1].decode())),
            "dashboard": Served(*uncached, request),
            "dashboard, two workers": Served(*two, request),
        }
        found = measure(servers, rounds)
    print(f"A dashboard of {len(METRICS)} metrics, {len(body):,} bytes; CPU of a request, and as ratios in the same round")
    for name, values in found.items():
        ratios = [
            statistics.median(a / b for a, b in zip(values, found[other], strict=True)) for other in ("static", "static, our middleware")
        ]
        print(f"  {name:24} {statistics.median(values):9,.0f} us {ratios[0]:7.2f} x static {ratios[1]:7.2f} x with middleware")
    workers = zip(found["dashboard, two workers"], found["dashboard"], strict=True)
    print(f"  two workers / one process: {statistics.median(two / one for two, one in workers):.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] and not sys.argv[1].isdecimal():
        serve(*sys.argv[1:])
    else:
        main(*map(int, sys.argv[1:]))
