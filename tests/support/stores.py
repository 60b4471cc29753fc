"""Where tests keep their stores: in files of SQLite, and in databases of a PostgreSQL server."""

import contextlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.database_url import read_database_url, redacted
from sellerhealth.store.database import Database
from sellerhealth.testing.empty_store import empty_database, empty_store
from tests.support.postgresql_keeper import Run
from tests.support.postgresql_server import NoServer

TESTS = Path(__file__).parents[1]
IN_CI = bool(os.environ.get("CI"))
RUN = pytest.StashKey[Run]()
SERVERS = pytest.StashKey[dict[str, str]]()
OTHER_SERVER = "SELLERHEALTH_TEST_DATABASE"
CLUSTER = "SELLERHEALTH_TEST_CITUS"  # the databases on PostgreSQL are on it, and distributed

# What `make test` runs on both. `make test-postgresql` runs everything on PostgreSQL.
ON_BOTH = ("store/", "intake/", "engine/", "rollups/", "model/test_statement_text.py", "metrics_plugins/test_vectors.py")


class Kind(StrEnum):
    """A kind of database."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Stores:
    """The stores of this process, by default of one kind."""

    def __init__(self, run: Run, process: str, kind: Kind, servers: Mapping[str, str]) -> None:
        self.kind, self._servers = kind, servers
        self._run, self._process, self._databases, self._closed = run, process, None, dict[sa.URL, Database]()

    @contextlib.contextmanager
    def url(self, folder: Path, kind: Kind | None = None) -> Iterator[str]:
        """The URL of an empty store, which is not needed after this. SQLite keeps it in a folder, where the default settings look for it."""
        if (kind or self.kind) is Kind.SQLITE:
            path = folder / "sellerhealth.db"
            path.write_bytes(empty_store())
            yield f"sqlite:///{path}"
            return
        with self.databases.empty() as url:
            yield url.render_as_string(hide_password=False)

    @contextlib.contextmanager
    def in_folder(self, folder: Path) -> Iterator[str]:
        """The URL of an empty store, which commands in this folder use, and which is not needed after this."""
        with self.url(folder) as url:
            if self.kind is Kind.POSTGRESQL:
                folder.joinpath("sellerhealth.toml").write_text(f"database = {json.dumps(url)}\n")
            yield url

    @contextlib.contextmanager
    def open(self, kind: Kind | None = None) -> Iterator[Database]:
        """An empty store, which is not needed after this."""
        if (kind or self.kind) is Kind.SQLITE:
            with empty_database() as database:
                yield database
            return
        with self.databases.empty() as url:
            if (database := self._closed.pop(url, None)) is not None:
                database.reopen()  # its engines remember the text of statements
            else:
                database = Database(url.render_as_string(hide_password=False))
            try:
                yield database
            finally:
                database.close()
                self._closed[url] = database

    def closed(self) -> Sequence[Database]:
        """The stores on a server that tests have opened, and that wait for others. Those that cannot be used again are dropped."""
        if self._databases is not None:
            self._closed = {url: database for url, database in self._closed.items() if url in self._databases.idle}
        return list(self._closed.values())

    def url_without_tables(self, folder: Path, kind: Kind | None = None) -> str:
        """The URL of a database that is to be migrated."""
        if (kind or self.kind) is Kind.SQLITE:
            return f"sqlite:///{folder / 'new.db'}"
        return self.databases.without_tables().render_as_string(hide_password=False)

    @property
    def are_on_cluster(self) -> bool:
        """Whether the databases on PostgreSQL are on a cluster, and distributed."""
        return CLUSTER in self._servers

    @property
    def databases(self) -> Any:
        """The databases of this process on the server. Skips the test if there is none; in CI, or if all tests need one, it fails."""
        if self._databases is None and self.are_on_cluster:
            from tests.support.cluster_databases import ClusterDatabases

            self._databases = ClusterDatabases(read_database_url(self._servers[CLUSTER]), f"{self._run.name}_{self._process}")
        if self._databases is None:
            from tests.support.postgresql_databases import Databases, make_template

            try:
                server = read_database_url(self._servers.get(OTHER_SERVER) or self._run.server().url)
            except NoServer as error:
                if IN_CI or self.kind is Kind.POSTGRESQL:
                    pytest.fail(str(error), pytrace=False)
                pytest.skip(str(error))
            template = self._run.name
            with self._run.alone():
                make_template(server, template)
            self._databases = Databases(server, template, f"{template}_{self._process}")
        return self._databases

    def close(self) -> None:
        """Closes what is idle."""
        if self._databases is not None:
            if self.are_on_cluster:
                self._databases.drop()
            self._databases.close()


# ---------------------------------------------------------------- the run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", type=Kind, choices=list(Kind), help="run all tests on this kind of database; by default most on SQLite")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sqlite_file: the test is about the file of SQLite")
    config.addinivalue_line("markers", "dear: `make test` runs it on SQLite only, because it takes seconds of CPU")
    config.addinivalue_line(
        "markers", "both_at_once: the test compares the databases, which takes many seconds: `make test-postgresql` alone runs it"
    )
    config.addinivalue_line("markers", "fault_on_postgresql(reason): known not to work there yet")
    if (shared := getattr(config, "workerinput", {}).get("run")) is not None:
        config.stash[RUN], config.stash[SERVERS] = Run(Path(shared)), config.workerinput["servers"]  # type: ignore[attr-defined]  # of pytest-xdist
        return
    # Taken out of the environment: every other variable with this prefix is a setting.
    config.stash[SERVERS] = {name: os.environ.pop(name) for name in (OTHER_SERVER, CLUSTER) if name in os.environ}
    config.stash[RUN] = Run(Path(tempfile.mkdtemp(prefix="sellerhealth-", dir="/tmp")))  # a short path: that of TMPDIR may be long
    running = contextlib.ExitStack()
    running.enter_context(config.stash[RUN].running())
    config.add_cleanup(running.close)
    if (other := config.stash[SERVERS].get(OTHER_SERVER)) is not None:
        from tests.support.postgresql_databases import drop_all

        server = read_database_url(other)
        try:
            drop_all(server, config.stash[RUN].name)  # there are none yet: to know at once whether the server can be reached
        except Exception as reason:  # noqa: BLE001 - a driver may raise anything
            running.close()
            raise pytest.UsageError(f"{OTHER_SERVER}, {redacted(server)}, cannot be used: {reason}") from None
        running.callback(drop_all, server, config.stash[RUN].name)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Gives a worker of pytest-xdist the folder of the run."""
    node.workerinput["run"], node.workerinput["servers"] = str(node.config.stash[RUN].folder), node.config.stash[SERVERS]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that uses `store_kind`, as `database` does, on both kinds if its module is one of those."""
    if "store_kind" not in metafunc.fixturenames:
        return
    one_kind = any(metafunc.definition.get_closest_marker(name) is not None for name in ("sqlite_file", "dear"))
    module = metafunc.definition.path.relative_to(TESTS).as_posix() if metafunc.definition.path.is_relative_to(TESTS) else ""
    if not one_kind and metafunc.config.option.database is None and module.startswith(ON_BOTH):
        metafunc.parametrize("store_kind", list(Kind), indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leaves out what is about the file of SQLite; else what compares the two at length."""
    marker = "sqlite_file" if config.option.database is Kind.POSTGRESQL else "both_at_once"
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(marker) is not None])
    items[:] = [item for item in items if item.get_closest_marker(marker) is None]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says on what the tests ran."""
    run, lines = config.stash[RUN], [f"SQLite {sqlite3.sqlite_version}"]
    if (other := config.stash[SERVERS].get(OTHER_SERVER)) is not None:
        lines.append(f"PostgreSQL at {redacted(read_database_url(other))}")
    elif run.has_server:
        with contextlib.suppress(NoServer):
            lines.append(f"PostgreSQL {run.server().described()}")
    if (cluster := config.stash[SERVERS].get(CLUSTER)) is not None:
        lines.append(f"a cluster with Citus at {redacted(read_database_url(cluster))}")
    terminalreporter.write_line(f"Databases: {'; '.join(lines)}")


# ---------------------------------------------------------------- fixtures


@pytest.fixture(scope="session")
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """Stores of the kind of the run."""
    process = getattr(request.config, "workerinput", {}).get("workerid", "main")
    stores = Stores(request.config.stash[RUN], process, request.config.option.database or Kind.SQLITE, request.config.stash[SERVERS])
    yield stores
    stores.close()


@pytest.fixture(scope="session", autouse=True)
def _worlds_of_the_kit(request: pytest.FixtureRequest) -> Iterator[None]:
    """On PostgreSQL, also the worlds that authors of plugins get are there."""
    if request.config.option.database is not Kind.POSTGRESQL:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sellerhealth.testing.world.empty_database", request.getfixturevalue("stores").open)
        yield


@pytest.fixture
def store_kind(request: pytest.FixtureRequest, stores: Stores) -> Kind:
    """The kind of the store of a test."""
    kind = getattr(request, "param", stores.kind)
    if kind is Kind.POSTGRESQL and (fault := request.node.get_closest_marker("fault_on_postgresql")) is not None:
        request.applymarker(pytest.mark.xfail(reason=fault.args[0], strict=True))
    return kind


@pytest.fixture
def store_url(stores: Stores, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store, which commands use in the folder of the test."""
    with stores.in_folder(tmp_path) as url:
        yield url


@pytest.fixture
def home(store_url: str, tmp_path: Path) -> Path:
    """The folder of the test, in which commands use an empty store."""
    return tmp_path


@pytest.fixture
def database(stores: Stores, store_kind: Kind) -> Iterator[Database]:
    """An empty store of its own."""
    with stores.open(store_kind) as database:
        yield database
