"""The pages for developers name paths and modules that exist, and every package of the source."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "server" / "sellerhealth"
ARCHITECTURE = ROOT.joinpath("docs", "architecture.md").read_text()
CONTRIBUTING = ROOT.joinpath("docs", "contributing.md").read_text()
GLOSSARY = ROOT.joinpath("docs", "glossary.md").read_text()

PATH = re.compile(r"`([\w.-]+(?:/[\w.-]*)+|[\w-]+\.(?:py|md|toml|graphql))`")  # with a slash, or the ending of a file
MODULE = re.compile(r"`(sellerhealth(?:\.\w+)+)`")


def is_source(path: Path) -> bool:
    """Whether it is a file, or a directory with files that are not left over from a module that was moved."""
    return path.is_file() or any(file.is_file() and "__pycache__" not in file.parts for file in path.rglob("*"))


def exists(path: str) -> bool:
    return is_source(ROOT / path) or is_source(PACKAGE / path)


def tree() -> list[str]:
    """The paths of the tree on the page about the architecture, each below the directory that it is indented under."""
    (block,) = re.findall(r"^```\n(.*?)^```", ARCHITECTURE, re.MULTILINE | re.DOTALL)
    paths, parent = [], ""
    for line in block.splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            parent = name
        paths.append(parent + name if line.startswith(" ") else name)
    return paths


def test_the_patterns_find_paths_and_modules():
    assert len(PATH.findall(ARCHITECTURE)) > 20
    assert len(PATH.findall(CONTRIBUTING)) > 25
    assert MODULE.findall("`sellerhealth.facts` and `sellerhealth.nothing`") == ["sellerhealth.facts", "sellerhealth.nothing"]
    assert not exists("cli/commands/no_such_command.py")


@pytest.mark.parametrize("page", [ARCHITECTURE, CONTRIBUTING, GLOSSARY], ids=["architecture", "contributing", "glossary"])
def test_every_path_and_module_on_a_page_exists(page):
    assert [path for path in PATH.findall(page) if not exists(path)] == []
    assert [module for module in MODULE.findall(page) if find_spec(module) is None] == []


def test_every_path_of_the_tree_exists():
    assert [path for path in tree() if not is_source(ROOT / path)] == []


def test_every_room_is_in_the_tree():
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    listed = {path.removeprefix("server/sellerhealth/") for path in tree() if path.startswith("server/sellerhealth/")} - {""}
    assert listed == packages | modules


# The packages that the page explains module by module. Of others, such as one module for each command, it says what they have in common.
EXPLAINED = ("checks", "engine", "http", "intake", "plugins", "rollups", "unproven")


@pytest.mark.parametrize("package", EXPLAINED)
def test_every_module_of_a_package_that_is_explained_is_named(package):
    modules = {f"{package}/{path.name}" for path in PACKAGE.joinpath(package).glob("*.py")} - {f"{package}/__init__.py"}
    assert len(modules) > 2
    assert sorted(modules - {*PATH.findall(ARCHITECTURE)}) == []


@pytest.mark.parametrize(
    "task", ["add a metric", "add a format", "change a status rule", "add a GraphQL field", "change how late is decided", "add a limit"]
)
def test_the_page_on_contributing_says_where_to(task):
    (row,) = [line for line in CONTRIBUTING.splitlines() if line.startswith(f"| {task} |")]
    assert PATH.search(row)


def test_no_term_of_the_glossary_is_explained_twice():
    terms = re.findall(r"^\| \*\*(.+?)\*\*", GLOSSARY, re.MULTILINE)
    assert len(terms) == len(set(terms)) > 40
