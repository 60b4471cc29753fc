"""Every curl command of the pages gives the response that follows it, and the code of clients.md is the code of these tests."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.joinpath("docs").rglob("*.md"))]
CLIENTS = ROOT.joinpath("docs", "clients.md").read_text(encoding="utf-8")

# A block of shell with a curl in it, and the block of JSON that follows, if there is nothing but prose between them.
CURL = re.compile(r"^```sh\n((?:(?!^```).)*?\bcurl .*?)^```\n(?:(?!^```).)*?(?:^```json\n(.*?)^```|(?=^```)|\Z)", re.MULTILINE | re.DOTALL)

CURLS = [
    pytest.param(shell, documented, id=f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 2}")
    for page in PAGES
    for text in [page.read_text(encoding="utf-8")]
    for found in CURL.finditer(text)
    for shell, documented in [found.groups()]
]


def contains(response, documented):
    """Whether a response has everything that is documented; its objects may have more."""
    match documented, response:
        case dict(), dict():
            return all(name in response and contains(response[name], documented[name]) for name in documented)
        case list(), list():
            return len(documented) == len(response) and all(map(contains, response, documented))
    return documented == response


@pytest.mark.parametrize(("shell", "documented"), CURLS)
def test_a_curl_of_the_docs_gives_the_documented_response(shell, documented):
    shell = shell.replace("http://127.0.0.1:8000", os.environ["SERVER"])
    shell = re.sub(r"^sellerhealth .*\n", "", shell, flags=re.MULTILINE)  # it is not installed here, and the project's own tests run it
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", shell], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    if documented:
        assert contains(json.loads(done.stdout), json.loads(documented)), done.stdout


def test_no_curl_of_the_docs_is_overlooked():
    written = sum(len(re.findall(r"\bcurl (?=[-\"'$h])", page.read_text(encoding="utf-8"))) for page in PAGES)
    assert written == sum(len(re.findall(r"\bcurl ", param.values[0])) for param in CURLS) > 0


CODE = re.findall(r"^`(clients/[\w./]+)`:\n\n```\w+\n(.*?)^```", CLIENTS, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("path", "code"), CODE, ids=[path for path, _ in CODE])
def test_the_code_of_the_page_of_clients_is_that_of_its_file(path, code):
    assert code in ROOT.joinpath(path).read_text(encoding="utf-8")


def test_all_code_of_the_page_of_clients_names_its_file():
    assert len(CODE) == len(re.findall(r"^```\w+$", CLIENTS, re.MULTILINE))
