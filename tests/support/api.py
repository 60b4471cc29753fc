"""The API over a world of facts: runs documents in this process, on the schema of the built-in metrics or with more."""

import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from sellerhealth import Metric
from sellerhealth.access import OWNER
from sellerhealth.app import create_app
from sellerhealth.demo.calendar import CLOCK as DEMO_CLOCK
from sellerhealth.demo.load import load
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.error_format import format_errors
from sellerhealth.graphql.schema import Schema, make_schema
from sellerhealth.http.authentication import Open
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.plugins.plugin import Origin, Plugin, PluginState
from sellerhealth.plugins.registry import MetricRegistry
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World
from sellerhealth.testing.empty_store import open_empty_store
from tests.support.stores import Kind, Stores


@pytest.fixture(scope="session")
def built_ins() -> Loaded:
    """The built-in plugins, whatever else is installed."""
    return load_plugins(Settings(strict=True), [metadata.distribution(BUILT_IN_DISTRIBUTION)])


@pytest.fixture(scope="session")
def built_in_schema(built_ins: Loaded) -> Schema:
    return make_schema(built_ins)


@pytest.fixture(scope="session")
def loaded_with(built_ins: Loaded) -> Callable[..., Loaded]:
    """The built-in plugins and one more, of the distribution acme-metrics, that has these metrics."""

    def loaded_with(*metrics: Metric) -> Loaded:
        origin = Origin("acme", "acme-metrics", "1.2")
        own = [(metric, built_ins.registry.origin(key)) for key, metric in built_ins.registry.items()]
        registry = MetricRegistry([*own, *((metric, origin) for metric in metrics)])
        acme = Plugin("acme", "acme-metrics", "1.2", PluginState.ACTIVE, None, tuple(metric.key for metric in metrics))
        return Loaded(registry, built_ins.importers, built_ins.classify, (*built_ins.plugins, acme))

    return loaded_with


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


Execute = Callable[..., SimpleNamespace]


@pytest.fixture
def execute(world: World, built_in_schema: Schema) -> Execute:
    """Runs a document and returns `data`, `errors` and `extensions` as a client gets them."""

    def execute(document: str, schema: Schema = built_in_schema, viewer: Any = OWNER, **variables: Any) -> SimpleNamespace:
        for seller in world.accounts:
            seller.save()

        context = Context(viewer, CLOCK, MetricBatch(world.database, viewer, CLOCK), schema.loaded)
        result = schema.execute_sync(document, variable_values=variables, context_value=context)
        errors = format_errors(result, schema.loaded.registry)
        return SimpleNamespace(data=result.data, errors=errors, extensions=result.extensions)

    return execute


@pytest.fixture
def query(execute: Execute) -> Callable[..., Any]:
    """The data of a document that must run without an error."""

    def query(document: str, **more: Any) -> Any:
        result = execute(document, **more)
        assert result.errors == []
        return result.data

    return query


@pytest.fixture
def statements(world: World) -> Iterator[list[str]]:
    """Every statement that reads the store, as it is sent."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    sa.event.listen(world.database.reader, "before_cursor_execute", note)
    yield sent
    sa.event.remove(world.database.reader, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def client(built_ins: Loaded, stores: Stores) -> Iterator[TestClient]:
    """The application over HTTP, in this process, with an empty store."""
    with stores.open() as database:
        app = create_app(Settings(clock=CLOCK, cors_origins=("https://shop.example",)), Open(), loaded=built_ins, database=database)
        with TestClient(app, "http://localhost", follow_redirects=False) as client:
            yield client


@pytest.fixture(scope="session")
def demo_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, built_ins: Loaded) -> Path:
    """The file of a store with the data of the demo. The first process of a run that needs it makes it, the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "demo"
    path = folder / "demo.db"
    try:
        folder.mkdir()
    except FileExistsError:
        until = time.monotonic() + 300
        while not path.exists():
            assert time.monotonic() < until, "The process that loads the demo has failed."
            time.sleep(0.1)
        return path
    database = open_empty_store(folder / "new.db")
    for _ in load(database, built_ins, folder / "reports"):
        pass
    database.close()
    return folder.joinpath("new.db").rename(path)


@pytest.fixture(scope="session")
def demo_database(
    request: pytest.FixtureRequest, stores: Stores, tmp_path_factory: pytest.TempPathFactory, built_ins: Loaded
) -> Iterator[Database]:
    """A store with the data of the demo. In a file it is that of the run, on a server each process has one."""
    if stores.kind is Kind.SQLITE:
        yield Database(f"sqlite:///{request.getfixturevalue('demo_store')}")
        return
    with stores.open() as database:
        for _ in load(database, built_ins, tmp_path_factory.mktemp("demo") / "reports"):
            pass
        yield database


@pytest.fixture(scope="session")
def demo(demo_database: Database, built_ins: Loaded) -> Iterator[TestClient]:
    """The application over HTTP with the data of the demo, as of its day."""
    settings = Settings(
        clock=DEMO_CLOCK, cost_per_minute=10**12, operation_timeout=600
    )  # for all tests together, which are one viewer on a busy machine
    with TestClient(create_app(settings, Open(), loaded=built_ins, database=demo_database), "http://localhost") as client:
        yield client
