"""A new distribution is complete and clean, and is created as a whole or not at all."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from string import Template

import pytest

from sellerhealth import scaffold
from sellerhealth.errors import BadInput
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.settings import Settings
from tests.support.running import PYTEST

CHECKED = Path(__file__).parents[2] / ".mypy_cache"
CODE = "src/acme_dispatch/__init__.py"
CLASSIFIER = scaffold.PluginKind.CLASSIFIER  # its code does not have its name


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load_plugins(Settings.model_construct(), [metadata.distribution(BUILT_IN_DISTRIBUTION)])


@pytest.fixture(scope="module", params=scaffold.PluginKind)
def kind(request: pytest.FixtureRequest) -> scaffold.PluginKind:
    chosen: scaffold.PluginKind = request.param
    return chosen


@pytest.fixture(scope="module")
def created(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory, kind: scaffold.PluginKind) -> Path:
    return scaffold.create("acme-dispatch", tmp_path_factory.mktemp("created"), loaded, kind)


def test_it_has_all_files_without_placeholders(created, kind):
    files = {str(path.relative_to(created)) for path in created.rglob("*") if path.is_file()}
    assert files == {Template(path).substitute(package="acme_dispatch") for path in scaffold.FILES}
    for path in files:
        text = created.joinpath(path).read_text(encoding="utf-8")
        assert "$" not in text, path
        assert "TODO" not in text, path
        assert "acme" in text or path in {".gitignore", "src/acme_dispatch/py.typed"} or (kind, path) == (CLASSIFIER, CODE)
    assert [path.name for path in created.parent.iterdir()] == ["acme-dispatch"]


def test_every_template_is_used():
    folder = Path(scaffold.__file__).parent / "templates"
    used = {Template(f"{path}.template").substitute(kind=kind) for path in scaffold.FILES.values() for kind in scaffold.PluginKind}
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.template")} == used


def test_the_project_names_its_plugin_in_an_entry_point_and_depends_on_this_version(created, kind):
    project = tomllib.loads(created.joinpath("pyproject.toml").read_text())["project"]
    assert project["name"] == "acme-dispatch"
    assert project["entry-points"] == {
        "sellerhealth": {"acme_dispatch": "acme_dispatch:acme_dispatch" if kind == "metric" else "acme_dispatch"}
    }
    assert project["dependencies"] == [f"sellerhealth>={metadata.version(BUILT_IN_DISTRIBUTION)}"]
    extras = set(metadata.metadata(BUILT_IN_DISTRIBUTION).get_all("Provides-Extra") or [])
    assert project["optional-dependencies"] == {"test": ["sellerhealth[testing]"]}
    assert "testing" in extras


def run(folder: Path, *command: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["check", "format"])
@pytest.mark.parametrize("name", ["a", "acme-dispatch", "z" * 30])
def test_the_code_passes_the_linter_for_any_name(loaded, tmp_path, kind, name, command):
    run(scaffold.create(name, tmp_path, loaded, kind), "ruff", *command, "--no-cache")


def test_the_code_is_typed_strictly(loaded, tmp_path):
    """All kinds in one run of mypy. It need not check the core once more where `make lint` did."""
    if CHECKED.exists():
        shutil.copytree(CHECKED, tmp_path / "cache")
    projects = [scaffold.create(f"acme-{kind}", tmp_path, loaded, kind) for kind in scaffold.PluginKind]
    path = os.pathsep.join(str(project / "src") for project in projects)
    files = [f"{project.name}/{folder}" for project in projects for folder in ("src", "tests")]
    assert "no issues found in 6 source files" in run(tmp_path, "mypy", "--strict", "--cache-dir", "cache", *files, MYPYPATH=path)


def installed(project: Path) -> Path:
    """The sources of a project as if it were installed: beside them is what pip would write of its name and its entry points."""
    declared = tomllib.loads(project.joinpath("pyproject.toml").read_text())["project"]
    folder = project / "src" / f"{declared['name'].replace('-', '_')}-{declared['version']}.dist-info"
    folder.mkdir()
    folder.joinpath("METADATA").write_text(f"Metadata-Version: 2.4\nName: {declared['name']}\nVersion: {declared['version']}\n")
    lines = (f"{name} = {value}\n" for name, value in declared["entry-points"]["sellerhealth"].items())
    folder.joinpath("entry_points.txt").write_text("[sellerhealth]\n" + "".join(lines))
    return project / "src"


def test_the_tests_of_importers_and_classifiers_pass(loaded, tmp_path):
    """Those of a metric, installed from its wheel, are in tests/e2e/test_distributions.py."""
    kinds = (scaffold.PluginKind.IMPORTER, scaffold.PluginKind.CLASSIFIER)
    projects = [scaffold.create(f"acme-{kind}", tmp_path, loaded, kind) for kind in kinds]
    path = os.pathsep.join(str(installed(project)) for project in projects)
    passed = run(tmp_path, *PYTEST[2:], *(project.name for project in projects), PYTHONPATH=path)
    assert re.search(r"\b19 passed\b", passed), passed


@pytest.mark.parametrize(("name", "suggestion"), [
    ("Acme-Dispatch", "acme-dispatch"), ("AcmeDispatch", "acme-dispatch"), ("acme dispatch", "acme-dispatch"), ("9-lives", "lives"),
    ("acme--x", "acme-x"), ("acme-", "acme"), ("../acme", "acme"), ("a" * 31, "a" * 30), ("", None), ("日本", None),
])  # fmt: skip
def test_an_invalid_name_is_refused_with_a_suggestion(loaded, tmp_path, name, suggestion):
    with pytest.raises(BadInput) as refused:
        scaffold.create(name, tmp_path, loaded)
    assert str(refused.value).startswith(f"{name!r} cannot be the name of a plugin.")
    assert str(refused.value).endswith(f"Did you mean {suggestion}?" if suggestion else "as in acme-dispatch.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "owner"), [
    ("late-shipment-rate", "the metric late_shipment_rate of the plugin late_shipment_rate"),
    ("lateshipmentrate", "the metric late_shipment_rate"),
    ("amazon-reports", "the plugin amazon_reports"),
    ("orders-api-v0", "the format ORDERS_API_V0"),
    ("metric-result", "the GraphQL type MetricResult"),
    ("sellerhealth", "the distribution sellerhealth"),
    ("sellerhealth-metrics", "the Python module sellerhealth_metrics"),
    ("json", "the Python module json"),
    ("class", "the Python keyword class"),
    ("src", "the folder src of the distribution"),
    ("tests", "the folder tests of the distribution"),
    ("dist", "the folder dist of the distribution"),
    ("metrics", "the field `metrics`"),
])  # fmt: skip
def test_a_taken_name_is_refused_with_its_owner(loaded, tmp_path, name, owner):
    with pytest.raises(BadInput, match=f"^The name {name} is that of {owner}.*acme-{name}"):
        scaffold.create(name, tmp_path, loaded)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_stays_unchanged(loaded, tmp_path):
    tmp_path.joinpath("acme-dispatch").mkdir()
    with pytest.raises(BadInput, match="exists already"):
        scaffold.create("acme-dispatch", tmp_path, loaded)
    assert list(tmp_path.joinpath("acme-dispatch").iterdir()) == []


def test_underscores_become_dashes_in_the_folder(loaded, tmp_path):
    assert scaffold.create("acme_dispatch", tmp_path, loaded) == tmp_path / "acme-dispatch"


def test_nothing_remains_when_writing_fails(loaded, tmp_path, monkeypatch):
    monkeypatch.setitem(scaffold.FILES, "last.txt", "a template that is not there")
    with pytest.raises(FileNotFoundError):
        scaffold.create("acme-dispatch", tmp_path, loaded)
    assert list(tmp_path.iterdir()) == []
