"""Every page and heading that code, tests or pages cite exists."""

import re
from collections import Counter
from pathlib import Path

import pytest

from sellerhealth import manual
from tests.support.reference_metrics import DEFINITIONS
from tests.support.world import built_in

ROOT = Path(__file__).parents[2]
FOLDERS = ("server", "metrics_plugins", "tests", "docs", "examples", "benchmarks")
SUFFIXES = {".py", ".md", ".toml", ".graphql", ".mako"}
INSTALLED = {".venv", "build", "node_modules"}
TEXTS = {
    path.relative_to(ROOT): path.read_text(encoding="utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "pyproject.toml",
        ROOT / "schema.graphql",
        *(path for folder in FOLDERS for path in ROOT.joinpath(folder).rglob("*") if path.suffix in SUFFIXES),
    )
    if not INSTALLED & set(path.parts)
}
COMMANDS = sorted({found for text in TEXTS.values() for found in re.findall(r"\bsellerhealth docs ([a-z/]+(?:#[\w-]+)?)", text)})
CITATIONS = sorted({found for text in TEXTS.values() for found in re.findall(r"\bdocs/[\w/-]+\.md(?:#[\w-]+)?", text)})


@pytest.mark.parametrize("citation", CITATIONS)
def test_everything_cited_exists(citation):
    page, _, anchor = citation.partition("#")
    assert ROOT.joinpath(page).is_file()
    assert not anchor or anchor in manual.anchors(ROOT.joinpath(page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", COMMANDS)
def test_every_page_that_a_message_names_can_be_seen_in_the_terminal(page):
    assert manual.find(page)


def test_the_code_cites_the_rules_and_the_facts():
    pages = Counter(citation.partition("#")[0] for citation in CITATIONS)
    assert min(pages["docs/metrics.md"], pages["docs/spec/rules.md"], pages["docs/spec/facts.md"]) >= 4


@pytest.mark.parametrize("key", DEFINITIONS)
def test_the_source_of_a_built_in_metric_is_its_section(key):
    assert built_in(key).source == f"docs/metrics.md#{key.replace('_', '-')}"


def test_nothing_cites_a_document_outside_of_the_repository():
    numbered = re.compile(r"\bdomain \d", re.IGNORECASE)
    assert [str(path) for path, text in TEXTS.items() if numbered.search(text)] == []
