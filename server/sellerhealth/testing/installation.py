"""Loads a metric or an importer as a server would, as if a distribution with one entry point were installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from sellerhealth.checks.metric_checks import checker
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.plugins.plugin import PluginState
from sellerhealth.settings import Settings
from sellerhealth.testing.world import new_world

STAND_IN_MODULE = "sellerhealth_conformance"  # for objects that are in no module of the author, such as a metric made by a function


class _Distribution(metadata.Distribution):
    """A distribution with one entry point, as pip would install it."""

    def __init__(self, name: str, entry_point: str) -> None:
        self._files = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n",
            "entry_points.txt": f"[sellerhealth]\n{entry_point}\n",
        }

    def read_text(self, filename: str) -> str | None:
        return self._files.get(filename)

    def locate_file(self, path: Any) -> Path:
        return Path(path)


@contextmanager
def load_as_installed(distribution: str, entry_point: str, **stand_in: object) -> Iterator[Loaded]:
    """Loads the built-in plugins and one distribution. `stand_in` are the names in STAND_IN_MODULE."""
    distributions: list[metadata.Distribution] = [_Distribution(distribution, entry_point)]
    if distribution != BUILT_IN_DISTRIBUTION:
        distributions.append(metadata.distribution(BUILT_IN_DISTRIBUTION))
    settings = Settings.model_construct(strict=False)  # reads neither the environment nor a file
    module = ModuleType(STAND_IN_MODULE)
    vars(module).update(stand_in)
    with new_world() as world:
        sys.modules[STAND_IN_MODULE] = module
        try:
            yield load_plugins(settings, distributions, checker(world.database))
        finally:
            del sys.modules[STAND_IN_MODULE]


def quarantine_reasons(loaded: Loaded) -> Iterator[str]:
    """The reasons why plugins are quarantined, a sentence for each plugin."""
    for plugin in loaded.plugins:
        if plugin.state is PluginState.QUARANTINED:
            yield f"a server would quarantine {plugin}: {plugin.reason}"
