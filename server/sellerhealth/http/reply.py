"""What the endpoint replies to a request, and the response that this is: its status, media type and headers."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from starlette.types import Send

from sellerhealth.http.conditional import has_current, tag_of
from sellerhealth.http.incoming import Incoming
from sellerhealth.http.negotiation import JSON, RESPONSE_JSON
from sellerhealth.http.response_cache import Answer
from sellerhealth.http.response_headers import Header
from sellerhealth.locales import Locale

# The statuses are those of the draft of GraphQL over HTTP of August 2026. Its audits, and the clients built to them, are older.
AUDIT_STATUSES = {422: 400, 294: 200}
PARTIAL = 294

_CONTENT_TYPE: Mapping[str, Header] = {name: (b"content-type", f"{name}; charset=utf-8".encode()) for name in (JSON, RESPONSE_JSON)}
_VARY = b"vary", b"Accept, Accept-Language"
# An answer by GET. `no-cache`: browsers may keep it, and ask before each use whether it is current. Only the browser itself may keep it.
_MAY_BE_KEPT = (b"cache-control", b"private, no-cache"), (b"vary", b"Accept, Accept-Language, Authorization")


class Reply(NamedTuple):
    """A response to send.

    `is_graphql_response` is true for the response to a well-formed request, even if it contains only errors. `answer`: its content, if
    it has all that was requested.
    """

    content: bytes
    status: int
    headers: Sequence[Header] = ()
    is_graphql_response: bool = False
    answer: Answer | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any], *more: Any, **members: Any) -> "Reply":
        """A reply with a body in JSON."""
        return cls(orjson.dumps(body), *more, **members)


class Response(NamedTuple):
    """A response as it is sent."""

    status: int
    headers: Sequence[Header]
    content: bytes

    async def send(self, send: Send) -> None:
        """Sends it. Starlette's Response takes twice as long."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.content})


def response_to(
    incoming: Incoming, reply: Reply, more: Sequence[Header], media_type: str, locale: Locale | None, *, audits: bool
) -> Response:
    """The response that a reply to a request is, with more headers. `audits`: with the statuses of the older draft."""
    status = reply.status
    if audits:
        # With the newer media type the status says what happened. With plain JSON, 200 says that the body is a GraphQL response.
        status = 200 if reply.is_graphql_response and media_type == JSON else AUDIT_STATUSES.get(status, status)
    elif status == PARTIAL and media_type == JSON:
        status = 200
    elif status >= 300:
        media_type = RESPONSE_JSON  # plain JSON with such a status could come from a proxy
    headers = [*more, *reply.headers]
    if locale is not None and reply.status < 300:  # messages of errors are in English
        headers.append((b"content-language", locale.encode()))
    if reply.answer is None or incoming.method != "GET":
        headers.append(_VARY)
    else:
        tag = tag_of(reply.answer.digest, media_type, locale)
        headers += (*_MAY_BE_KEPT, (b"etag", tag.encode()))
        if has_current(tag, incoming.header(b"if-none-match")):
            return Response(304, headers, b"")
    headers += (_CONTENT_TYPE[media_type], (b"content-length", b"%d" % len(reply.content)))
    return Response(status, headers, reply.content)
