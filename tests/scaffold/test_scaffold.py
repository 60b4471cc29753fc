"""A new distribution is complete and clean, and is created as a whole or not at all."""

import os
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


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load_plugins(Settings.model_construct(), [metadata.distribution(BUILT_IN_DISTRIBUTION)])


@pytest.fixture(scope="module")
def created(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scaffold.create("acme-dispatch", tmp_path_factory.mktemp("created"), loaded)


def test_it_has_all_files_without_placeholders(created):
    files = {str(path.relative_to(created)) for path in created.rglob("*") if path.is_file()}
    assert files == {Template(path).substitute(package="acme_dispatch") for path in scaffold.FILES}
    for path in files:
        text = created.joinpath(path).read_text(encoding="utf-8")
        assert "$" not in text, path
        assert "TODO" not in text, path
        assert "acme" in text or path in {".gitignore", "src/acme_dispatch/py.typed"}
    assert [path.name for path in created.parent.iterdir()] == ["acme-dispatch"]


def test_every_template_is_used():
    folder = Path(scaffold.__file__).parent / "templates"
    assert {path.name for path in folder.iterdir()} == {f"{template}.template" for template in scaffold.FILES.values()}


def test_the_project_names_its_metric_in_an_entry_point_and_depends_on_this_version(created):
    project = tomllib.loads(created.joinpath("pyproject.toml").read_text())["project"]
    assert project["name"] == "acme-dispatch"
    assert project["entry-points"] == {"sellerhealth": {"acme_dispatch": "acme_dispatch:acme_dispatch"}}
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
def test_the_code_passes_the_linter_whatever_its_name(loaded, tmp_path, name, command):
    run(scaffold.create(name, tmp_path, loaded), "ruff", *command, "--no-cache")


def test_the_code_is_typed_strictly(created, tmp_path):
    assert "no issues found in 2 source files" in run(created, "mypy", "--cache-dir", str(tmp_path), MYPYPATH="src")


@pytest.mark.parametrize(("name", "suggestion"), [
    ("Acme-Dispatch", "acme-dispatch"), ("AcmeDispatch", "acme-dispatch"), ("acme dispatch", "acme-dispatch"), ("9-lives", "lives"),
    ("acme--x", "acme-x"), ("acme-", "acme"), ("../acme", "acme"), ("a" * 31, "a" * 30), ("", None), ("日本", None),
])  # fmt: skip
def test_an_invalid_name_is_refused_with_a_suggestion(loaded, tmp_path, name, suggestion):
    with pytest.raises(BadInput) as refused:
        scaffold.create(name, tmp_path, loaded)
    assert str(refused.value).startswith(f"{name!r} cannot be the name of a metric.")
    assert str(refused.value).endswith(f"Did you mean {suggestion}?" if suggestion else "as in acme-dispatch.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "owner"), [
    ("late-shipment-rate", "the metric late_shipment_rate of the plugin late_shipment_rate"),
    ("lateshipmentrate", "the metric late_shipment_rate"),
    ("amazon-reports", "the plugin amazon_reports"),
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
