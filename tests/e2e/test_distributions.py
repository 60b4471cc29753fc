"""The scaffold and the example of a plugin, installed from wheels in an environment of their own.

What our wheel requires is linked from the environment of the tests, where it is installed already: nothing else is there.
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "acme-shop-health"
LOCKED = ["--constraint", str(ROOT / "constraints.txt")]


@dataclass(frozen=True)
class Environment:
    """A virtual environment with our wheel and what its `testing` extra requires, and nothing of this tree on its path."""

    folder: Path

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    def run(self, directory: Path, *command: str) -> str:
        """The standard output of a command, which must succeed."""
        left_out = ("SELLERHEALTH_", "PYTHON", "PYTEST_", "CI")
        variables = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        variables |= {"PATH": f"{self.scripts}{os.pathsep}{variables['PATH']}", "VIRTUAL_ENV": str(self.folder)}
        done = subprocess.run(command, cwd=directory, env=variables, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def install(self, directory: Path, *requirements: str) -> None:
        """Installs requirements into this environment, which has no pip of its own."""
        locked = [*LOCKED, "--build-constraint", str(ROOT / "constraints.txt")]
        self.run(
            directory,
            sys.executable,
            "-m",
            "pip",
            "--quiet",
            "--python",
            str(self.folder),
            "install",
            "--no-compile",
            *locked,
            *requirements,
        )

    def link(self, distribution: metadata.Distribution, *extras: str) -> None:
        """Links what a distribution requires with some of its extras, and what that requires in turn."""
        (site,) = self.folder.glob("[Ll]ib/**/site-packages")
        for required in map(Requirement, distribution.requires or ()):
            if required.marker is not None and not any(required.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                continue
            installed = metadata.distribution(required.name)
            outside = Path(str(installed.locate_file("")))
            names = {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}
            new = [name for name in names if not site.joinpath(name).exists()]
            for name in new:
                site.joinpath(name).symlink_to(outside / name)
            if new:
                self.link(installed, *required.extras)

    def plugins(self, directory: Path) -> dict[str, Any]:
        """The plugins that `sellerhealth plugins` lists, by name."""
        return {plugin["name"]: plugin for plugin in json.loads(self.run(directory, "sellerhealth", "plugins", "--json"))}


def wheel(source: Path, into: Path) -> str:
    """The wheel of a distribution, built from its sources."""
    before = set(into.glob("*.whl"))
    build = ["wheel", "--no-deps", "--build-constraint", str(ROOT / "constraints.txt"), "--wheel-dir", str(into), str(source)]
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *build], check=True, timeout=300)
    (built,) = set(into.glob("*.whl")) - before
    return str(built)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("distributions")
    venv.create(folder / "venv", with_pip=False)
    environment = Environment(folder / "venv")
    environment.install(folder, "--no-deps", wheel(ROOT, folder))
    (ours,) = metadata.distributions(name="sellerhealth", path=[str(path) for path in environment.folder.glob("[Ll]ib/**/site-packages")])
    environment.link(ours, "testing")
    return environment


def test_the_wheel_has_the_manual(environment: Environment, tmp_path: Path) -> None:
    page = ROOT.joinpath("docs", "import.md").read_text(encoding="utf-8")
    assert environment.run(tmp_path, "sellerhealth", "docs", "import") == page


def test_a_new_metric_passes_its_tests_and_takes_part_at_once(environment: Environment, tmp_path: Path) -> None:
    environment.run(tmp_path, "sellerhealth", "metric", "new", "acme-dispatch")
    project = tmp_path / "acme-dispatch"
    environment.install(project, "--editable", ".[test]")
    tested = environment.run(project, "python", "-m", "pytest")
    assert " passed" in tested
    assert "warning" not in tested

    plugin = environment.plugins(tmp_path)["acme_dispatch"]
    assert (plugin["state"], plugin["distribution"], plugin["metrics"]) == ("ACTIVE", "acme-dispatch", ["acme_dispatch"])
    datasheet = json.loads(environment.run(tmp_path, "sellerhealth", "metric", "show", "acme_dispatch", "--json"))
    assert datasheet["value"] == "early / orders"
    assert "## `acme_dispatch`" in environment.run(tmp_path, "sellerhealth", "metric", "catalog")
    assert "acmeDispatch(" in environment.run(tmp_path, "sellerhealth", "schema")


def test_the_example_passes_its_tests_from_its_wheel(environment: Environment, tmp_path: Path) -> None:
    environment.install(tmp_path, wheel(EXAMPLE, tmp_path))
    # Without the sources beside them, the tests can only import the wheel.
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    tested = environment.run(tmp_path, "python", "-m", "pytest")
    assert " passed" in tested
    assert "warning" not in tested

    plugins = environment.plugins(tmp_path)
    own = [plugin for plugin in plugins.values() if plugin["distribution"] == "acme-shop-health"]
    assert len(own) >= 4
    assert {plugin["state"] for plugin in own} == {"ACTIVE"}
