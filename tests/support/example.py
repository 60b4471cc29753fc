"""The example distribution as if it were installed: its own sources, and what `pip install` would say of them."""

import tomllib
from importlib.metadata import Distribution
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "acme-shop-health"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the path of imports with the distribution in it."""
    site = tmp_path_factory.mktemp("site")
    project = tomllib.loads(EXAMPLE.joinpath("pyproject.toml").read_text())["project"]
    about = site / f"acme_shop_health-{project['version']}.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    entry_points = project["entry-points"]["sellerhealth"]
    about.joinpath("entry_points.txt").write_text(
        "[sellerhealth]\n" + "".join(f"{name} = {value}\n" for name, value in entry_points.items())
    )
    site.joinpath("acme_shop_health").symlink_to(EXAMPLE / "src" / "acme_shop_health")
    return site


@pytest.fixture(scope="session")
def distribution(site: Path) -> Distribution:
    (about,) = site.glob("*.dist-info")
    return Distribution.at(about)
