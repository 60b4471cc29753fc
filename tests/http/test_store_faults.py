"""When the database fails, a client learns of what kind the fault is, under a code: nothing of its place, and no SQL."""

import json

import pytest
from starlette.testclient import TestClient

from sellerhealth import testing
from sellerhealth.app import create_app
from sellerhealth.http.authentication import Open
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World
from sellerhealth.testing.empty_store import open_empty_store
from tests.support.broken_stores import damage

QUERY = """
{ account(key: "seller-1") { healthStatus metricResults { value } orders { nodes { key } } metrics { lateShipmentRate { overallStatus } } } }
"""


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "store.db"
    database = open_empty_store(path)
    seller = World(database).account()
    testing.orders(seller, 9)
    seller.save()
    database.close()
    return path


@pytest.fixture
def serve(built_ins):
    def serve(path):
        return TestClient(
            create_app(Settings(clock=CLOCK), Open(), loaded=built_ins, database=Database(f"sqlite:///{path}")), "http://localhost"
        )

    return serve


@pytest.mark.sqlite_file  # a page of its file is damaged
@pytest.mark.parametrize("table", ["accounts", "orders"])
def test_a_damaged_page_is_one_error_with_its_code(store, serve, capsys, table):
    damage(store, table)
    with serve(store) as client:
        body = client.post("/graphql", json={"query": QUERY}).json()
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "STORE_DAMAGED"
    assert error["message"] == f"The server's database is damaged. Its log says more under {error['extensions']['errorId']}."
    assert "store.db" not in json.dumps(body)
    assert "SELECT" not in json.dumps(body)
    assert "is damaged. Stop what uses it" in " ".join(capsys.readouterr().out.split())  # the log


@pytest.mark.sqlite_file  # a page of its file is damaged; of a server that is gone: tests/store/test_postgresql_server.py
@pytest.mark.parametrize(
    ("document", "status"), [("{ viewer { name } accounts { nodes { key } } }", 200), ("{ accounts { nodes { key } } }", 503)]
)
def test_a_server_that_can_answer_nothing_says_so_by_its_status(store, serve, document, status):
    """So that a proxy tries another one."""
    damage(store, "accounts")
    with serve(store) as client:
        response = client.post("/graphql", json={"query": document})
    assert response.status_code == status
    assert ("data" in response.json()) == (status == 200)
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["STORE_DAMAGED"]


def test_a_server_without_its_database_server_is_up_and_says_why_it_answers_nothing(built_ins, capsys):
    database = Database("postgres://owner:secret@127.0.0.1:1/shop")
    with TestClient(create_app(Settings(clock=CLOCK), Open(), loaded=built_ins, database=database), "http://localhost") as client:
        response = client.post("/graphql", json={"query": QUERY})
        assert response.status_code == 503
        assert response.json()["errors"][0]["extensions"]["code"] == "STORE_UNREACHABLE"
        assert (client.get("/readyz").status_code, client.get("/readyz").json()["code"]) == (503, "STORE_UNREACHABLE")
        assert client.get("/healthz").status_code == 200
    log = capsys.readouterr().out
    assert "Check that its server runs" in " ".join(log.split())
    assert "secret" not in log + response.text


@pytest.mark.sqlite_file  # it is absent or damaged
def test_a_server_is_not_ready_while_its_database_fails(store, serve, tmp_path):
    with serve(tmp_path / "absent.db") as client:
        assert (client.get("/readyz").status_code, client.get("/readyz").json()["code"]) == (503, "STORE_NOT_READY")
        (error,) = client.post("/graphql", json={"query": QUERY}).json()["errors"]
        assert error["extensions"]["code"] == "STORE_UNREACHABLE"
        assert "absent" not in error["message"]
    assert not tmp_path.joinpath("absent.db").exists()
    with serve(tmp_path / "nowhere" / "store.db") as client:
        assert client.get("/readyz").json() == {"status": "unavailable", "code": "STORE_UNREACHABLE"}
    damage(store, "alembic_version")
    with serve(store) as client:
        assert client.get("/readyz").json() == {"status": "unavailable", "code": "STORE_DAMAGED"}
        assert client.get("/healthz").status_code == 200
