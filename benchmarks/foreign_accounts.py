"""Checks that ids of foreign accounts take as long as ids of none: the median CPU of 1,000 requests each, in turns, within 10 %."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import structlog
from starlette.testclient import TestClient

from sellerhealth.access import Permission, Viewer
from sellerhealth.app import create_app
from sellerhealth.graphql import ids
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store.accounts import account_id_of
from sellerhealth.testing import CLOCK, World
from sellerhealth.testing.empty_store import open_empty_store

REQUESTS = 1_000  # of each kind
TOLERANCE = 0.10
OWN, FOREIGN = "seller-1", "seller-2"
DAY = CLOCK.date().isoformat()
ORDER = "702-0000001-0000000"
DOCUMENTS = {
    "account": lambda key: f'{{ account(key: "{key}") {{ name orders {{ totalCount }} }} }}',
    "accounts by key": lambda key: f'{{ accounts(filter: {{keys: ["{key}"]}}) {{ totalCount nodes {{ key }} }} }}',
    "node of an account": lambda key: f'{{ node(id: "{ids.write(["account", key])}") {{ id }} }}',
    "node of an order": lambda key: f'{{ node(id: "{ids.write(["order", key, ORDER])}") {{ id }} }}',
    "node of metrics": lambda key: f'{{ node(id: "{ids.write(["metrics", key, DAY, None, None])}") {{ id }} }}',
}


class OneViewer:
    """Lets everybody in as a reader of the own account."""

    def viewer_of(self, token: str | None) -> Viewer:
        return Viewer("own", "own", frozenset({Permission.READ}), granted=frozenset({account_id_of(OWN)}))


def main() -> int:
    """Prints a ratio for each document, and returns 1 if one is beyond the tolerance."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        database = open_empty_store(Path(folder) / "store.db")
        world = World(database)
        for seller in (world.account(), world.account()):
            for _ in range(500):
                seller.order()
        world.save()
        settings = Settings(clock=CLOCK, cost_per_minute=10**9, response_cache_bytes=0)
        app = create_app(settings, OneViewer(), loaded=load_plugins(settings), database=database)
        with TestClient(app, "http://localhost") as client:
            ratios = {name: ratio(client, name) for name in DOCUMENTS}
    for name, value in ratios.items():
        print(f"{name}: foreign / absent {value:.3f}")
    return int(any(abs(value - 1) > TOLERANCE for value in ratios.values()))


def ratio(client: TestClient, name: str) -> float:
    """The median CPU of requests about a foreign account, divided by that about one that does not exist. Both keys are equally long."""
    seconds: dict[str, list[float]] = {FOREIGN: [], "seller-9": []}
    for number in range(REQUESTS + 20):  # the first ones fill caches
        for key in (FOREIGN, "seller-9") if number % 2 else ("seller-9", FOREIGN):
            started = time.process_time()
            body = client.post("/graphql", json={"query": DOCUMENTS[name](key)}).content
            if number >= 20:
                seconds[key].append(time.process_time() - started)
            if b"errors" in body or FOREIGN.encode() in body:
                raise SystemExit(f"{name}: {body.decode()}")
    foreign, absent = (statistics.median(each) for each in seconds.values())
    return foreign / absent


if __name__ == "__main__":
    sys.exit(main())
