"""pytest fixtures for tests of plugins. sellerhealth is imported only when a test uses one of them.

pytest imports this module at the start of every run where sellerhealth is installed, even for unrelated projects. It is
outside the package, so a broken package fails only the tests that use it.
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
    """The settings of plugins, a section for each. Override it in your `conftest.py`."""
    return {}


@pytest.fixture(scope="session")
def sellerhealth_plugins(sellerhealth_settings: Mapping[str, Mapping[str, Any]]) -> "Loaded":
    """All installed plugins, loaded and checked as a server does. `sellerhealth_client` reports the quarantined ones with their reasons."""
    with _explaining("sellerhealth_plugins"):
        from sellerhealth.checks.metric_checks import EmptyTables, checker
        from sellerhealth.plugins.load import load_plugins
        from sellerhealth.settings import Settings, section_of
    # Whether a test passes must not depend on variables or a settings file of the machine.
    sections = {section_of(plugin): settings for plugin, settings in sellerhealth_settings.items()}
    return load_plugins(Settings.model_construct(plugins=sections, strict=False), check_metric=checker(EmptyTables()))


@pytest.fixture
def sellerhealth_world(sellerhealth_plugins: "Loaded") -> Iterator["World"]:
    """An empty world. The installed plugins classify its feedback."""
    with _explaining("sellerhealth_world"):
        from sellerhealth.testing import new_world
    with new_world(classify=sellerhealth_plugins.classify) as world:
        yield world


@pytest.fixture
def sellerhealth_client(sellerhealth_world: "World", sellerhealth_plugins: "Loaded") -> Iterator["Client"]:
    """The API over `sellerhealth_world`: call it with a document and its variables to get the data of the response."""
    with _explaining("sellerhealth_client"):
        from sellerhealth.testing.client import client_over
    with client_over(sellerhealth_world, sellerhealth_plugins) as client:
        yield client


@contextmanager
def _explaining(fixture: str) -> Iterator[None]:
    """Fails the test with one clear message when sellerhealth cannot be imported."""
    try:
        yield
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a broken installation may do anything
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        pytest.fail(
            f"The fixture {fixture} needs sellerhealth, which cannot be imported: {reason}. "
            'Fix the installation with `pip install --force-reinstall "sellerhealth[testing]"`.',
            pytrace=False,
        )
