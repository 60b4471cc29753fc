"""The victim: a server under a memory limit, over a small store in the short run, else over the data of the demo."""

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from sellerhealth import testing
from sellerhealth.access import Permission
from sellerhealth.demo.calendar import CLOCK as DEMO_CLOCK
from sellerhealth.demo.load import load
from sellerhealth.plugins.load import Loaded
from sellerhealth.store import api_keys
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World
from tests.fuzz import EXAMPLES
from tests.support.running import serving
from tests.support.stores import Stores
from tests.support.victim import Victim, limit_memory

IS_LONG_RUN = bool(EXAMPLES)
SECONDS = 2  # for headers to arrive, and for a body, so that no test waits as long as by default


@pytest.fixture(scope="session")
def victim(tmp_path_factory: pytest.TempPathFactory, stores: Stores, built_ins: Loaded) -> Iterator[Victim]:
    if sys.platform != "linux":
        pytest.skip("what a process uses is read from /proc")
    folder = tmp_path_factory.mktemp("victim")
    settings = {
        "SELLERHEALTH_CLOCK": (DEMO_CLOCK if IS_LONG_RUN else CLOCK).isoformat(),
        "SELLERHEALTH_COST_PER_MINUTE": str(10**9),  # no attack is refused because of the one before
        "SELLERHEALTH_RESPONSE_CACHE_BYTES": "0",  # and each is executed
        "SELLERHEALTH_REQUEST_LIMITS__SECONDS": str(SECONDS),
    }
    with stores.in_folder(folder) as url:
        with closing(Database(url)) as database:
            keys = fill(database, built_ins, folder)
        with serving(folder, "serve", "--port", "0", restrict=limit_memory, **settings) as server:
            victim = Victim(server, *keys)
            victim.send("{ __schema { types { name } } }")  # what is loaded at the first document is no attack's
            yield victim


def fill(database: Database, built_ins: Loaded, folder: Path) -> Sequence[str]:
    """Stores facts, and the keys of two clients."""
    if IS_LONG_RUN:
        for _ in load(database, built_ins, folder / "reports"):
            pass
    else:
        seller = World(database).account()
        testing.orders(seller, 100)
        seller.save()
    with database.writing() as connection:
        return [
            api_keys.create(connection, name=name, permissions=[Permission.READ], account_ids=None, created_at=dt.datetime.now(dt.UTC))
            for name in ("attacker", "other")
        ]
