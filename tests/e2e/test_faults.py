"""Faults below a server and commands in processes of their own: a writer beside them, media that can only be read, a full disk."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import httpx2
import pytest

from sellerhealth import testing
from sellerhealth.testing import CLOCK, World
from sellerhealth.testing.empty_store import open_empty_store
from tests.support.broken_stores import held_by_a_writer, obey_permissions, read_only, without_room
from tests.support.running import run, serving

NOW = {"SELLERHEALTH_CLOCK": CLOCK.isoformat()}
QUERY = '{ account(key: "seller-1") { name metrics { lateShipmentRate { orders } } } }'


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with one account."""
    path = tmp_path_factory.mktemp("filled") / "sellerhealth.db"
    database = open_empty_store(path)
    seller = World(database).account()
    testing.orders(seller, 9)
    seller.save()
    database.close()
    return path


@pytest.fixture
def folder(tmp_path: Path, filled: Path) -> Path:
    """A folder with the store, where the default settings look for it."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(filled, folder)
    return folder


@pytest.fixture
def store(folder: Path) -> Path:
    return folder / "sellerhealth.db"


def test_a_long_import_does_not_stop_a_server(folder, store):
    with held_by_a_writer(store), serving(folder, "serve", "--port", "0", **NOW) as server:
        assert server.query(QUERY)["account"] == {"name": "seller-1", "metrics": {"lateShipmentRate": {"orders": 9}}}
        assert httpx2.get(f"{server.address}/readyz").status_code == 200


def test_what_can_only_be_read_is_served_and_read_but_not_written(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    there = {"SELLERHEALTH_DATABASE": f"sqlite:///{folder / 'sellerhealth.db'}", **NOW}
    with read_only(folder):
        done = run(elsewhere, "account", "list", restrict=obey_permissions, **there)
        assert done.returncode == 0, done.stderr
        with serving(elsewhere, "serve", "--port", "0", restrict=obey_permissions, **there) as server:
            assert server.query(QUERY)["account"]["metrics"] == {"lateShipmentRate": {"orders": 9}}
            assert httpx2.get(f"{server.address}/readyz").status_code == 200
        done = run(elsewhere, "account", "erase", "seller-1", "--yes", restrict=obey_permissions, **there)
        assert done.returncode == 1
        assert done.stderr.startswith("STORE_READ_ONLY: The database sqlite:///")
        assert [file.name for file in folder.iterdir()] == ["sellerhealth.db"]


def test_a_file_that_may_not_be_read_is_named(folder, store, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store.chmod(0)
    folder.chmod(0o555)
    there = {"SELLERHEALTH_DATABASE": f"sqlite:///{store}"}
    done = run(elsewhere, "account", "list", restrict=obey_permissions, **there)
    folder.chmod(0o755)
    assert done.returncode == 1
    assert done.stderr.startswith("STORE_UNREACHABLE: ")
    assert "this user may not read it" in done.stderr


def test_an_import_on_a_full_disk_stores_nothing_and_says_so(folder, store):
    header, example = run(folder, "import", "--template", "claims").stdout.splitlines()[:2]
    place = header.split(",").index("order_id")
    before, (_, *after) = example.split(",")[:place], example.split(",")[place:]
    lines = [",".join([*before, f"702-{number:07}-0000000", *after]) for number in range(15_000)]
    folder.joinpath("claims.csv").write_text("\n".join([header, *lines]))
    done = run(folder, "import", "claims.csv", "--account", "seller-1", restrict=without_room, **NOW)
    assert done.returncode == 1
    assert done.stderr.startswith("STORE_FULL: The database sqlite:///sellerhealth.db cannot grow"), done.stderr
    with contextlib.closing(sqlite3.connect(store)) as connection:
        assert connection.execute("SELECT count(*) FROM claims").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    done = run(folder, "import", "claims.csv", "--account", "seller-1", **NOW)
    assert done.returncode == 0, done.stderr
