"""A request as it came: its headers, and its query string or body within the limits.

Starlette's Request reads a body in a generator, which takes longer.
"""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from sellerhealth.http.headers import headers_of
from sellerhealth.http.negotiation import JSON, is_json
from sellerhealth.http.request import Refused
from sellerhealth.settings import RequestLimits

ARRIVED = "sellerhealth.arrived"  # in the scope of a request whose body is there as a whole, if the server says so


class Incoming:
    """A request whose body was not received yet."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope, self.method = scope, scope["method"]
        self._receive = receive
        self._headers = headers_of(scope)

    def header(self, name: bytes) -> str | None:
        """The first header of a name in lower case."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def content(self, limits: RequestLimits) -> bytes:
        """The query string of a GET or the body of a POST. Raises Refused, and ClientDisconnect."""
        if self.method == "GET":
            query_string: bytes = self.scope["query_string"]
            if len(query_string) > limits.query_string_bytes:
                raise Refused(414, f"The query string is longer than {limits.query_string_bytes:,} bytes. Send the request by POST.")
            return query_string
        if self.method != "POST":
            raise Refused(405, f"{self.method} is not supported. Send the request by GET or POST.", allow="GET, POST")
        if not is_json(self.header(b"content-type")):
            raise Refused(415, f"The body must be {JSON} in UTF-8, and `Content-Type` must say so.")
        if self.scope.get(ARRIVED):  # a timer takes longer than all the rest of this
            return await self._body(limits.body_bytes)
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._body(limits.body_bytes)
        except TimeoutError as late:
            raise Refused(408, f"The body did not arrive within {limits.seconds:g} seconds.", connection="close") from late

    async def gone(self) -> None:
        """Returns when the client has closed the connection."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _body(self, most: int) -> bytes:
        body, is_more = bytearray(), True
        while is_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > most:
                raise Refused(413, f"The body is larger than {most:,} bytes.")
            is_more = message.get("more_body", False)
        return bytes(body)
