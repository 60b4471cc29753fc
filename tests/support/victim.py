"""A server under attack: what a client sends byte by byte, what that costs the server, and whether others are answered meanwhile."""

import json
import os
import resource
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.running import Serving

ADDRESS_SPACE = 4_000_000_000  # bytes, most of them only reserved: each thread has a heap and a stack
END = b"\r\n\r\n"  # of the headers
PATIENCE = 30.0  # seconds until a request counts as hanging
TRIES = 3
JSON = "application/json"
_TICK = os.sysconf("SC_CLK_TCK")


def limit_memory() -> None:
    """Limits the memory of the process that it is called in."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


@dataclass(frozen=True)
class Answer:
    """A response as it was received: status 0 if the server closed the connection without one."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def codes(self) -> set[str]:
        """The codes of the errors in the body."""
        return {error["extensions"]["code"] for error in self.json.get("errors", ())}


@dataclass
class Spent:
    """What an attack cost the server: seconds of CPU, and bytes of memory beyond what it had."""

    seconds: float = 0.0
    memory: int = 0


@dataclass
class Victim:
    """A server, the key of the attacker, and that of another client."""

    server: Serving
    key: str
    other_key: str
    _witness: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, _, port = self.server.address.removeprefix("http://").partition(":")
        return host, int(port)

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        """A new connection, from an address of loopback."""
        return socket.create_connection(self.address, PATIENCE, (source, 0))

    def exchange(self, request: bytes) -> Answer:
        """The response to the bytes of a request, on a connection of its own. What the server no longer reads is not sent."""
        with self.connect() as connection:
            with suppress(BrokenPipeError, ConnectionResetError):  # the server has answered already, or hung up
                connection.sendall(request)
            return receive(connection)

    def post(self, body: bytes, key: str | None = None, **headers: str) -> Answer:
        """The response to a body."""
        return self.exchange(request_bytes(body, key or self.key, **headers))

    def send(self, query: str, key: str | None = None, **members: Any) -> Answer:
        """The response to a document."""
        return self.post(json.dumps({"query": query, **members}).encode(), key)

    def check_other_client(self) -> None:
        """Fails unless another client, from another address and with another key, is answered."""
        query = json.dumps({"query": '{ viewer { name } account(key: "none") { key } }'}).encode()
        for request in (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", request_bytes(query, self.other_key)):
            with self.connect("127.0.0.2") as connection:
                connection.sendall(request)
                answer = receive(connection)
            assert answer.status == 200, answer
            assert "errors" not in answer.json, answer

    @contextmanager
    def attacked(self) -> Iterator[Spent]:
        """Measures what happens meanwhile, while another client sends requests again and again. Fails if one is not answered."""
        self._reset_peak()
        spent, memory, seconds, over = Spent(), self._peak(), self.cpu(), threading.Event()

        def watch() -> None:
            while True:
                self.check_other_client()
                if over.wait(0.5):
                    return

        witness = self._witness.submit(watch)
        try:
            yield spent
        finally:
            over.set()
            witness.result(PATIENCE)
            assert self.server.process.poll() is None, self.server.output.read_text()[-2000:]
            spent.seconds, spent.memory = self.cpu() - seconds, max(self._peak() - memory, 0)

    def cost_of(self, attack: Callable[[], Answer], seconds: float) -> tuple[Answer, Spent]:
        """The answer to an attack that should cost at most so many seconds, and the least of some tries: a busy machine only adds."""
        for _ in range(TRIES):
            with self.attacked() as spent:
                answer = attack()
            if spent.seconds < seconds:
                break
        return answer, spent

    def cpu(self) -> float:
        """The seconds of CPU that the server has used."""
        text = self._proc("stat").read_text()
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICK

    def _peak(self) -> int:
        line = next(line for line in self._proc("status").read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def _reset_peak(self) -> None:
        self._proc("clear_refs").write_text("5")

    def _proc(self, name: str) -> Path:
        return Path("/proc", str(self.server.process.pid), name)


def request_bytes(body: bytes, key: str | None = None, method: str = "POST", target: str = "/graphql", **headers: str) -> bytes:
    """A request with a body. `Content-Type` is JSON unless a header says otherwise."""
    given = {"Host": "localhost", "Content-Type": JSON, "Accept": "application/graphql-response+json"}
    given |= {"Authorization": f"Bearer {key}"} if key else {}
    given |= {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return head.encode() + b"\r\n" + body


def receive(connection: socket.socket) -> Answer:
    """The next response. It fails when the server neither answers nor hangs up."""
    received = b""
    try:
        # No further than the end of its headers: the next response may have arrived as well.
        while (end := received.find(END)) < 0 and (seen := connection.recv(65_536, socket.MSG_PEEK)):
            ends = (received + seen).find(END)
            received += connection.recv(len(seen) if ends < 0 else ends + len(END) - len(received))
        if end < 0:
            return Answer(0, {}, received)
        head, body = received[:end], b""
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            if not (data := connection.recv(min(length - len(body), 1_000_000))):
                break
            body += data
        return Answer(int(status.split()[1]), headers, body[:length])
    except ConnectionResetError:
        return Answer(0, {}, received)
