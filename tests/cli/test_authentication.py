"""Who is let in by a server: keys of the store, one for the process, everybody on loopback, or nobody at all."""

import datetime as dt
import json
import sys
from contextlib import nullcontext

import pytest

from sellerhealth.access import OWNER, Permission
from sellerhealth.cli.authentication import choose_admission
from sellerhealth.errors import BadSettings, Unprotected
from sellerhealth.settings import Settings
from sellerhealth.store import api_keys
from tests.support.issuer import new_key

LOOPBACK = ["127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1", "127.1.2.3"]
ELSEWHERE = ["0.0.0.0", "::", "::ffff:0.0.0.0", "", "192.168.0.1", "localhost.shop.example", "127.1"]
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def store_key(database):
    """Stores a key for everything."""

    def store_key(**columns):
        with database.writing() as connection:
            return api_keys.create(connection, name="Mine", permissions=frozenset(Permission), account_ids=None, created_at=NOW, **columns)

    return store_key


def choose(database, host, *, is_open=False):
    return chosen(Settings(host=host), database, is_open=is_open)


def chosen(settings, database, *, is_open):
    """The authenticator of a server, and the key that was made for it."""
    admission = choose_admission(settings, database, is_open=is_open)
    return admission.authenticator(settings, database), admission.own_key


@pytest.mark.parametrize("host", LOOPBACK)
def test_on_loopback_a_key_is_made_unless_the_store_has_one(database, store_key, host):
    authenticator, key = choose(database, host)
    assert authenticator.viewer_of(key) == OWNER
    assert authenticator.viewer_of(None) is None
    _, another = choose(database, host)
    assert authenticator.viewer_of(another) is None
    stored = store_key()
    assert authenticator.viewer_of(stored).name == "Mine"  # by a server that runs already as well
    authenticator, key = choose(database, host)
    assert key is None
    assert authenticator.viewer_of(stored).name == "Mine"


@pytest.mark.parametrize("host", LOOPBACK)
def test_an_open_server_on_loopback_asks_nobody(database, store_key, host):
    store_key()
    authenticator, key = choose(database, host, is_open=True)
    assert (key, authenticator.viewer_of(None)) == (None, OWNER)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_elsewhere_a_server_needs_a_valid_key(database, store_key, host):
    store_key(expires_at=NOW - dt.timedelta(seconds=1))
    revoked = store_key()
    with database.writing() as connection:
        api_keys.revoke(connection, api_keys.key_id_of(revoked), NOW)
    with pytest.raises(Unprotected, match="`sellerhealth token create`"):
        choose(database, host)
    stored = store_key()
    authenticator, key = choose(database, host)
    assert (key, authenticator.viewer_of(stored).name) == (None, "Mine")


@pytest.mark.parametrize("host", ELSEWHERE)
def test_elsewhere_no_server_is_open(database, store_key, host):
    store_key()
    with pytest.raises(Unprotected, match="Leave --open out"):
        choose(database, host, is_open=True)


def test_an_open_server_shows_nothing_to_the_pages_of_any_site(database):
    for origins, is_refused in {("*",): True, ("https://shop.example", "*"): True, ("https://shop.example",): False, (): False}.items():
        refusal = pytest.raises(Unprotected, match="every page that a browser on this machine shows") if is_refused else nullcontext()
        with refusal:
            chosen(Settings(cors_origins=origins), database, is_open=True)
        assert chosen(Settings(cors_origins=origins), database, is_open=False)


@pytest.fixture
def oidc(tmp_path):
    """The settings of an issuer whose keys are in a file."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [new_key().as_dict(private=False)]}))
    return {"issuer": "https://issuer.example", "audience": "sellerhealth", "jwks_file": file}


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_an_issuer_is_enough_and_keys_are_asked_first(database, store_key, host, oidc):
    authenticator, key = chosen(Settings(host=host, oidc=oidc), database, is_open=False)
    assert (key, authenticator.viewer_of(None)) == (None, None)
    assert authenticator.viewer_of(store_key()).name == "Mine"


def test_an_issuer_without_the_extra_is_refused_with_the_remedy(database, oidc, monkeypatch):
    monkeypatch.setitem(sys.modules, "joserfc", None)
    monkeypatch.delitem(sys.modules, "sellerhealth.http.oidc", raising=False)
    monkeypatch.delitem(sys.modules, "sellerhealth.http.issuer_keys", raising=False)
    with pytest.raises(BadSettings, match=r"needs joserfc.*, which is not installed: run `pip install 'sellerhealth\[oidc\]'`"):
        chosen(Settings(oidc=oidc), database, is_open=False)
