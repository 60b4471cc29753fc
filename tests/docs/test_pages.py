"""The documentation is true: it names every setting, error and field of the plugin API, and its code runs."""

import dataclasses
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

import pytest

import sellerhealth
from sellerhealth import Metric, errors, hookspecs, sources, testing
from sellerhealth.checks.metric_checks import checker
from sellerhealth.plugins.load import load_plugins
from sellerhealth.plugins.plugin import PluginState
from sellerhealth.settings import Settings
from tests.support.running import PYTEST

DOCS = Path(__file__).parents[2] / "docs"
PLUGINS = "".join(DOCS.joinpath("plugins", page).read_text() for page in ("README.md", "metrics.md"))


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def table(page: str) -> dict[str, list[str]]:
    """The rows of the tables of a page by their first cell, without its quotes."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in page.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in rows}


def codes(error: type[errors.SellerHealthError] = errors.SellerHealthError) -> Iterator[str]:
    yield error.code
    for kind in error.__subclasses__():
        yield from codes(kind)


def test_every_setting_is_documented_with_its_variable_and_default():
    documented = table(DOCS.joinpath("settings.md").read_text())
    assert set(documented) == set(Settings.model_fields)
    for name, setting in Settings.model_fields.items():
        variable, default, _ = documented[name]
        assert variable.strip("`").split("__")[0] == f"SELLERHEALTH_{name.upper()}"
        if isinstance(setting.default, str | int):
            assert default == f"`{setting.default}`"


def test_the_settings_of_the_examples_are_settings(tmp_path, monkeypatch):
    page = DOCS.joinpath("settings.md").read_text()
    (file,), (variables,) = blocks(page, "toml"), blocks(page, "sh")
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("sellerhealth.toml").write_text(file)
    for line in variables.splitlines():
        name, text = line.split("=", 1)
        monkeypatch.setenv(name, text.strip("'"))
    plugins = load_plugins(Settings(strict=True)).plugins  # raises when a plugin refuses its settings
    assert {plugin.name for plugin in plugins if plugin.state is PluginState.DISABLED} == {"customer_feedback", "seller_rating"}


def test_every_error_code_is_documented():
    documented = table(DOCS.joinpath("errors.md").read_text())
    assert set(codes()) <= set(documented)


def test_every_field_of_a_metric_every_hook_and_every_name_of_the_api_is_documented():
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`\n]+`", PLUGINS)) + " ".join(blocks(PLUGINS, "python"))))
    hooks = {name for name in vars(hookspecs) if hasattr(getattr(hookspecs, name), "sellerhealth_spec")}
    assert hooks == {"register_metrics", "register_importers", "classify_feedback"}
    assert {*(field.name for field in dataclasses.fields(Metric)), *hooks, *sellerhealth.__all__} <= words
    assert {state.value for state in PluginState} <= set(table(PLUGINS))


@pytest.fixture
def forgotten():
    """What a test imports is not imported for other tests."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("acme"):
            del sys.modules[name]


@pytest.mark.usefixtures("forgotten")
def test_the_plugins_of_the_how_to_take_part_and_their_test_passes(tmp_path, monkeypatch):
    entry_points, settings = {}, {}
    for block in map(tomllib.loads, blocks(PLUGINS, "toml")):
        entry_points |= block.get("project", {}).get("entry-points", {}).get("sellerhealth", {})
        settings |= block.get("plugins", {})
    for source in blocks(PLUGINS, "python"):
        tmp_path.joinpath(source.splitlines()[0].removeprefix("# ")).write_text(source)
    about = tmp_path / "acme_dispatch-1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: acme-dispatch\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text("[sellerhealth]\n" + "".join(f"{n} = {v}\n" for n, v in entry_points.items()))
    monkeypatch.syspath_prepend(tmp_path)

    loaded = load_plugins(Settings(strict=True, plugins=settings), [Distribution.at(about)])
    assert {plugin.name for plugin in loaded.plugins} == {"acme_dispatch", "acme-answers", "acme_hooks"}
    assert loaded.registry["acme_quick_answers"].description.endswith("within 2 hours.")
    assert loaded.classify(5, "Never again").value == "NEGATIVE"
    assert "acmeDispatch" in PLUGINS
    ran = subprocess.run(
        [*PYTEST, "-q", "test_acme_dispatch.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_the_metrics_of_the_page_on_versions_can_be_computed_and_the_old_one_is_deprecated(database):
    (source,) = blocks(DOCS.joinpath("plugins", "versioning.md").read_text(), "python")
    declared: dict[str, object] = {}
    exec(source, declared)
    for key in ("acme_late", "acme_very_late"):
        checker(database)(declared[key])
    assert declared["acme_late"].deprecated == "Use acme_very_late. Removal on 2027-06-30 UTC."


@pytest.mark.parametrize("module", [sources, testing])
def test_every_deprecated_name_is_on_the_page_on_versions(module):
    page = DOCS.joinpath("plugins", "versioning.md").read_text()
    for old, new in module.DEPRECATED.items():
        assert f"| `{module.__name__}.{old}` | `{new}` |" in page


def test_the_reference_of_the_plugin_api_is_what_the_docstrings_say():
    made = runpy.run_path(str(DOCS / "plugins" / "generate.py"))["reference"]()
    assert DOCS.joinpath("plugins", "reference.md").read_text() == made, "Run `make reference`."
    for module in (sellerhealth, sources, testing):
        assert all(f"### `{name}" in made for name in module.__all__)


def test_every_page_that_a_page_links_to_is_there_with_its_heading():
    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md", *DOCS.parent.joinpath("examples").rglob("*.md")]
    assert len(pages) > 20
    for page in pages:
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        for target, _, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#([^)\s]*))?\)", text):
            linked = (page.parent / target).resolve() if target else page
            assert linked.exists(), f"{page.name} links to {target}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
                assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}, (page.name, anchor)


@pytest.mark.parametrize("hook", ["register_metrics", "classify_feedback", "register_importers"])
def test_the_example_of_a_hook_runs(hook):
    import doctest

    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(hookspecs, hook), hook, globs={})
    assert doctest.DocTestRunner().run(example).attempted > 3
    assert doctest.DocTestRunner().run(example).failed == 0
