"""Fake installed distributions: a folder with metadata, an entry point and modules, put on the import path."""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.plugins.plugin import Plugin
from sellerhealth.settings import Settings

Install = Callable[..., None]


@contextlib.contextmanager
def installing(root: Path) -> Iterator[Install]:
    """A function that installs into folders under `root`. Afterwards nothing is installed."""
    path, modules = list(sys.path), set(sys.modules)

    def install(distribution: str, entry_points: dict[str, str] | list[tuple[str, str]], version: str = "1.0", **sources: str) -> None:
        folder = root / f"{distribution}-site"
        about = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        about.mkdir(parents=True)
        about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        pairs = entry_points.items() if isinstance(entry_points, dict) else entry_points
        about.joinpath("entry_points.txt").write_text("[sellerhealth]\n" + "".join(f"{name} = {value}\n" for name, value in pairs))
        for name, source in sources.items():
            folder.joinpath(f"{name}.py").write_text(source)
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()

    try:
        yield install
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if str(root) in str(getattr(sys.modules[name], "__file__", None)):
                del sys.modules[name]


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    """`install("acme-dispatch", {"acme": "acme:metric"}, acme="source of the module")`, as pip would."""
    with installing(tmp_path) as install:
        yield install


@pytest.fixture
def load() -> Callable[..., Loaded]:
    """Loads all installed plugins. A broken one is quarantined, also in CI."""
    return lambda **settings: load_plugins(Settings(**{"strict": False, **settings}))


@pytest.fixture
def load_one(load: Callable[..., Loaded]) -> Callable[..., Plugin]:
    """Loads all plugins and returns the one with a name."""

    def load_one(name: str, **settings: object) -> Plugin:
        (plugin,) = [each for each in load(**settings).plugins if each.name == name]
        return plugin

    return load_one


@pytest.fixture
def metric_source() -> Callable[..., str]:
    """The source of a module with a metric of that key in `metric`."""
    return lambda key, **more: (
        f"""
from sellerhealth import Metric, Window, count
from sellerhealth.facts import Order

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
gifts = orders.where(Order.is_replacement, "Replacements.")
metric = Metric(
    key={key!r}, title="T", description="D.", section="acme", windows=(Window(30),),
    measures={{"orders": orders, {more.pop("measure", "gifts")!r}: gifts}}, value=gifts / orders, **{more!r},
)
"""
    )
