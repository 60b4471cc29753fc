"""The body of a response that is one error, in the form in which GraphQL clients read it."""

from typing import Any

from sellerhealth.errors import StoreFault
from sellerhealth.graphql.error_format import report


def error_body(message: str, code: str, **more: str) -> dict[str, Any]:
    """A response body with a single error and no data. docs/errors.md lists the codes."""
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}


def failure(error: Exception) -> tuple[dict[str, Any], int]:
    """Logs an error of the server under an id, and returns the body of a response with that id, and its status."""
    error_id, message = report(error)
    code, status = (error.code, 503) if isinstance(error, StoreFault) else ("INTERNAL_SERVER_ERROR", 500)
    return error_body(message, code, errorId=error_id), status
