"""A request over HTTP taken apart, with suspicion: what of it is asked, or why it is refused."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.requests import Request

from sellerhealth.http.negotiation import JSON, is_json

MOST_BYTES = 1_000_000  # of a body
MOST_BYTES_OF_QUERY_STRING = 16_000
PATIENCE = 10.0  # seconds for a body to arrive


class Refused(Exception):
    """A request that is not a well-formed one. The status is that of the newer draft of GraphQL over HTTP."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


class Asked(NamedTuple):
    """A well-formed request: a document, or the hash of one that is known, which of its operations, and its variables."""

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any]


async def read(request: Request) -> Asked:
    """What is asked. Raises Refused."""
    if request.method == "GET":
        if len(request.scope["query_string"]) > MOST_BYTES_OF_QUERY_STRING:
            raise Refused(414, f"The query string is longer than {MOST_BYTES_OF_QUERY_STRING:,} bytes: ask by POST.")
        given = {name: text for name, text in request.query_params.items() if text}
        return _asked({name: _json(text) if name in ("variables", "extensions") else text for name, text in given.items()})
    if request.method != "POST":
        raise Refused(405, f"{request.method} is not supported: ask by GET or POST.", Allow="GET, POST")
    if not is_json(request.headers.get("content-type")):
        raise Refused(415, f"The body must be {JSON} in UTF-8, and `Content-Type` must say so.")
    try:
        async with asyncio.timeout(PATIENCE):
            body = await _body(request)
    except TimeoutError as late:
        raise Refused(408, f"The body did not arrive within {PATIENCE:g} seconds.", Connection="close") from late
    try:
        return _asked(_json(body.decode()))
    except UnicodeDecodeError as broken:
        raise Refused(400, f"The body is not UTF-8: {broken.reason} at byte {broken.start}.") from broken


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused(413, f"The body is larger than {MOST_BYTES:,} bytes.")
    return bytes(body)


def _json(text: str) -> Any:
    # Not orjson, which is fast but takes numbers that do not fit for others.
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a pair of surrogates is no text, and could not be sent back
    except (ValueError, RecursionError) as broken:
        raise Refused(400, f"The request cannot be read as JSON: {broken}.") from broken
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


_KINDS: Mapping[str, tuple[type, str]] = {
    "query": (str, "a text"),
    "documentId": (str, "a text"),
    "operationName": (str, "a text"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


def _asked(parameters: Any) -> Asked:
    if not isinstance(parameters, dict):
        raise Refused(422, "The request must be an object with the member `query`.")
    for name, (kind, called) in _KINDS.items():
        if parameters.get(name) is not None and not isinstance(parameters[name], kind):
            raise Refused(422, f"`{name}` must be {called}.")
    query, document_id, operation_name = (parameters.get(name) or None for name in ("query", "documentId", "operationName"))
    extensions = parameters.get("extensions") or {}
    if query is None and document_id is None and extensions.get("persistedQuery") is None:
        raise Refused(422, "The request has no `query`.")
    return Asked(query, document_id, operation_name, parameters.get("variables"), extensions)
