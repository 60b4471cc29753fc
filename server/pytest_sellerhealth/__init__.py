"""Fixtures for tests of plugins. This module imports nothing of sellerhealth before a test asks for one of them.

pytest imports it at the start of every run in an environment in which sellerhealth is installed, also of runs that have
nothing to do with it. So it stands outside the package, and whatever may be wrong with the package fails those tests alone
that use it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sellerhealth.plugins.load import Loaded
    from sellerhealth.testing import World
    from sellerhealth.testing.client import Client


@pytest.fixture(scope="session")
def sellerhealth_settings() -> Mapping[str, Mapping[str, Any]]:
    """The settings of plugins, a section for each. Override it in your `conftest.py` to try some."""
    return {}


@pytest.fixture(scope="session")
def sellerhealth_plugins(sellerhealth_settings: Mapping[str, Mapping[str, Any]]) -> "Loaded":
    """All plugins that are installed, loaded and checked as a server does. One at fault takes no part, and `sellerhealth_client` says why."""
    with _explaining("sellerhealth_plugins"):
        from sellerhealth.checks.metric_checks import EmptyTables, checker
        from sellerhealth.plugins.load import load_plugins
        from sellerhealth.settings import Settings, section_of
    # Neither variables nor a file of the machine may decide whether a test passes.
    sections = {section_of(plugin): settings for plugin, settings in sellerhealth_settings.items()}
    return load_plugins(Settings.model_construct(plugins=sections, strict=False), check_metric=checker(EmptyTables()))


@pytest.fixture
def sellerhealth_world(sellerhealth_plugins: "Loaded") -> Iterator["World"]:
    """An empty store with a clock; feedback told in it is classified by the plugins that are installed."""
    with _explaining("sellerhealth_world"):
        from sellerhealth.testing import new_world
    with new_world(classify=sellerhealth_plugins.classify) as world:
        yield world


@pytest.fixture
def sellerhealth_client(sellerhealth_world: "World", sellerhealth_plugins: "Loaded") -> Iterator["Client"]:
    """The API over `sellerhealth_world`: called with a document and its variables, it gives the data of the answer."""
    with _explaining("sellerhealth_client"):
        from sellerhealth.testing.client import client_over
    with client_over(sellerhealth_world, sellerhealth_plugins) as client:
        yield client


@contextmanager
def _explaining(fixture: str) -> Iterator[None]:
    """Fails with a sentence when sellerhealth cannot be imported, whatever is the matter with it."""
    try:
        yield
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a broken installation may do anything
        why = f"{type(error).__name__}: {error}".rstrip(".")
        pytest.fail(
            f"The fixture {fixture} needs sellerhealth, which cannot be imported: {why}. "
            'Mend the installation with `pip install --force-reinstall "sellerhealth[testing]"`.',
            pytrace=False,
        )
