"""Errors for clients: one for each failure, however many fields it leaves null. Causes that clients must not see are logged."""

import re
import uuid
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from graphql import FieldNode, GraphQLError, GraphQLSyntaxError
from strawberry.types.execution import ExecutionResult, PreExecutionError

from sellerhealth.errors import BadInput, Forbidden, MetricFailed, NotFound, StoreFault, StoreUnreachable
from sellerhealth.graphql.operation_checks import RequestError
from sellerhealth.plugins.registry import MetricRegistry

CLIENT_ERRORS = (BadInput, Forbidden, NotFound, MetricFailed)  # their messages are meant for clients

SUGGESTION = re.compile(r" Did you mean [^?]*\?")  # as graphql-core writes it, in all its rules, and our own messages

log = structlog.get_logger(__name__)


@dataclass
class Failure:
    """An error, and how often it occurred in the response."""

    error: GraphQLError
    code: str
    cause: Exception | None  # to be logged, when the message is not for clients
    count: int = 0


def is_request_error(result: ExecutionResult) -> bool:
    """Whether the document, the operation name or the variables are wrong, so that nothing was executed."""
    return isinstance(result, PreExecutionError) or (result.data is None and all(error.path is None for error in result.errors or ()))


def format_errors(result: ExecutionResult, metrics: MetricRegistry, *, suggestions: bool = True) -> list[dict[str, Any]]:
    """The errors of a result as a client gets them. An error of the server is logged under an id, and the client gets the id.

    `suggestions`: whether messages may suggest similar names, from which a stranger could guess the schema.
    """
    failures: dict[Hashable, Failure] = {}
    for error in sorted(result.errors or (), key=_place):
        failure = _failure(error, result)
        original = error.original_error
        identity: Hashable = failure.code, type(original), error.message, _fields(error)
        if isinstance(original, MetricFailed):
            identity = original.error_id
        elif isinstance(original, StoreFault):  # whichever fields it leaves null
            identity = failure.code
        failures.setdefault(identity, failure).count += 1
    return [_format(failure, metrics, suggestions) for failure in failures.values()]


def _failure(error: GraphQLError, result: ExecutionResult) -> Failure:
    original = error.original_error
    if isinstance(original, CLIENT_ERRORS):
        return Failure(error, original.code, None)
    if isinstance(original, StoreFault):
        return Failure(error, original.code, original)
    # An invalid value in the document or the variables has nodes of the document: it is the client's error, not the server's.
    if error.path is not None or not (original is None or isinstance(original, GraphQLError) or error.nodes):
        return Failure(error, "INTERNAL_SERVER_ERROR", original or error)
    if isinstance(error, GraphQLSyntaxError):
        return Failure(error, "GRAPHQL_PARSE_FAILED", None)
    if isinstance(error, RequestError):
        return Failure(error, error.code, None)
    return Failure(error, "GRAPHQL_VALIDATION_FAILED" if isinstance(result, PreExecutionError) else "BAD_USER_INPUT", None)


def report(cause: Exception, **more: Any) -> tuple[str, str]:
    """Logs an error of the server under a new id. Returns the id, and a message for clients: of a database only the kind of its fault."""
    error_id = uuid.uuid4().hex
    log.error("request_failed", error_id=error_id, exc_info=_for_log(cause), **more)
    message = cause.for_clients if isinstance(cause, StoreFault) else "Something went wrong on the server."
    return error_id, f"{message} Its log says more under {error_id}."


def _place(error: GraphQLError) -> Any:
    """The place of an error in the document, then in the response: fields fail in any order, since they are resolved together."""
    return [tuple(each) for each in error.locations or ()], [(isinstance(each, str), each) for each in error.path or ()]


def _fields(error: GraphQLError) -> Sequence[str]:
    """The path of an error without the indexes of lists."""
    return tuple(name for name in error.path or () if isinstance(name, str))


def _field_name(error: GraphQLError) -> str | None:
    """The field that failed, by its name in the schema: its path has names that the client chose."""
    return next((node.name.value for node in error.nodes or () if isinstance(node, FieldNode)), None)


def _for_log(cause: Exception) -> Exception:
    """The cause without the document, of which a GraphQLError shows a part, and without frames in which a password may be seen."""
    if isinstance(cause, StoreUnreachable):  # its message says all, and a log may show the variables of the driver
        return type(cause)(str(cause))
    return GraphQLError(cause.message).with_traceback(cause.__traceback__) if isinstance(cause, GraphQLError) else cause


def _format(failure: Failure, metrics: MetricRegistry, suggestions: bool) -> dict[str, Any]:
    error, original = failure.error, failure.error.original_error
    extensions: dict[str, Any] = {"code": failure.code}
    if isinstance(error, RequestError):
        extensions |= error.extensions or {}
    message = error.message if suggestions else SUGGESTION.sub("", error.message)
    if isinstance(original, MetricFailed):
        plugin = metrics.origin(original.metric).name
        extensions |= {"metric": original.metric, "plugin": plugin, "errorId": original.error_id}
    if failure.cause is not None:
        extensions["errorId"], message = report(failure.cause, field=_field_name(error), count=failure.count)
    if failure.count > 1:
        extensions["count"] = failure.count
    return {**error.formatted, "message": message, "extensions": extensions}
