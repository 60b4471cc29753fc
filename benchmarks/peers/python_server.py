"""Serves one of the applications to compare with, until it is stopped, with the options of our server.

    python -m peers.python_server static|behind|strawberry|executor [FILE]

`static` always responds with the bytes of the file, `behind` does so behind our middleware. `strawberry` has the accounts of the current folder
in memory, as plain types, and `executor` has the same types behind our middleware and endpoint, executed by our plans.
"""

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from graphql import specified_rules
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types.execution import ExecutionResult

from sellerhealth.access import Viewer
from sellerhealth.cli.config import configure_log
from sellerhealth.cli.server import open_socket, run
from sellerhealth.deadline import Deadline
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.graphql import execute
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.document_cache import DocumentCache
from sellerhealth.http.authentication import Authentication, Open
from sellerhealth.http.endpoint import Endpoint
from sellerhealth.http.entrance import Entrance
from sellerhealth.http.operations import Operations
from sellerhealth.http.persisted_documents import AutomaticDocuments
from sellerhealth.http.response_cache import ResponseCache
from sellerhealth.locales import Locale
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import DOCUMENT_LIMITS, Settings
from sellerhealth.testing.empty_store import open_empty_store

from . import data
from .plain_types import plain_schema

VARIABLES = {"PYTHONPATH": str(Path(__file__).parents[1])}
SETTINGS = Settings(port=0, response_cache_bytes=0, cost_per_minute=10**12)


def command(what: str, *file: str) -> tuple[str, ...]:
    """Starts this program in a process of its own, with the variables above."""
    return (sys.executable, "-m", "peers.python_server", what, *file)


def application(endpoint: Any, *, with_middleware: bool) -> ASGIApp:
    """An application with one route."""
    route = Route("/graphql", endpoint, methods=None if isinstance(endpoint, Endpoint) else ["GET", "POST"])
    return Entrance(Router([route]), SETTINGS, route) if with_middleware else Starlette(routes=[route])


def static(content: bytes) -> Callable[[Request], Any]:
    """Always responds with the same bytes."""

    async def respond(request: Request) -> Response:
        return Response(content, media_type="application/json")

    return respond


def strawberry_in_memory(folder: Path) -> GraphQL[None, None]:
    """Plain Strawberry with its caches."""
    return GraphQL(plain_schema(*data.read(folder), extensions=[ParserCache, ValidationCache]))


class InMemory:
    """Executes operations over plain types as our schema does over the store: with the limits, and by plans."""

    def __init__(self, folder: Path) -> None:
        self._schema = plain_schema(*data.read(folder))._schema
        self._documents = DocumentCache(self._schema, specified_rules, DOCUMENT_LIMITS.tokens)

    def run(self, request: execute.Request) -> ExecutionResult:
        """The result of a request."""
        return execute.execute(self._schema, self._documents, request, plans=True)

    def is_small(self, viewer: Viewer, document: str) -> bool:
        """Whether a document was small when it ran last."""
        return (found := self._documents.find(viewer.id, document)) is not None and found.is_small


def executor_in_memory(folder: Path) -> Endpoint:
    """Our endpoint without keys. There is a store, from which no field reads."""
    store, loaded = open_empty_store(folder / "empty.db"), load_plugins(SETTINGS)

    def now() -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def make_context(
        viewer: Viewer, operation_name: str | None, deadline: Deadline, spend: Callable[[int], None], locale: Locale | None
    ) -> Context:
        clock = now()
        batch = MetricBatch(store, viewer, clock, SETTINGS.stale_after, deadline)
        return Context(viewer, clock, batch, loaded, operation_name, deadline, DOCUMENT_LIMITS, spend, locale)

    answers = ResponseCache(None, now, SETTINGS.response_cache_bytes)
    operations = Operations(SETTINGS.most_operations, may_wait=False)
    authentication = Authentication(Open(), store.on_thread)
    return Endpoint(cast("Any", InMemory(folder)), authentication, make_context, AutomaticDocuments(), operations, answers, SETTINGS)


def main(what: str, file: str = "") -> None:
    """Serves an application."""
    configure_log(SETTINGS, quiet=False)
    folder = Path()
    if what in ("static", "behind"):
        app = application(static(Path(file).read_bytes()), with_middleware=what == "behind")
    elif what == "strawberry":
        app = application(strawberry_in_memory(folder), with_middleware=False)
    else:
        app = application(executor_in_memory(folder), with_middleware=True)
    run(app, open_socket(SETTINGS), SETTINGS.request_limits, lambda address: print(f"Serving {address}/graphql", flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
