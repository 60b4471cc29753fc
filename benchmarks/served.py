"""Starts servers as processes of their own, and measures how much CPU a request to each of them takes.

The CPU of a process and its children is read from /proc. Rounds are interleaved: other programs slow all servers alike, so a ratio is the
median of those of the rounds.
"""

import contextlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

SECONDS = 0.2  # of CPU that a server takes in a round, about
CONNECTIONS = 4
TICK = os.sysconf("SC_CLK_TCK")
Measured: TypeAlias = "dict[str, list[float]]"  # microseconds of each round, by server


class Served(NamedTuple):
    """A server, and the request that it gets. `database`: the process of the database that works for it, if it has one of its own."""

    process: int
    port: int
    request: bytes
    database: int | None = None

    def cpu(self) -> float:
        """The seconds of CPU that it has taken, with those of its database."""
        return read_cpu(self.process) + (0 if self.database is None else read_cpu(self.database))


@contextlib.contextmanager
def started(folder: Path, *command: str, **variables: str) -> Iterator[tuple[int, int]]:
    """A server as a process of its own, with variables of its environment: its id and its port, from the line that it prints."""
    output = folder / f"{len(list(folder.glob('*.out')))}.out"
    environment = {**os.environ, **variables}
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)  # noqa: S603 - the commands of the benchmarks
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
    """Seconds of CPU of a process and its children, also of those that have ended."""
    return sum(_ticks(each, "utime", "stime") for each in (process, *_children(process))) + _ticks(process, "cutime", "cstime")


def precise_cpu(process: int) -> float:
    """The same, of living threads in nanoseconds, where the kernel counts them: the ticks above are of 10 ms."""
    seconds = 0.0
    for each in (process, *_children(process)):
        for thread in Path("/proc").glob(f"{each}/task/*/schedstat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended just now
                seconds += int(thread.read_text().split()[0]) / 1e9
    return seconds + _ticks(process, "cutime", "cstime")


def _children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _ticks(process: int, *fields: str) -> float:
    """The seconds in fields of /proc/PID/stat."""
    try:
        found = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # it has ended just now
        return 0.0
    return sum(int(found[11 + ("utime", "stime", "cutime", "cstime").index(field)]) for field in fields) / TICK


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
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        raise RuntimeError("a response that does not say how long it is")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while len(body) < int(length[1] if length else 0):
        body += _more(connection)
    return int(head.split()[1])


def _more(connection: socket.socket) -> bytes:
    if part := connection.recv(65_536):
        return part
    raise RuntimeError("a server closed a connection before the end of its response")


def post(document: str, variables: Mapping[str, Any], **headers: str) -> bytes:
    """A request by POST."""
    body = json.dumps({"query": document, "variables": variables}).encode()
    listed = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    return "".join(["POST /graphql HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in listed.items()), "\r\n"]).encode() + body


def answer(port: int, request: bytes) -> tuple[bytes, bytes]:
    """The head and the body of a response."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        data = b""
        while part := connection.recv(65_536):
            data += part
    head, _, body = data.partition(b"\r\n\r\n")
    return head, body


def measure(servers: Mapping[str, Served], rounds: int, warm_up: float = 0, at_once: int = CONNECTIONS) -> Measured:
    """Microseconds of CPU of a request in each round, by server. Before, each is warmed up for about so many seconds of its CPU.

    `at_once`: how many requests are sent before the first response is awaited.
    """
    times = dict.fromkeys(servers, 5 if at_once > 1 else 1)
    for name, server in servers.items():
        seconds, spent = 0.0, 0.0
        while spent <= warm_up:  # at least once, which fills caches
            seconds = _cpu_of_a_request(server, times[name], at_once)
            spent += seconds * times[name] * at_once
        times[name] = max(1, round(SECONDS / seconds / at_once))
    found: Measured = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            found[name].append(_cpu_of_a_request(server, times[name], at_once) * 1e6)
    return found


def _cpu_of_a_request(server: Served, times: int, at_once: int) -> float:
    with contextlib.ExitStack() as stack:  # a server closes what is idle for some seconds
        address = ("127.0.0.1", server.port)
        connections = [stack.enter_context(socket.create_connection(address)) for _ in range(at_once)]
        if times > 1:
            send(connections, server.request, 1)  # so that connections are open
        before = server.cpu()
        status = send(connections, server.request, times)
        if status not in (200, 304):
            raise RuntimeError(f"a server responded with {status}")
        return (server.cpu() - before) / times / at_once


def ratio(found: Measured, name: str, other: str) -> float:
    """How many times as much CPU a server takes as another: the median of the rounds."""
    return statistics.median(a / b for a, b in zip(found[name], found[other], strict=True))


def table(found: Measured, *others: str) -> Iterator[str]:
    """Lines with the median, the quartiles, and the ratios to others."""
    yield f"  {'':24} {'median':>9} {'quartiles':>19} " + "".join(f"{'/ ' + other:>26}" for other in others)
    for name, values in found.items():
        low, median, high = statistics.quantiles(values, n=4)
        ratios = "".join(f"{ratio(found, name, other):26.2f}" for other in others)
        yield f"  {name:24} {median:6,.0f} us {low:9,.0f} to {high:6,.0f} {ratios}"


read_cpu: Callable[[int], float] = precise_cpu if Path("/proc/self/schedstat").exists() else cpu
