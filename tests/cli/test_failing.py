"""Failures are one clear message on the error output, with a code to the shell."""

import sys

import pytest

from sellerhealth.errors import NotFound


def test_an_error_is_one_message_with_its_code(invoke):
    done = invoke("explain", "late_shipment_rat", "--account", "shop")
    assert (done.exit_code, done.out) == (1, "")
    assert done.err == "NOT_FOUND: There is no metric 'late_shipment_rat'. Did you mean late_shipment_rate?\n"


def test_a_setting_that_is_wrong_is_named(invoke, monkeypatch):
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
def test_what_is_not_written_correctly_ends_with_2_and_changes_nothing(invoke, claims, arguments):
    done = invoke(*arguments)
    assert (done.exit_code, done.out) == (2, "")
    assert "Usage: " in done.err
    assert "Traceback" not in done.err
    assert invoke("account", "list").rows() == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("import",), "at least one file"),
        (("import", "claims.csv"), "with --account KEY"),
        (("import", "claims.csv", "--account", "shop", "--create"), "with --name"),
        (("import", "claims.csv", "--account", "shop", "--observed-at", "yesterday"), "'yesterday' is not an instant: write it"),
        (("import", "claims.csv", "--account", "shop", "--observed-at", "2026-03-01"), "for example 2026-03-01T09:30:00Z"),
        (("explain", "late_shipment_rate", "--account", "shop", "--as-of", "foo"), "'foo' is not a day: write it as year, month and day"),
    ],
)
def test_each_mistake_has_a_message_that_says_what_is_expected(invoke, claims, arguments, told):
    framed = invoke(*arguments).err
    assert told in " ".join(framed.replace("│", "").split())
    assert "isoformat" not in framed


def test_an_account_that_is_not_there_is_told_with_the_nearest_and_the_way_to_all(invoke, shop):
    for command in (
        ("explain", "late_shipment_rate", "--account", "shoop"),
        ("imports", "--account", "shoop"),
        ("reclassify", "--account", "shoop"),
        ("account", "erase", "shoop"),
    ):
        done = invoke(*command)
        assert done.exit_code == 1
        assert done.err == ("NOT_FOUND: There is no account 'shoop'. Did you mean shop? `sellerhealth account list` names them all.\n"), (
            command
        )


@pytest.mark.parametrize("command", [("imports",), ("migrate",)])
def test_a_driver_that_is_missing_is_named_with_how_to_install_it(invoke, monkeypatch, command):
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed
    for url in ("postgresql+psycopg://owner:secret@localhost/shop", "postgresql://owner:secret@localhost/shop"):
        monkeypatch.setenv("SELLERHEALTH_DATABASE", url)
        done = invoke(*command)
        assert done.exit_code == 1
        assert done.err.startswith("BAD_SETTINGS: The setting `database`")
        assert "pip install 'sellerhealth[postgresql]'" in done.err
        assert "secret" not in done.err


@pytest.mark.parametrize("kind", ["mysql", "postgresql+psycopg2", "sqlite+aiosqlite", "nonsense"])
def test_a_kind_of_database_that_is_not_supported_is_told_with_those_that_are(invoke, monkeypatch, kind):
    monkeypatch.setenv("SELLERHEALTH_DATABASE", f"{kind}://owner:secret@localhost/shop")
    done = invoke("imports")
    assert done.exit_code == 1
    assert done.err.startswith(f"BAD_SETTINGS: The setting `database` begins with {kind}://")
    assert "sqlite:///" in done.err
    assert "postgresql+psycopg://" in done.err
    assert "secret" not in done.err


@pytest.fixture
def fault(monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("with a secret in it")

    monkeypatch.setattr("sellerhealth.cli.opening.opened", fail)


def test_a_fault_is_told_without_its_trace_and_each_time_with_the_same_id(invoke, fault):
    first, second = invoke("imports"), invoke("imports")
    assert first.exit_code == 1
    assert "RuntimeError" in first.err
    assert "--debug" in first.err
    assert "Traceback" not in first.err
    assert "secret" not in first.err
    assert first.err == second.err != invoke("account", "list").err


def test_debug_lets_a_fault_and_an_error_through(folder, fault, monkeypatch):
    from typer.testing import CliRunner

    from sellerhealth.cli import app

    assert isinstance(CliRunner().invoke(app, ["--debug", "imports"]).exception, RuntimeError)
    assert isinstance(CliRunner().invoke(app, ["--debug", "import", "--template", "nonsense"]).exception, NotFound)


def test_a_database_that_cannot_be_opened_is_named(invoke, monkeypatch, claims):
    monkeypatch.setenv("SELLERHEALTH_DATABASE", "sqlite:///no/such/folder/store.db")
    assert "sqlite:///no/such/folder/store.db" in invoke("imports").err
    monkeypatch.setenv("SELLERHEALTH_DATABASE", f"sqlite:///{claims}")
    done = invoke("imports")
    assert done.err.startswith("STORE_NOT_READY: ")
    assert done.exit_code == 1


def test_a_file_of_a_newer_version_is_refused(invoke, folder):
    import sqlite3

    connection = sqlite3.connect(folder / "sellerhealth.db")
    connection.execute("UPDATE alembic_version SET version_num = 'later'")
    connection.commit()
    connection.close()
    for command in ("imports", "migrate"):
        assert "newer version" in invoke(command).err


def test_a_server_database_that_is_behind_is_refused_but_migrated_on_demand(folder, monkeypatch):
    from sellerhealth.cli.opening import bring_up_to_date, make_ready
    from sellerhealth.errors import StoreNotReady
    from sellerhealth.store.database import Database

    database = Database(f"sqlite:///{folder / 'another.db'}")
    database.is_sqlite = False  # as any server database is treated
    with pytest.raises(StoreNotReady, match="sellerhealth migrate"):
        make_ready(database)
    bring_up_to_date(database)
    make_ready(database)
    database.close()
