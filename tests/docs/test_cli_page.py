"""docs/cli.md names every command and option, and no others; every command line of the documentation is valid."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup

from sellerhealth.cli import app

ROOT = Path(__file__).parents[2]
PAGE = ROOT.joinpath("docs", "cli.md").read_text(encoding="utf-8")
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            if command.invoke_without_command:  # it is a command as well
                yield " ".join((*path, name)), command
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


ROOT_GROUP = typer.main.get_command(app)
COMMANDS = dict(commands(ROOT_GROUP))


def options(command: TyperCommand | TyperGroup) -> set[str]:
    return {option for parameter in command.params if parameter.param_type_name == "option" for option in parameter.opts} - {"--help", "-h"}


def section(name: str) -> str:
    return re.split(r"^## ", PAGE.partition(f"\n## {name}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def documented(text: str) -> set[str]:
    return set(re.findall(r"^\| `(--[\w-]+)", text, re.MULTILINE)) - {"--help"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented_and_no_other(name):
    assert section(name)
    assert documented(section(name)) == options(COMMANDS[name])


def test_every_command_is_documented_and_no_other():
    assert set(re.findall(r"^## (.*)$", PAGE, re.MULTILINE)) == set(COMMANDS)
    assert documented(PAGE.partition("\n## ")[0]) == options(ROOT_GROUP)


def documented_lines() -> list[str]:
    pages = [README, *(page.read_text(encoding="utf-8") for page in ROOT.joinpath("docs").glob("*.md"))]
    blocks = [block for page in pages for block in re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)]
    return [line for block in blocks for line in block.splitlines() if line.startswith("sellerhealth ")]


@pytest.mark.parametrize("line", documented_lines())
def test_every_command_line_of_the_documentation_is_valid(line):
    name = max((known for known in COMMANDS if line.removeprefix("sellerhealth ").startswith(known)), key=len)
    assert {argument for argument in line.split() if argument.startswith("--")} <= options(COMMANDS[name])
