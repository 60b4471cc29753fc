"""What the access log says of a request, noted where it becomes known: by the authentication, the endpoint, the schema and the store."""

import datetime as dt
import threading
from contextvars import ContextVar, Token
from dataclasses import dataclass

from structlog.typing import EventDict

MAX_NAME = 100  # characters of an operation's name
# Of all records: it is held for nanoseconds, and one for each takes as long to make as all the rest of a record.
_counting = threading.Lock()


@dataclass(slots=True)
class RequestRecord:
    """Nothing in it comes from variables, documents or credentials, except for the name of an operation, which GraphQL restricts."""

    request_id: str | None = None
    viewer: str | None = None
    operation: str | None = None
    cost: int | None = None
    cached: bool = False  # whether the answer was remembered
    statements: int = 0
    unplanned: int = 0  # values of the answer that the plan of the operation left to graphql-core
    replayed: tuple[dt.datetime | None, ...] = ()

    def note_operation(self, name: str | None, cost: int) -> None:
        """Notes the operation that was chosen."""
        self.operation, self.cost = (name or "")[:MAX_NAME] or None, cost

    def count_statement(self) -> None:
        """Counts a statement. The threads of a request may do so at the same time."""
        with _counting:
            self.statements += 1

    def note_replayed(self, until: dt.datetime | None) -> None:
        """Notes that something was read from a replica, which had everything that was committed until then; None if that is not known."""
        with _counting:
            self.replayed += (until,)

    @property
    def read_as_of(self) -> dt.datetime | None:
        """Until when everything that was committed is in what was read from a replica. None if that is not known."""
        known = [until for until in self.replayed if until is not None]
        return min(known) if known and len(known) == len(self.replayed) else None


_current: ContextVar[RequestRecord | None] = ContextVar("request_record", default=None)


def current_record() -> RequestRecord | None:
    """The record of the request that is being served, also on its threads. None outside of a request."""
    return _current.get()


class Recording:
    """A context manager with a new record, which is the current one inside."""

    __slots__ = ("_record", "_token")
    _token: Token[RequestRecord | None]

    def __init__(self, request_id: str | None = None) -> None:
        self._record = RequestRecord(request_id)

    def __enter__(self) -> RequestRecord:
        self._token = _current.set(self._record)
        return self._record

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def with_request_id(logger: object, level: str, event: EventDict) -> EventDict:
    """A line of the log with the id of the request that is being served: a processor for structlog."""
    if record := _current.get():
        event["request_id"] = record.request_id
    return event
