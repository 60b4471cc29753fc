"""The body of a response that is one error, in the form in which GraphQL clients read it."""

import uuid
from typing import Any

import structlog

from sellerhealth.errors import StoreFault
from sellerhealth.graphql.error_format import message_for_clients

log = structlog.get_logger(__name__)


def error_body(message: str, code: str, **more: str) -> dict[str, Any]:
    """A response body with a single error and no data. docs/errors.md lists the codes."""
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}


def failure(error: Exception) -> tuple[dict[str, Any], int]:
    """Logs an error of the server under an id, and returns the body of a response that tells the client the id, and its status."""
    error_id = uuid.uuid4().hex
    log.error("request_failed", error_id=error_id, exc_info=error)
    code, status = (error.code, 503) if isinstance(error, StoreFault) else ("INTERNAL_SERVER_ERROR", 500)
    return error_body(f"{message_for_clients(error)} Its log says more under {error_id}.", code, errorId=error_id), status
