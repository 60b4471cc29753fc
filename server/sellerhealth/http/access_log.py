"""The line of the log about a request, and its id.

The line has no address, no header and no part of the document but the name of its operation: they may hold keys or personal data.
"""

import re
import secrets

import structlog
from starlette.types import Scope

from sellerhealth.request_record import RequestRecord

REQUEST_ID = "X-Request-Id"
_ID = REQUEST_ID.lower().encode()
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")  # nothing that could be taken for a part of the log

log = structlog.get_logger("sellerhealth.access")


def request_id_of(scope: Scope) -> str:
    """The id of a request: that of the header `X-Request-Id` if it is well-formed, else a new one."""
    sent = [value for name, value in scope["headers"] if name == _ID]
    return sent[0].decode() if len(sent) == 1 and _WELL_FORMED.fullmatch(sent[0]) else secrets.token_hex(16)


class AccessLog:
    """Writes one line about each request."""

    def __init__(self) -> None:
        self._log = log.bind()  # as the log is configured now: else every line would look it up

    def write(self, scope: Scope, record: RequestRecord, status: int | None, seconds: float) -> None:
        """Writes the line of a request that has ended. `status`: None if the client went before there was a response."""
        self._log.info(
            "request",
            method=scope["method"],
            route=getattr(scope.get("route"), "path", None),  # not the path, which anybody can write anything into
            status=status,
            viewer=record.viewer,
            operation=record.operation,
            cost=record.cost,
            cached=record.cached,
            statements=record.statements,
            unplanned=record.unplanned,
            milliseconds=round(seconds * 1000, 1),
        )
