"""What the endpoint replies to a request, and the response that this is: its status, media type and headers."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from starlette.types import Send

from sellerhealth.http.conditional import conditional
from sellerhealth.http.incoming import Incoming
from sellerhealth.http.negotiation import JSON, RESPONSE_JSON
from sellerhealth.http.response_cache import Answer
from sellerhealth.locales import Locale

# The statuses are those of the draft of GraphQL over HTTP of August 2026. Its audits, and the clients built to them, are older.
AUDIT_STATUSES = {422: 400, 294: 200}
PARTIAL = 294


class Reply(NamedTuple):
    """A response to send.

    `is_graphql_response` is true for the response to a well-formed request, even if it contains only errors. `answer`: its content, if
    it has all that was requested. The names of headers are in lower case.
    """

    content: bytes
    status: int
    headers: Mapping[str, str] = {}
    is_graphql_response: bool = False
    answer: Answer | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any], *more: Any, **members: Any) -> "Reply":
        """A reply with a body in JSON."""
        return cls(orjson.dumps(body), *more, **members)


class Response(NamedTuple):
    """A response as it is sent."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    async def send(self, send: Send) -> None:
        """Sends it. Starlette's Response takes twice as long."""
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.content})


def response_to(incoming: Incoming, reply: Reply, media_type: str, locale: Locale | None, *, audits: bool) -> Response:
    """The response that a reply to a request is. `audits`: with the statuses of the older draft."""
    status = reply.status
    if audits:
        # With the newer media type the status says what happened. With plain JSON, 200 says that the body is a GraphQL response.
        status = 200 if reply.is_graphql_response and media_type == JSON else AUDIT_STATUSES.get(status, status)
    elif status == PARTIAL and media_type == JSON:
        status = 200
    elif status >= 300:
        media_type = RESPONSE_JSON  # plain JSON with such a status could come from a proxy
    headers = {
        "content-type": f"{media_type}; charset=utf-8",
        "content-length": str(len(reply.content)),
        "vary": "Accept, Accept-Language",
        **reply.headers,
    }
    if locale is not None and reply.status < 300:  # messages of errors are in English
        headers["content-language"] = locale
    if reply.answer is None or incoming.method != "GET":
        return Response(status, headers, reply.content)
    more, has_it = conditional(reply.answer.digest, media_type, locale, incoming.header(b"if-none-match"))
    headers |= more
    if has_it:
        return Response(304, {name: value for name, value in headers.items() if name not in ("content-length", "content-type")}, b"")
    return Response(status, headers, reply.content)
