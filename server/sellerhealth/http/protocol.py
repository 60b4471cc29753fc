"""HTTP/1.1 as the server speaks it: uvicorn's protocol, with limits for what it would accept without end.

uvicorn bounds neither the headers of a request, nor the time they take, nor the connections of one address.
"""

import asyncio
import re
from collections import Counter
from http import HTTPStatus
from typing import Any

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sellerhealth.http.error_body import error_body
from sellerhealth.http.incoming import ARRIVED
from sellerhealth.settings import RequestLimits

_HOST_IN_TARGET = re.compile(rb"[a-z]+://([^/?#]*)", re.IGNORECASE)


def limited_protocol(limits: RequestLimits) -> type[asyncio.Protocol]:
    """The protocol of one server with its limits. It counts the connections of each address."""
    connections: Counter[str] = Counter()

    class Protocol(HttpToolsProtocol):
        """A connection. What exceeds a limit, or is no HTTP, is answered in JSON, and the connection is closed."""

        _refused = False
        _address: str | None = None
        _late: asyncio.TimerHandle | None = None  # while headers are awaited, or the rest of a body that was answered already
        _is_in_body = False  # whether a request has begun of which not all was parsed
        _incomplete = (
            0  # bytes received since headers, a part of a body, or a request were complete: of headers, trailers, or sizes of chunks
        )
        _is_complete = False  # whether one of these is in the data that is parsed
        _awaits_headers = False  # whether a request has begun whose headers are not complete

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._requests = _Parser(self)
            self.parser = self._requests  # type: ignore[assignment]  # it has the methods of a parser that uvicorn uses

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
            super().connection_made(transport)
            self._await_headers()
            if self.client:
                self._address = self.client[0]
                connections[self._address] += 1
                if 0 < limits.connections_per_address < connections[self._address]:
                    self._refuse(429, "THROTTLED", "There are too many connections from this address. Close some of them.")

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            if self._address is not None:
                connections[self._address] -= 1
                if not connections[self._address]:
                    del connections[self._address]
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._refused:
                return
            self._is_complete = False
            super().data_received(data)
            self._incomplete = 0 if self._is_complete else self._incomplete + len(data)
            if self._incomplete > limits.header_bytes:
                self._refuse_headers()
            # Not when they begin: those of nearly all requests are complete by now, and need no timer.
            if self._late is not None or self._refused:
                return
            if self._awaits_headers:
                self._await_headers()
            elif self.timeout_keep_alive_task is None and self.cycle is not None and self.cycle.response_complete:
                # No request has begun: it was an empty line, or the rest of a body that was answered. uvicorn would wait without end.
                self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._awaits_headers = True

        def on_headers_complete(self) -> None:
            self._awaits_headers = False
            self._stop_waiting()
            self._is_complete = True
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if len(self.headers) > limits.headers or size > limits.header_bytes:
                self._refuse_headers()
                return
            if self._requests.is_begun_again:
                return
            # The host in the target of a request takes the place of the header (RFC 9112, 3.2.2). The application would not see it.
            if found := _HOST_IN_TARGET.match(self.url):
                self.headers[:] = [*(header for header in self.headers if header[0] != b"host"), (b"host", found[1])]
            self._is_in_body = True
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            self._is_complete = True
            if not self._refused:
                super().on_body(body)

        def on_message_complete(self) -> None:
            self._is_complete = True
            if self._is_in_body:
                self._is_in_body = False
                self._stop_waiting()
            if not self._refused and not self._requests.is_begun_again:
                self.scope[ARRIVED] = True  # type: ignore[literal-required]  # a key of our own
                super().on_message_complete()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            # The application no longer waits for the rest of the body, and uvicorn keeps its connection open without end.
            if self._is_in_body and self.cycle is not None and self.cycle.response_complete:
                self._late = self.loop.call_later(limits.seconds, self.transport.close)

        def _await_headers(self) -> None:
            self._late = self.loop.call_later(limits.seconds, self._headers_late)

        def _stop_waiting(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

        def _headers_late(self) -> None:
            if self.pipeline or self.flow.read_paused:  # the server does not read them before earlier requests are answered
                self._await_headers()
                return
            self._refuse(408, "BAD_USER_INPUT", f"The headers did not arrive within {limits.seconds:g} seconds.")

        def _refuse_headers(self) -> None:
            message = f"The headers are larger than {limits.header_bytes:,} bytes, or there are more than {limits.headers} of them."
            self._refuse(431, "BAD_USER_INPUT", message)

        def send_400_response(self, msg: str) -> None:
            """Answers what uvicorn cannot parse, in place of its answer in plain text."""
            self._refuse(400, "BAD_USER_INPUT", "The request is not valid HTTP/1.1.")

        def _refuse(self, status: int, code: str, message: str) -> None:
            if self._refused or self.transport.is_closing():
                return
            self._refused = True
            self._stop_waiting()
            if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
                self.transport.abort()  # what is sent belongs to another response
                return
            self.transport.write(_response(status, orjson.dumps(error_body(message, code))))
            self.transport.close()

    return Protocol


class _Parser:
    """httptools' parser of requests, without upgrades: a server that offers none ignores the header (RFC 9110, 7.8).

    httptools takes what follows such a request for another protocol, even its body. So the request is parsed again without the header.
    Clients that would rather speak HTTP/2 send it with their first request.
    """

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol
        self._begin()

    def _begin(self) -> None:
        self._parser = parser = httptools.HttpRequestParser(self._protocol)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.get_http_version, self.get_method = parser.get_http_version, parser.get_method
        self.should_keep_alive, self.should_upgrade = parser.should_keep_alive, parser.should_upgrade

    @property
    def is_begun_again(self) -> bool:
        """Whether the request will be parsed again. A CONNECT has no other form."""
        return self.should_upgrade() and self.get_method() != b"CONNECT"

    def feed_data(self, data: bytes) -> None:
        while data:
            try:
                self._parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                if not self.is_begun_again:
                    raise
                data = self._head() + data[upgrade.args[0] :]
                self._begin()

    def _head(self) -> bytes:
        headers = (b"%s: %s\r\n" % header for header in self._protocol.headers if header[0] != b"upgrade")
        version = self.get_http_version().encode()
        return b"%s %s HTTP/%s\r\n%s\r\n" % (self.get_method(), self._protocol.url, version, b"".join(headers))


def _response(status: int, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        f"content-type: application/graphql-response+json; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
        "cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
