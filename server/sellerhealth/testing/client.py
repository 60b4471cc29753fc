"""A client of the GraphQL API over a world, in the process of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.http.authentication import Open
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.plugin import PluginState
from sellerhealth.settings import Settings
from sellerhealth.testing.world import World


class Client:
    """Sends documents to the API of a world: `client("{ accounts { totalCount } }")` returns the response's data."""

    def __init__(self, world: World, loaded: Loaded, http: TestClient) -> None:
        self.http = http
        self._world, self._loaded = world, loaded

    def __call__(self, document: str, **variables: Any) -> Any:
        """The data of the response. If there are errors, the test fails with them."""
        __tracebackhide__ = True
        self._world.save()
        response = self.http.post("/graphql", json={"query": document, "variables": variables}).json()
        if errors := response.get("errors"):
            lines = ["The API responded with errors:"]
            lines += [f"- {error['message']} (at {'.'.join(map(str, error.get('path') or ['document']))})" for error in errors]
            if quarantined := [plugin for plugin in self._loaded.plugins if plugin.state is PluginState.QUARANTINED]:
                lines += ["The fields of these plugins are missing, because the plugins are quarantined:"]
                lines += [f"- {plugin}: {plugin.reason}" for plugin in quarantined]
            pytest.fail("\n".join(lines), pytrace=False)
        return response["data"]


@contextmanager
def client_over(world: World, loaded: Loaded) -> Iterator[Client]:
    """A client of the API over a world, with the loaded plugins."""
    settings = Settings.model_construct(clock=world.clock)  # reads neither the environment nor a file
    with TestClient(create_app(settings, Open(), loaded=loaded, database=world.database), "http://localhost") as http:
        yield Client(world, loaded, http)
