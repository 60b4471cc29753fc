"""The line of the log about a request, and its id.

The line has no address, no header and no part of the document but the name of its operation: they may hold keys or personal data.
"""

import logging
import random
import re
from typing import Any

import structlog
from starlette.types import Scope
from structlog.typing import EventDict

from sellerhealth.http.headers import headers_of
from sellerhealth.request_record import RequestRecord

REQUEST_ID = "X-Request-Id"
_ID = REQUEST_ID.lower().encode()
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")  # nothing that could be taken for a part of the log

NAME = "sellerhealth.access"
log = structlog.get_logger(NAME)
_random_bits = random.Random().getrandbits  # noqa: S311 - an id is no secret, and the system's random numbers take three times as long


def request_id_of(scope: Scope) -> str:
    """The id of a request: that of the header `X-Request-Id` if it is well-formed, else a new one."""
    sent = headers_of(scope).only(_ID)
    return sent.decode() if sent is not None and _WELL_FORMED.fullmatch(sent) else f"{_random_bits(128):032x}"


class AccessLog:
    """Writes one line about each request, as the log is configured when this is made."""

    def __init__(self) -> None:
        is_enabled = log.bind().is_enabled_for(logging.INFO)
        self._log: _Lines | None = (
            structlog.wrap_logger(None, wrapper_class=_Lines, logger_factory_args=[NAME]).bind() if is_enabled else None
        )

    def write(self, scope: Scope, record: RequestRecord, status: int | None, seconds: float) -> None:
        """Writes the line of a request that has ended. `status`: None if the client went before there was a response."""
        if self._log is not None:
            self._log.write(
                {
                    "method": scope["method"],
                    "route": getattr(scope.get("route"), "path", None),  # not the path, which anybody can write anything into
                    "status": status,
                    "viewer": record.viewer,
                    "operation": record.operation,
                    "cost": record.cost,
                    "cached": record.cached,
                    "statements": record.statements,
                    "unplanned": record.unplanned,
                    "milliseconds": round(seconds * 1000, 1),
                    "event": "request",
                }
            )


class _Lines(structlog.BoundLoggerBase):
    """Passes an event through structlog's processors as it is. structlog's own wrappers copy it three times: half of the time of a line."""

    def write(self, event: EventDict) -> None:
        line: Any = event
        try:
            for process in self._processors:
                line = process(self._logger, "info", line)
        except structlog.DropEvent:
            return
        arguments, named = line if isinstance(line, tuple) else ((line,), {})  # as for a formatter of the standard library
        self._logger.info(*arguments, **named)
