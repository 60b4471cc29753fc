"""The body of a response that is one error, in the form in which GraphQL clients read it."""

from typing import Any


def error_body(message: str, code: str, **more: str) -> dict[str, Any]:
    """A response body with a single error and no data. docs/errors.md lists the codes."""
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}
