"""docs/plugins/tutorial.md is true: its code is that of the example, its commands run, and its queries have the results that it shows."""

import itertools
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib import metadata
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.example_queries import format_json
from sellerhealth.http.authentication import Open
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from tests.support.running import Serving, run, serving

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "acme-shop-health"
PAGE = ROOT.joinpath("docs", "plugins", "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FIRST_TRY = "return_rate.py"


def files_of_the_page() -> dict[str, str]:
    """The files on the page, by path. A file in several blocks is joined."""
    files: dict[str, str] = {}
    for _, text in BLOCKS:
        if named := re.match(r"# (\S+\.(?:py|toml|csv))\n", text):
            files[named[1]] = files.get(named[1], "") + text[named.end() :]
    return files


FILES = files_of_the_page()
COMMANDS = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines() if line.startswith("sellerhealth ")]


def without_blank_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def files_below(*paths: str) -> list[str]:
    return [path for path in FILES if path.startswith(paths)]


@pytest.mark.parametrize("path", files_below("src/", "tests/", "pyproject"))
def test_the_code_is_that_of_the_example(path: str) -> None:
    assert without_blank_lines(FILES[path]) == without_blank_lines(EXAMPLE.joinpath(path).read_text())


def test_all_modules_of_the_example_are_on_the_page() -> None:
    modules = {f"src/acme_shop_health/{module.name}" for module in EXAMPLE.glob("src/acme_shop_health/*.py")}
    assert set(files_below("src/")) == modules - {"src/acme_shop_health/__init__.py"}


@pytest.fixture(scope="module")
def first_try(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The first command of the tutorial, in a directory with only its first file."""
    folder = tmp_path_factory.mktemp("first_try")
    folder.joinpath(FIRST_TRY).write_text(FILES[FIRST_TRY])
    program, *arguments = shlex.split(COMMANDS[0])
    assert (program, *arguments) == ("sellerhealth", "demo", "--plugin", FIRST_TRY)
    with serving(folder, *arguments, "--port", "0", "--keep", "kept") as server:
        yield server


@pytest.fixture(scope="module")
def installed(first_try: Serving, distribution: Distribution) -> Iterator[TestClient]:
    """The API over the same data once the whole distribution is installed."""
    settings = Settings(strict=True, clock=CLOCK)
    database = Database(f"sqlite:///{first_try.output.parent / 'kept' / 'sellerhealth.db'}")
    loaded = load_plugins(settings, [metadata.distribution("sellerhealth"), distribution])
    with TestClient(create_app(settings, Open(), loaded=loaded, database=database), "http://localhost") as client:
        yield client
    database.close()


QUERIES = [(query, result) for (kind, query), (_, result) in itertools.pairwise(BLOCKS) if kind == "graphql"]


def test_there_are_queries() -> None:
    assert len(QUERIES) == 5


@pytest.mark.parametrize(("query", "result"), QUERIES[:3])
def test_the_queries_of_the_first_file_have_the_results_of_the_page(first_try: Serving, query: str, result: str) -> None:
    assert format_json(first_try.query(query)) == result.rstrip("\n")


@pytest.mark.parametrize(("query", "result"), QUERIES[3:])
def test_the_queries_of_the_distribution_have_the_results_of_the_page(installed: TestClient, query: str, result: str) -> None:
    assert format_json(installed.post("/graphql", json={"query": query}).json()["data"]) == result.rstrip("\n")


def test_the_first_file_can_be_inspected_without_a_server(first_try: Serving) -> None:
    (command,) = [line for line in COMMANDS if " metric show " in line]
    done = run(first_try.output.parent, *shlex.split(command)[1:])
    assert done.returncode == 0, done.stderr
    assert "Orders with a return." in done.stdout
    assert "acmeReturnRate" in done.stdout


def test_the_settings_of_the_page_are_settings(distribution: Distribution) -> None:
    (settings,) = [tomllib.loads(text) for language, text in BLOCKS if language == "toml" and "[plugins." in text]
    loaded = load_plugins(Settings(strict=True, **settings), [metadata.distribution("sellerhealth"), distribution])
    assert loaded.registry["acme_return_rate"].target.display(loaded.registry["acme_return_rate"].value) == "under 3 %"
    (variable,) = re.findall(r"`SELLERHEALTH_(PLUGINS__\w+)=", PAGE)
    _, plugin, setting = variable.lower().split("__")
    assert settings["plugins"][plugin][setting] == "0.03"


def test_the_files_of_the_shop_are_imported_and_counted(tmp_path: Path, site: Path) -> None:
    for name in files_below("orders.csv", "returns.csv"):
        tmp_path.joinpath(name).write_text(FILES[name])
    path = {"PYTHONPATH": str(site), "SELLERHEALTH_CLOCK": "2026-04-30T12:00:00Z"}
    (imports,) = [line for line in COMMANDS if " import " in line]
    (explains,) = [line for line in COMMANDS if " explain " in line]
    done = run(tmp_path, *shlex.split(imports)[1:], **path)
    assert done.returncode == 0, done.stderr
    explained = run(tmp_path, *shlex.split(explains)[1:], **path)
    assert explained.stdout.startswith("Return rate of acme as of 2026-04-30: 50.00 %, CRITICAL"), explained.stdout + explained.stderr


def test_every_page_that_it_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert ROOT.joinpath("docs", "plugins", name).exists(), name
