"""Parses a GraphQL request over HTTP and refuses what is malformed."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from starlette.datastructures import QueryParams

from sellerhealth.http.response_headers import Header
from sellerhealth.settings import RequestLimits, Settings

T = TypeVar("T")


class Refused(Exception):
    """A request that is not well-formed. The status is that of the newer draft of GraphQL over HTTP."""

    code = "BAD_USER_INPUT"

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers

    @property
    def sent_headers(self) -> Sequence[Header]:
        """Its headers as they are sent."""
        return [(name.encode(), value.encode()) for name, value in self.headers.items()]


class GraphQLRequest(NamedTuple):
    """A well-formed request: a document or the hash of a known one, the name of its operation, and the variables."""

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any]


def parse(method: str, received: bytes, settings: Settings) -> GraphQLRequest:
    """The GraphQL request of what was received by a method, within the limits of the settings. Raises Refused."""
    limits = settings.request_limits
    if method == "GET":
        texts = {name: text for name, text in QueryParams(received).items() if text}
        members = {name: _json(text, limits) if name in ("variables", "extensions") else text for name, text in texts.items()}
        return _parse(members, limits.document_characters)
    try:
        text = received.decode()
        # Reading JSON stops everything else for as long as it takes, which depends on the values more than on the size. A value follows a
        # comma or begins with a bracket, and each character of a document may be one.
        if sum(map(text.count, ",[{")) > limits.document_characters + 2 * settings.document_limits.variable_values:
            raise Refused(413, "The body has too many values.")
        return _parse(_json(text, limits), limits.document_characters)
    except UnicodeDecodeError as broken:
        raise Refused(400, f"The body is not UTF-8: {broken.reason} at byte {broken.start}.") from broken


@lru_cache(maxsize=4)  # to make one takes as long as to read a request
def _decoder(digits: int) -> json.JSONDecoder:
    """What reads JSON whose numbers have no more digits. Not orjson, which is faster but silently turns integers that are too large into floats."""

    def number(read: Callable[[str], T]) -> Callable[[str], T]:
        def read_number(written: str) -> T:
            if len(written) > digits:
                raise ValueError(f"a number has more than {digits:,} digits")
            return read(written)

        return read_number

    return json.JSONDecoder(parse_constant=_refuse_constant, parse_int=number(int), parse_float=number(float))


def _json(text: str, limits: RequestLimits) -> Any:
    try:
        value = _decoder(limits.json_digits).decode(text)
        if _is_deeper(value, limits.json_depth):
            raise ValueError(f"lists and objects are in each other more than {limits.json_depth:,} times")
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # fails for half a surrogate pair, which could not be sent back
    except (ValueError, RecursionError) as broken:
        raise Refused(400, f"The request cannot be read as JSON: {broken}.") from broken
    return value


def _is_deeper(value: Any, depth: int) -> bool:
    """Whether lists and objects are in each other more than so many times. Reading JSON itself stops where Python's recursion does."""
    level = [value]
    for _ in range(depth):
        groups = [each for each in level if isinstance(each, list | dict)]
        if not groups:
            return False
        level = [each for group in groups for each in (group.values() if isinstance(group, dict) else group)]
    return any(isinstance(each, list | dict) for each in level)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


_TYPES: Mapping[str, tuple[type, str]] = {
    "query": (str, "a string"),
    "documentId": (str, "a string"),
    "operationName": (str, "a string"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


def _parse(parameters: Any, longest: int) -> GraphQLRequest:
    if not isinstance(parameters, dict):
        raise Refused(422, "The request must be an object with the member `query`.")
    for name, (type_, type_name) in _TYPES.items():
        if parameters.get(name) is not None and not isinstance(parameters[name], type_):
            raise Refused(422, f"`{name}` must be {type_name}.")
    query, document_id, operation_name = (parameters.get(name) or None for name in ("query", "documentId", "operationName"))
    if query is not None and len(query) > longest:  # few tokens can be long, and what was parsed is kept
        raise Refused(413, f"The document is longer than {longest:,} characters.")
    extensions = parameters.get("extensions") or {}
    if query is None and document_id is None and extensions.get("persistedQuery") is None:
        raise Refused(422, "The request has no `query`.")
    return GraphQLRequest(query, document_id, operation_name, parameters.get("variables"), extensions)
