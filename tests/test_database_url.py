"""URLs of databases are read as users write them, and no part of a password is ever shown."""

import pytest

from sellerhealth.database_url import has_password, read_database_url, redacted
from sellerhealth.errors import BadSettings
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "POSTGRESQL", "Postgres"])
def test_every_way_to_name_postgresql_is_accepted(scheme: str) -> None:
    url = read_database_url(f"{scheme}://owner:secret@host:5433/shop?sslmode=require")
    assert (url.drivername, url.username, url.password, url.host, url.port) == ("postgresql+psycopg", "owner", "secret", "host", 5433)
    assert redacted(url) == "postgresql://owner:***@host:5433/shop?sslmode=require"


def test_a_file_may_have_any_name() -> None:
    assert read_database_url("sqlite:///a@b@c%d.db").database == "a@b@c%d.db"
    assert redacted(read_database_url("SQLite:///store.db")) == "sqlite:///store.db"


def test_escaped_characters_are_those_of_the_password() -> None:
    assert read_database_url("postgres://me:%40%3A%2F%23%3F%25@host/shop").password == "@:/#?%"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://me:key@secret@host/shop",
        "postgres://me:key@sec:secret@host/shop",
        "postgres://me:key@sec/secret@host/shop",
        "postgres://me:key@sec?secret@host/shop",
        "postgres://me:key@sec#secret@host/shop",
        "postgres://me/you:secret@host/shop",
        "postgres://me:secret/host/shop",
        "postgres://me:secret",
        "postgres://me:secret%@host/shop",
        "postgres://me:%secret@host/shop",
        "postgres://me:key@..secret/shop",
        "postgres:/me:secret@host/shop",
        "me:secret@host://shop",
        "secret",
    ],
)
def test_a_url_whose_password_is_not_escaped_is_refused_and_none_of_it_is_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLERHEALTH_DATABASE", url)
    for use in (Settings, lambda: Database(url)):
        with pytest.raises(BadSettings) as refused:
            use()
        assert "database" in str(refused.value)
        assert "secret" not in str(refused.value)
        assert "key" not in str(refused.value)
        assert ("@ as %40" in str(refused.value)) == url.startswith("postgres://")
        assert refused.value.__suppress_context__  # no traceback shows it either


@pytest.mark.parametrize("url", ["postgres://me:se/c#r:e?t@host/shop", "postgres:///shop?host=/run/it&user=me&password=se/c#r:e?t"])
def test_a_password_is_shown_nowhere(url: str) -> None:
    read = read_database_url(url)
    assert has_password(read)
    for part in ("se/", "c#r", "e?t", "%23"):
        assert part not in redacted(read)
    assert not has_password(read_database_url("postgres://me@host/shop"))
