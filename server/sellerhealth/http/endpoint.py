"""GraphQL over HTTP: which status and content type the answer to a request has. See docs/api/README.md."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from sellerhealth.graphql.context import Context
from sellerhealth.graphql.error_format import is_request_error, tell
from sellerhealth.graphql.operation_checks import NotRun, UnknownOperation
from sellerhealth.graphql.schema import Schema
from sellerhealth.http.negotiation import JSON, RESPONSE_JSON, preferred
from sellerhealth.http.persisted_documents import Documents
from sellerhealth.http.request import Asked, Refused, read

MakeContext: TypeAlias = Callable[[Request, str | None], Context]
Profile: TypeAlias = Literal["audits", "draft"]

# Statuses here are those of the draft of GraphQL over HTTP of August 2026. Its audits, which clients were built to, are older.
OLDER = {422: 400, 294: 200}
PARTIAL = 294

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """What is to be sent. `told` says that it is GraphQL's answer to a well-formed request, whatever that came to."""

    body: Mapping[str, Any]
    status: int
    headers: Mapping[str, str] = {}
    told: bool = False


class Endpoint:
    """The ASGI application that answers GraphQL requests.

    Not Strawberry's own view: nearly every step of it would have to be overridden, and what is left would be harder to follow.
    """

    def __init__(
        self,
        schema: Schema,
        make_context: MakeContext,
        documents: Documents,
        profile: Profile,
        may_ask: Callable[[str], bool],
    ) -> None:
        """`may_ask` tells of which other origins pages may ask."""
        self._schema, self._make_context, self._documents, self._profile, self._may_ask = schema, make_context, documents, profile, may_ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = preferred(request.headers.get("accept"))
        try:
            if media_type is None:
                raise Refused(406, f"The answer is {RESPONSE_JSON} or {JSON}, and `Accept` allows neither.")
            self._refuse_other_sites(request)
            answer = await self._answer(request, await read(request))
        except Refused as refused:
            answer = Answer(_error(refused.message, "BAD_USER_INPUT"), refused.status, refused.headers)
        except NotRun as reason:
            answer = Answer(_error(reason.message, reason.code), 422, told=True)
        except ClientDisconnect:
            return
        except Exception:  # a client of a JSON API can read nothing else, also when the server is at fault
            error_id = uuid.uuid4().hex
            log.exception("request_failed", error_id=error_id)
            message = f"Something went wrong on the server. Its log says more under {error_id}."
            answer = Answer(_error(message, "INTERNAL_SERVER_ERROR", errorId=error_id), 500)
        await self._response(answer, media_type or JSON)(scope, receive, send)

    def _refuse_other_sites(self, request: Request) -> None:
        # Browsers ask before they POST JSON to another site, but GET they send at once, and then keep the answer to themselves.
        if request.method == "GET" and request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            origin = request.headers.get("origin")
            if origin is None or not self._may_ask(origin):
                raise Refused(403, "Pages of this site may not ask. See the setting `cors_origins`.")

    async def _answer(self, request: Request, asked: Asked) -> Answer:
        context = self._make_context(request, asked.operation_name)
        try:
            result = await self._schema.execute(
                self._documents.document_of(asked),
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=context,
                allowed_operation_types=OperationType.from_http("GET" if request.method == "GET" else "POST"),
            )
        except InvalidOperationTypeError as wrong:
            raise Refused(405, f"By GET only queries can be asked: send a {wrong.operation_type.value} by POST.", Allow="POST") from wrong
        except CannotGetOperationTypeError as unknown:
            which = f"no operation {asked.operation_name!r}" if asked.operation_name else "no operation"
            raise UnknownOperation(f"There is {which} in the document.") from unknown
        errors = {"errors": tell(result, context.catalog)} if result.errors else {}
        extensions = {"extensions": result.extensions} if result.extensions else {}
        if is_request_error(result):
            is_syntax = errors["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
            return Answer({**errors, **extensions}, 400 if is_syntax else 422, told=True)
        return Answer({**errors, "data": result.data, **extensions}, PARTIAL if errors else 200, told=True)

    def _response(self, answer: Answer, media_type: str) -> Response:
        status = answer.status
        if self._profile == "audits":
            # To who understands the newer media type, a status tells; to who accepts plain JSON, 200 tells that the body is GraphQL's.
            status = 200 if answer.told and media_type == JSON else OLDER.get(status, status)
        elif status == PARTIAL and media_type == JSON:
            status = 200
        elif status >= 300:
            media_type = RESPONSE_JSON  # which alone lets a client tell such an answer from that of a proxy
        headers = {"Content-Type": f"{media_type}; charset=utf-8", "Vary": "Accept", **answer.headers}
        return Response(orjson.dumps(answer.body), status, headers)


def _error(message: str, code: str, **more: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}
