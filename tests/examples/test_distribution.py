"""The example distribution: all its plugins are active, and it uses only the public API."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from importlib.metadata import Distribution
from pathlib import Path

import acme_shop_health
from sellerhealth.plugins.load import load_plugins
from sellerhealth.plugins.plugin import PluginState
from sellerhealth.settings import Settings

PUBLIC = {
    "sellerhealth",
    "sellerhealth.facts",
    "sellerhealth.sources",
    "pydantic",
    "sqlalchemy",
    "collections.abc",
    *sys.stdlib_module_names,
}
EXAMPLE = Path(__file__).parents[2] / "examples" / "acme-shop-health"
INSTALLED = metadata.distribution("sellerhealth")


def test_all_its_plugins_are_active(distribution: Distribution) -> None:
    loaded = load_plugins(Settings(strict=True), [INSTALLED, distribution])
    ours = {plugin.name: plugin for plugin in loaded.plugins if plugin.distribution == "acme-shop-health"}
    assert set(ours) == {entry.name for entry in distribution.entry_points}
    assert {plugin.state for plugin in ours.values()} == {PluginState.ACTIVE}
    assert {key for plugin in ours.values() for key in plugin.metrics} == {"acme_return_rate", "acme_health_rating", "acme_answer_hours"}
    assert {"acme_orders", "acme_returns"} <= set(loaded.importers)
    assert loaded.classify(3, "Never again").value == "NEGATIVE"
    assert loaded.classify(3, "Fine").value == "NEUTRAL"


def test_it_imports_only_the_public_api() -> None:
    modules = list(Path(acme_shop_health.__path__[0]).glob("*.py"))
    assert len(modules) > 5
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                assert {name.name for name in node.names} <= PUBLIC, module.name
            if isinstance(node, ast.ImportFrom):
                assert node.module in PUBLIC, module.name


def test_its_readme_names_every_plugin_and_shows_valid_settings(distribution: Distribution) -> None:
    readme = EXAMPLE.joinpath("README.md").read_text()
    assert {entry.name for entry in distribution.entry_points} == set(re.findall(r"^\| `(\w+)`", readme, re.MULTILINE))
    (settings,) = (tomllib.loads(text) for text in re.findall(r"^```toml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL))
    loaded = load_plugins(Settings(strict=True, **settings), [INSTALLED, distribution])
    assert loaded.registry["acme_health_rating"].result({"orders": 200, "critical": 1}).value == 54
