"""A server as a user runs it: in its own process, over a filled store, with an installed plugin."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from sellerhealth import testing
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World
from tests.support.running import Serving, install, serving
from tests.support.stores import Stores

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


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, stores: Stores) -> Iterator[Callable[[], Serving]]:
    """Starts servers over one store, and kills those that still run at the end."""
    folder = tmp_path_factory.mktemp("store")
    install(folder / "site", "acme_metrics", PLUGIN, {"acme": "acme_metrics:replacement_rate"})
    with contextlib.ExitStack() as servers:
        url = servers.enter_context(stores.in_folder(folder))
        with contextlib.closing(Database(url)) as database:
            seller = World(database).account()
            testing.orders(seller, 9, is_replacement=False)
            seller.order(is_replacement=True)
            seller.save()
        environment = {"PYTHONPATH": str(folder / "site"), "SELLERHEALTH_DATABASE": url, "SELLERHEALTH_CLOCK": CLOCK.isoformat()}
        yield lambda: servers.enter_context(serving(tmp_path_factory.mktemp("server"), "serve", "--open", "--port", "0", **environment))
