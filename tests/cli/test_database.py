"""The database as commands open it: migrated if it is a file, refused with a clear message if it cannot be used."""

import os
import sys

import pytest
import sqlalchemy as sa


@pytest.mark.parametrize("command", [("imports",), ("migrate",)])
def test_a_missing_driver_is_named_with_how_to_install_it(invoke, monkeypatch, command):
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed
    for url in ("postgresql+psycopg://owner:secret@localhost/shop", "postgres://owner:secret@localhost/shop"):
        monkeypatch.setenv("SELLERHEALTH_DATABASE", url)
        done = invoke(*command)
        assert done.exit_code == 1
        assert done.err.startswith("BAD_SETTINGS: The setting `database`")
        assert "pip install 'sellerhealth[postgresql]'" in done.err
        assert "secret" not in done.err


@pytest.mark.parametrize("kind", ["mysql", "postgresql+psycopg2", "sqlite+aiosqlite", "nonsense"])
def test_an_unsupported_database_is_reported_with_the_supported_ones(invoke, monkeypatch, kind):
    monkeypatch.setenv("SELLERHEALTH_DATABASE", f"{kind}://owner:secret@localhost/shop")
    done = invoke("imports")
    assert done.exit_code == 1
    assert done.err.startswith(f"BAD_SETTINGS: The setting `database` begins with {kind}://")
    assert "sqlite:///" in done.err
    assert "postgresql://" in done.err
    assert "secret" not in done.err


def test_a_database_that_cannot_be_opened_is_named(invoke, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_DATABASE", "sqlite:///no/such/folder/store.db")
    assert "sqlite:///no/such/folder/store.db" in invoke("imports").err


def test_a_database_of_a_newer_version_is_refused(invoke, store_url):
    engine = sa.create_engine(store_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    for command in ("imports", "migrate"):
        assert "newer version" in invoke(command).err


@pytest.mark.sqlite_file
@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_a_database_that_others_can_read_is_told_with_the_command_that_changes_it(invoke, folder):
    store = folder / "sellerhealth.db"
    store.chmod(0o644)
    assert f"To keep it to yourself: chmod 600 {store.name}" in invoke("migrate").err
    store.chmod(0o600)
    assert "chmod" not in invoke("migrate").err
