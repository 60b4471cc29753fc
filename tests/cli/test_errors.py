"""A failing command prints one clear message to standard error, and exits with a code."""

import ast
import re
from pathlib import Path

import pytest

import sellerhealth
from sellerhealth.errors import NotFound


def test_an_error_is_one_message_with_its_code(invoke):
    done = invoke("explain", "late_shipment_rat", "--account", "shop")
    assert (done.exit_code, done.out) == (1, "")
    assert (
        done.err
        == "NOT_FOUND: There is no metric 'late_shipment_rat'. Did you mean late_shipment_rate?\n`sellerhealth metric list` lists them all.\n"
    )


def test_an_invalid_setting_is_named(invoke, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_PORT", "eighty")
    done = invoke("imports")
    assert done.exit_code == 1
    assert "SELLERHEALTH_PORT" in done.err
    assert done.err.startswith("BAD_SETTINGS: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("imports", "--nonsense"),
        ("import",),
        ("import", "absent.csv", "--account", "shop"),
        ("import", "claims.csv", "--account", "shop", "--create"),
        ("import", "claims.csv", "--account", "shop", "--observed-at", "2026-03-01T09:30:00"),
        ("import", "claims.csv", "--account", "shop", "--observed-at", "yesterday"),
        ("serve", "--port", "99999"),
        ("explain", "late_shipment_rate"),
        ("explain", "late_shipment_rate", "--account", "shop", "--as-of", "31.3.2026"),
        ("schema", "--check", "--write"),
    ],
)
def test_an_invalid_command_line_exits_with_2_and_changes_nothing(invoke, claims, arguments):
    done = invoke(*arguments)
    assert (done.exit_code, done.out) == (2, "")
    assert "Usage: " in done.err
    assert "Traceback" not in done.err
    assert invoke("account", "list").rows() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import",), "at least one file"),
        (("import", "claims.csv"), "with --account KEY"),
        (("import", "claims.csv", "--account", "shop", "--create"), "with --name"),
        (("import", "claims.csv", "--account", "shop", "--observed-at", "yesterday"), "'yesterday' is not an instant: write it"),
        (("import", "claims.csv", "--account", "shop", "--observed-at", "2026-03-01"), "for example 2026-03-01T09:30:00Z"),
        (("explain", "late_shipment_rate", "--account", "shop", "--as-of", "foo"), "'foo' is not a day: write it as year, month and day"),
    ],
)
def test_the_message_for_an_invalid_command_line_says_what_is_expected(invoke, claims, arguments, message):
    boxed = invoke(*arguments).err
    assert message in " ".join(boxed.replace("│", "").split())
    assert "isoformat" not in boxed


def test_an_unknown_account_is_reported_with_a_suggestion_and_how_to_list_all(invoke, shop):
    for command in (
        ("explain", "late_shipment_rate", "--account", "shoop"),
        ("imports", "--account", "shoop"),
        ("reclassify", "--account", "shoop"),
        ("account", "erase", "shoop"),
    ):
        done = invoke(*command)
        assert done.exit_code == 1
        assert done.err == ("NOT_FOUND: There is no account 'shoop'. Did you mean shop? `sellerhealth account list` lists them all.\n"), (
            command
        )


@pytest.fixture
def fault(monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("with a secret in it")

    monkeypatch.setattr("sellerhealth.cli.database.open_database", fail)


def test_an_unexpected_error_is_reported_without_traceback_and_with_a_stable_id(invoke, fault):
    first, second = invoke("imports"), invoke("imports")
    assert first.exit_code == 1
    assert "RuntimeError" in first.err
    assert "--debug" in first.err
    assert "Traceback" not in first.err
    assert "secret" not in first.err
    assert first.err == second.err != invoke("account", "list").err


def test_debug_raises_the_error(folder, fault, monkeypatch):
    from typer.testing import CliRunner

    from sellerhealth.cli import app

    assert isinstance(CliRunner().invoke(app, ["--debug", "imports"]).exception, RuntimeError)
    assert isinstance(CliRunner().invoke(app, ["--debug", "import", "--template", "nonsense"]).exception, NotFound)


OPTION = re.compile(r"(?:^|[\s`(])--[a-z]")


def test_only_the_command_line_names_options_in_messages():
    package = Path(sellerhealth.__file__).parent
    modules = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] != "cli"]
    assert len(modules) > 50
    for module in modules:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                assert not OPTION.search(node.value), f"{module}, line {node.lineno}: the command line adds the option, see `fixes`"
