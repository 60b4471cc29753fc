"""Through pgbouncer, which hands a connection of the server to another client after each transaction, clients are answered and imports stored.

PGBOUNCER names its program, by default that of the machine. Without one the test is skipped, or fails if all tests are to run on PostgreSQL.
CLIENTS says how many clients there are; without it eight.
"""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.model.records import Account
from sellerhealth.model.statement_text import rows_of
from sellerhealth.store.database import Database
from tests.attacks.test_kills import ROWS, write_claims
from tests.support.own_server import NAME, PASSWORD, OwnServer, kill_orphan
from tests.support.postgresql_server import USER, as_its_user
from tests.support.running import Serving, serving, start
from tests.support.stores import Kind, Stores

CLIENTS = int(os.environ.get("CLIENTS", "8"))
IMPORTS = 1 if CLIENTS < 50 else 4
REQUESTS = 2  # of each client
PROGRAM = shutil.which(os.environ.get("PGBOUNCER", "pgbouncer"), path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
MISSING = "There is no pgbouncer: `make test-postgresql` installs it, or PGBOUNCER names its program."
DOCUMENT = '{ account(key: "shop0") { name healthStatus metricResults { value } orders { nodes { key } } } }'
BUSY = ("THROTTLED", "OVERLOADED")


@pytest.fixture
def program(stores: Stores) -> str:
    """The program of pgbouncer."""
    if PROGRAM is None:
        if stores.kind is Kind.POSTGRESQL:
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    return PROGRAM


@pytest.fixture
def pooled(program: str, own_server: OwnServer) -> Iterator[str]:
    """The URL of the database through pgbouncer in transaction mode, with fewer connections to the server than clients."""
    folder = own_server.folder
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.joinpath("users.txt").write_text(f'"{USER}" "{PASSWORD}"\n')
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(f"""
[databases]
{NAME} = host=127.0.0.1 port={own_server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
""")
    started = as_its_user([program, "--daemon", "--quiet", str(configuration)])  # it refuses to run as root, as the server does
    assert started.returncode == 0, started.stderr
    until = time.monotonic() + 30
    while not folder.joinpath("pgbouncer.pid").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    yield own_server.url().replace(f":{own_server.port}/", f":{port}/")
    kill_orphan(int(folder.joinpath("pgbouncer.pid").read_text()))
    folder.joinpath("pgbouncer.pid").unlink()


def ask(server: Serving) -> Any:
    """The answer to a client that comes again later when too many others are there."""
    until = time.monotonic() + 120
    while (response := server.send(DOCUMENT)).status_code in (429, 503) and response.json()["errors"][0]["extensions"]["code"] in BUSY:
        assert time.monotonic() < until
        time.sleep(0.5)
    assert response.status_code == 200, response.text
    assert "errors" not in response.json(), response.text
    return response.json()


def test_nothing_is_prepared(own_server: OwnServer, pooled: str) -> None:
    """The next transaction may have another connection to the server. Without a pooler it is prepared."""
    statement = sa.select(Account.name).where(Account.account_id == sa.bindparam("account"))
    for url, number in ((pooled, 0), (own_server.url(), 1)):
        database = Database(url)
        for _ in range(10):
            with database.reading() as connection:
                assert list(rows_of(connection, statement, {"account": 1})) == []
                assert connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar() in (0, number)
        with database.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar() == number
        database.close()


def test_clients_are_answered_while_others_import(own_server: OwnServer, pooled: str, tmp_path: Path) -> None:
    errors = tmp_path / "errors.txt"

    def begin(number: int) -> Any:
        arguments = ("import", write_claims(tmp_path, f"file{number}").name, "--account", f"shop{number}", "--create", "--name", "Shop")
        return start(tmp_path, arguments, {"SELLERHEALTH_DATABASE": pooled}, tmp_path / "imported.txt", errors, None)

    assert begin(0).wait(120) == 0, errors.read_text()
    variables = {
        "SELLERHEALTH_DATABASE": pooled,
        "SELLERHEALTH_OPERATIONS_AT_ONCE": "100",
        "SELLERHEALTH_OPERATION_TIMEOUT": "120",
        "SELLERHEALTH_COST_PER_MINUTE": "1000000000",
    }
    with serving(tmp_path, "serve", "--port", "0", "--open", **variables) as server, ThreadPoolExecutor(CLIENTS) as threads:
        importing = [begin(number) for number in range(1, IMPORTS + 1)]
        answers = [threads.submit(ask, server) for _ in range(CLIENTS * REQUESTS)]
        assert [process.wait(120) for process in importing] == [0] * IMPORTS, errors.read_text()
        assert {answer.result()["data"]["account"]["name"] for answer in answers} == {"Shop"}
    counted = own_server.administer("SELECT count(*) FROM claims")
    assert counted[0][0] == ROWS * (IMPORTS + 1)
    engine = sa.create_engine(pooled.replace("postgres://", "postgresql+psycopg://"), poolclass=sa.NullPool)
    with engine.connect() as connection:  # what others get from the pooler is as they left it
        assert connection.exec_driver_sql("SHOW jit").scalar() == "on"
