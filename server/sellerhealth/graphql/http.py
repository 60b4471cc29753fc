"""GraphQL over HTTP: what may be asked how, and which status and content type the answer has. See docs/api.md."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from sellerhealth.graphql.context import Context
from sellerhealth.graphql.failures import is_request_error, tell
from sellerhealth.graphql.negotiation import JSON, RESPONSE_JSON, is_json, preferred
from sellerhealth.graphql.schema import Schema

MOST_BYTES = 1_000_000  # of a request's body

MakeContext: TypeAlias = Callable[[Request, str | None], Context]

log = structlog.get_logger(__name__)


class Refused(Exception):
    """A request to which the answer is an error without any data."""

    def __init__(self, status: int, message: str, code: str = "BAD_USER_INPUT", **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, headers


class Asked(NamedTuple):
    """A well-formed request: a document, which of its operations, and its variables."""

    query: str
    operation_name: str | None
    variables: dict[str, Any] | None


class Endpoint:
    """The ASGI application that answers GraphQL requests.

    Not Strawberry's own view: nearly every step of it would have to be overridden, and what is left would be harder to follow.
    """

    def __init__(self, schema: Schema, make_context: MakeContext) -> None:
        self._schema, self._make_context = schema, make_context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = preferred(request.headers.get("accept"))
        try:
            if media_type is None:
                raise Refused(406, f"The answer is {RESPONSE_JSON} or {JSON}, and `Accept` allows neither.")
            response = await self._answer(request, await _read(request), media_type)
        except Refused as refused:
            body = {"errors": [{"message": refused.message, "extensions": {"code": refused.code}}]}
            response = _respond(body, refused.status, media_type or JSON, refused.headers)
        except ClientDisconnect:
            return
        except Exception:  # a client of a JSON API can read nothing else, also when the server is at fault
            error_id = uuid.uuid4().hex
            log.exception("request_failed", error_id=error_id)
            message = f"Something went wrong on the server. Its log says more under {error_id}."
            extensions = {"code": "INTERNAL_SERVER_ERROR", "errorId": error_id}
            response = _respond({"errors": [{"message": message, "extensions": extensions}]}, 500, media_type or JSON)
        await response(scope, receive, send)

    async def _answer(self, request: Request, asked: Asked, media_type: str) -> Response:
        # To who understands the newer media type, a status tells; to who accepts plain JSON, 200 tells that the body is GraphQL's.
        request_error = 400 if media_type == RESPONSE_JSON else 200
        context = self._make_context(request, asked.operation_name)
        try:
            result = await self._schema.execute(
                asked.query,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=context,
                allowed_operation_types=OperationType.from_http("GET" if request.method == "GET" else "POST"),
            )
        except InvalidOperationTypeError as wrong:
            raise Refused(405, f"By GET only queries can be asked: send a {wrong.operation_type.value} by POST.", Allow="POST") from wrong
        except CannotGetOperationTypeError as unknown:
            which = f"no operation {asked.operation_name!r}" if asked.operation_name else "no operation"
            raise Refused(request_error, f"There is {which} in the document.", "OPERATION_RESOLUTION_FAILURE") from unknown
        errors = {"errors": tell(result, context.catalog)} if result.errors else {}
        if is_request_error(result):
            return _respond(errors, request_error, media_type)
        return _respond({**errors, "data": result.data}, 200, media_type)


def _respond(body: Mapping[str, Any], status: int, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, {"Content-Type": f"{media_type}; charset=utf-8", "Vary": "Accept", **(headers or {})})


async def _read(request: Request) -> Asked:
    if request.method == "GET":
        given = {name: text for name, text in request.query_params.items() if text}
        return _asked({name: _json(text) if name in ("variables", "extensions") else text for name, text in given.items()})
    if request.method != "POST":
        raise Refused(405, f"{request.method} is not supported: ask by GET or POST.", Allow="GET, POST")
    if not is_json(request.headers.get("content-type")):
        raise Refused(415, f"The body must be {JSON} in UTF-8, and `Content-Type` must say so.")
    try:
        return _asked(_json((await _body(request)).decode()))
    except UnicodeDecodeError as broken:
        raise Refused(400, f"The body is not UTF-8: {broken.reason} at byte {broken.start}.") from broken


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused(413, f"The body is larger than {MOST_BYTES} bytes.")
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
    "operationName": (str, "a text"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


def _asked(parameters: Any) -> Asked:
    if not isinstance(parameters, dict):
        raise Refused(400, "The request must be an object with the member `query`.")
    for name, (kind, called) in _KINDS.items():
        if parameters.get(name) is not None and not isinstance(parameters[name], kind):
            raise Refused(400, f"`{name}` must be {called}.")
    if not parameters.get("query"):
        raise Refused(400, "The request has no `query`.")
    return Asked(parameters["query"], parameters.get("operationName") or None, parameters.get("variables"))
