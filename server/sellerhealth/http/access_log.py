"""Gives each request an id, writes one line about it to the log, and responds if nothing else could.

The line has no address, no header and no part of the document but the name of its operation: they may hold keys or personal data.
"""

import re
import secrets
import time

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sellerhealth.http.error_body import failure
from sellerhealth.request_record import Recording

REQUEST_ID = "X-Request-Id"
_ID = REQUEST_ID.lower().encode()
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")  # nothing that could be taken for a part of the log

log = structlog.get_logger("sellerhealth.access")


class AccessLog:
    """ASGI middleware. The id is that of the header `X-Request-Id` if it is well-formed, else a new one. All log lines of the request have it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = log.bind()  # as the log is configured now: else every line would look it up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, status, started = _request_id(scope), None, time.perf_counter()
        header = _ID, request_id.encode()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], header]
            await send(message)

        with Recording(request_id) as record:
            try:
                await self._app(scope, receive, send_with_id)
            except Exception as error:  # the endpoint of the API responds to its own
                if status is not None:  # a part of the response has been sent
                    raise
                await JSONResponse(*failure(error))(scope, receive, send_with_id)
            finally:
                self._log.info(
                    "request",
                    method=scope["method"],
                    route=getattr(scope.get("route"), "path", None),  # not the path, which anybody can write anything into
                    status=status,  # None if the client went before there was a response
                    viewer=record.viewer,
                    operation=record.operation,
                    cost=record.cost,
                    cached=record.cached,
                    statements=record.statements,
                    unplanned=record.unplanned,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )


def _request_id(scope: Scope) -> str:
    sent = [value for name, value in scope["headers"] if name == _ID]
    return sent[0].decode() if len(sent) == 1 and _WELL_FORMED.fullmatch(sent[0]) else secrets.token_hex(16)
