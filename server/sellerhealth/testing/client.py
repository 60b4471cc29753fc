"""The API over a world, in this process: what a client of a server with these facts would get."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.plugins.load import Loaded, PluginState
from sellerhealth.settings import Settings
from sellerhealth.testing.world import World


class Client:
    """Asks the API of a world: `client("{ accounts { totalCount } }")` is the data of the answer."""

    def __init__(self, world: World, loaded: Loaded, http: TestClient) -> None:
        self.http = http
        self._world, self._loaded = world, loaded

    def __call__(self, document: str, **variables: Any) -> Any:
        """The data of the answer to a document. The test fails with the errors if there are any."""
        __tracebackhide__ = True
        self._world.save()
        response = self.http.post("/graphql", json={"query": document, "variables": variables})
        answer = response.json()
        if errors := answer.get("errors"):
            told = [f"- {error['message']} (at {'.'.join(map(str, error.get('path') or ['document']))})" for error in errors]
            left_out = [f"- {plugin}: {plugin.reason}" for plugin in self._loaded.plugins if plugin.state is PluginState.QUARANTINED]
            why = ["Plugins that take no part, so that their fields are not there:", *left_out] if left_out else []
            pytest.fail("\n".join(["The API answered with errors:", *told, *why]), pytrace=False)
        return answer["data"]


@contextmanager
def client_over(world: World, loaded: Loaded) -> Iterator[Client]:
    """A client of the API over a world, with the plugins that are loaded."""
    settings = Settings.model_construct(clock=world.clock)  # it reads neither the environment nor a file
    with TestClient(create_app(settings, loaded=loaded, database=world.database)) as http:
        yield Client(world, loaded, http)
