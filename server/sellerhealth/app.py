"""The ASGI application: routes and middleware, configured by the settings."""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable
from functools import partial

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from sellerhealth.access import Viewer
from sellerhealth.checks.metric_checks import EmptyTables, checker
from sellerhealth.deadline import Deadline
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.keep_snapshots import SnapshotKeeper
from sellerhealth.engine.kept_rankings import KeptRankings
from sellerhealth.engine.known_states import KnownStates
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.errors import StoreFault
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.schema import make_schema
from sellerhealth.http import graphiql
from sellerhealth.http.authentication import Authentication, Authenticator
from sellerhealth.http.endpoint import Endpoint
from sellerhealth.http.entrance import Entrance
from sellerhealth.http.error_body import error_body
from sellerhealth.http.operations import Operations
from sellerhealth.http.persisted_documents import AutomaticDocuments, Documents, TrustedDocuments, read_manifest
from sellerhealth.http.request import Refused
from sellerhealth.http.response_cache import ResponseCache
from sellerhealth.locales import Locale
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import check_readable


def create_app(
    settings: Settings, authenticator: Authenticator, *, loaded: Loaded | None = None, database: Database | None = None
) -> ASGIApp:
    """The application, which closes the database when it stops. Plugins and database are loaded as the settings say unless passed.

    `authenticator` decides who may send GraphQL requests, `Open()` that everybody may. It has no default: nobody is let in by accident.
    """
    loaded = load_plugins(settings, check_metric=checker(EmptyTables())) if loaded is None else loaded
    store = Database.of(settings) if database is None else database
    trusted = settings.trusted_documents
    introspection = settings.allows_introspection or trusted is not None  # whoever trusts a document means it
    schema = make_schema(loaded, introspection=introspection, limits=settings.document_limits, plans=settings.operation_plans)
    text = schema.as_text()
    authentication = Authentication(authenticator, store.on_thread)
    documents: Documents = AutomaticDocuments()
    if trusted is not None:
        documents = TrustedDocuments(read_manifest(trusted))
        documents.prepare(schema)
    operations = Operations(settings.most_operations, may_wait=not store.is_sqlite)

    def now() -> dt.datetime:
        return (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)

    states = KnownStates(store, now) if settings.response_cache_bytes else None
    snapshot = Snapshot.of(loaded.registry.values(), settings)
    rankings = KeptRankings(snapshot=snapshot if settings.rollups else None)  # it comes from rollups
    answers = ResponseCache(states, now, settings.response_cache_bytes)
    keeper = RollupKeeper(store, loaded.measures, now, SnapshotKeeper(store, snapshot))

    def make_context(
        viewer: Viewer, operation_name: str | None, deadline: Deadline, spend: Callable[[int], None], locale: Locale | None
    ) -> Context:
        clock = now()
        batch = MetricBatch(store, viewer, clock, settings.stale_after, deadline, keeper.sets, rankings, states)
        return Context(viewer, clock, batch, schema.loaded, operation_name, deadline, schema.limits, spend, locale)

    async def to_graphiql(request: Request) -> Response:
        return RedirectResponse("graphiql")

    async def is_alive(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def is_ready(request: Request) -> Response:
        try:
            await store.on_thread(partial(check_readable, store))
        except StoreFault as reason:
            return JSONResponse({"status": "unavailable", "code": reason.code}, 503)
        return JSONResponse({"status": "ok"})

    async def schema_definition(request: Request) -> Response:
        try:
            await authentication.viewer_of(request.scope)
        except Refused as refused:
            return JSONResponse(error_body(refused.message, refused.code), refused.status, refused.headers)
        return PlainTextResponse(text)

    @contextlib.asynccontextmanager
    async def lifespan(app: object) -> AsyncIterator[None]:
        if settings.rollups:
            keeper.start()
        yield
        keeper.stop()
        operations.close()
        store.close()

    graphql = Route("/graphql", Endpoint(schema, authentication, make_context, documents, operations, answers, settings))
    routes = [
        graphql,
        Route("/healthz", is_alive),
        Route("/readyz", is_ready),
        *((Route("/schema.graphql", schema_definition),) if settings.allows_introspection else ()),
        *((Route("/", to_graphiql), *graphiql.routes("/graphiql")) if settings.has_graphiql else ()),
    ]
    return Entrance(ExceptionMiddleware(Router(routes, lifespan=lifespan)), settings, graphql)
