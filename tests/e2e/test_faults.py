"""Faults below a server and commands in processes of their own: a writer beside them, media that can only be read, a full disk."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from sellerhealth import testing
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World
from tests.support.broken_stores import held_by_a_writer, obey_permissions, read_only, without_room
from tests.support.running import run, serving
from tests.support.stores import Stores

NOW = {"SELLERHEALTH_CLOCK": CLOCK.isoformat()}
QUERY = '{ account(key: "seller-1") { name metrics { lateShipmentRate { orders } } } }'


@pytest.fixture
def url(tmp_path: Path, stores: Stores) -> Iterator[str]:
    """The URL of a store with one account."""
    folder = tmp_path / "data"
    folder.mkdir()
    with stores.in_folder(folder) as url:
        with contextlib.closing(Database(url)) as database:
            seller = World(database).account()
            testing.orders(seller, 9)
            seller.save()
        yield url


@pytest.fixture
def folder(tmp_path: Path, url: str) -> Path:
    """A folder in which commands use the store."""
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path) -> Path:
    return folder / "sellerhealth.db"


def test_a_long_import_does_not_stop_a_server(folder, url):
    with held_by_a_writer(url), serving(folder, "serve", "--port", "0", **NOW) as server:
        assert server.query(QUERY)["account"] == {"name": "seller-1", "metrics": {"lateShipmentRate": {"orders": 9}}}
        assert httpx2.get(f"{server.address}/readyz").status_code == 200


@pytest.mark.sqlite_file
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


@pytest.mark.sqlite_file
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


@pytest.mark.sqlite_file
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
