"""A server as a user runs it: in its own process, over a filled store, with an installed plugin."""

import os
import re
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sellerhealth import testing
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World

COMMAND = Path(sysconfig.get_path("scripts")) / "sellerhealth"

# What `pip install` leaves of a plugin: a module, and the folder with its entry points.
PLUGIN = """
from sellerhealth import Below, Metric, Window, count
from sellerhealth.facts import Order

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
replaced = orders.where(Order.is_replacement, "Orders that replace another.")

replacement_rate = Metric(
    key="acme_replacement_rate", title="Replacements", description="The share of orders that replace another.", section="acme",
    windows=(Window(30),), measures={"orders": orders, "replaced": replaced}, value=replaced / orders, target=Below("0.3"),
)
"""


def install(site: Path) -> None:
    site.joinpath("acme_metrics.py").write_text(PLUGIN)
    about = site / "acme_metrics-2.1.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: acme-metrics\nVersion: 2.1\n")
    about.joinpath("entry_points.txt").write_text("[sellerhealth]\nacme = acme_metrics:replacement_rate\n")


def fill(database: Database) -> None:
    seller = World(database).account()
    testing.orders(seller, 9)
    seller.order(is_replacement=True)
    seller.save()


class Server:
    """A running server."""

    def __init__(self, process: "subprocess.Popen[bytes]", address: str) -> None:
        self.process, self.address = process, address

    def query(self, document: str, **variables: Any) -> Any:
        """The response to a document."""
        response = httpx2.post(f"{self.address}/graphql", json={"query": document, "variables": variables}, timeout=30)
        assert response.status_code == 200
        return response.json()

    def terminate(self) -> None:
        """Sends SIGTERM, as process managers do."""
        self.process.send_signal(signal.SIGTERM)


Start = Callable[[], Server]


@pytest.fixture(scope="module")
def start(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts servers over one store, and kills those that still run at the end."""
    folder = tmp_path_factory.mktemp("server")
    site = folder / "site"
    site.mkdir()
    install(site)
    store = folder / "store.db"
    store.write_bytes(empty_store.read_bytes())
    database = Database(f"sqlite:///{store}")
    fill(database)
    database.close()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SELLERHEALTH_")}
    environment |= {"PYTHONPATH": str(site), "SELLERHEALTH_DATABASE": f"sqlite:///{store}", "SELLERHEALTH_CLOCK": CLOCK.isoformat()}
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> Server:
        stderr = folder / f"stderr-{len(processes)}"
        with stderr.open("wb") as file:
            command = [COMMAND, "serve", "--port", "0"]
            processes.append(subprocess.Popen(command, cwd=folder, env=environment, stderr=file, stdout=subprocess.DEVNULL))
        until = time.monotonic() + 60
        while not (found := re.search(r"http://[\d.]+:\d+", stderr.read_text())):
            assert processes[-1].poll() is None, stderr.read_text()
            assert time.monotonic() < until, stderr.read_text()
            time.sleep(0.05)
        return Server(processes[-1], found.group())

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()
