"""The keys of an issuer: which are usable, when they are fetched, and for how long they are kept."""

import base64
import json
import threading
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from structlog.testing import capture_logs

from sellerhealth.http import issuer_keys
from sellerhealth.http.issuer_keys import FRESH, KEPT, PAUSE, IssuerFault, IssuerKeys, discover, read_key_set, usable_keys
from tests.support.issuer import issuing, new_key


class Source:
    """Fetches keys by a clock that the test sets, and counts how often."""

    def __init__(self):
        self.now, self.fetched, self.kids, self.is_down = 0.0, 0, ["first"], False
        self.keys = IssuerKeys(self.fetch, lambda: self.now)

    def fetch(self):
        self.fetched += 1
        if self.is_down:
            raise IssuerFault("it is down")
        return {"keys": [new_key(kid).as_dict(private=False) for kid in self.kids]}

    def find(self, kid="first"):
        return [key.kid for key in self.keys.find(kid)]


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Fetches are waited for, however busy the machine is."""
    monkeypatch.setattr(issuer_keys, "_WAIT", 60)


@pytest.fixture
def source():
    return Source()


def test_keys_are_fetched_once_and_again_when_they_are_no_longer_fresh(source):
    assert source.find() == source.find() == source.find(None) == ["first"]
    source.now = FRESH
    assert (source.find(), source.fetched) == (["first"], 1)
    source.kids = ["first", "second"]
    source.now = FRESH + 1
    assert (source.find(), source.fetched) == (["first", "second"], 2)


def test_an_unknown_key_is_looked_for_once_in_a_while_whatever_is_asked_for(source):
    source.find()
    source.now, source.kids = PAUSE - 1, ["second"]
    assert (source.find("second"), source.fetched) == (["first"], 1)
    source.now = PAUSE
    assert (source.find("second"), source.fetched) == (["second"], 2)
    for number in range(100):
        source.find(f"made-up-{number}")
    assert source.fetched == 2


def test_keys_are_kept_while_the_issuer_is_down_but_not_for_ever(source):
    source.find()
    source.is_down, source.now = True, FRESH + 1
    with capture_logs() as lines:
        assert source.find() == ["first"]
    assert [(line["event"], line["reason"]) for line in lines] == [("issuer_keys_not_fetched", "it is down")]
    assert (source.find(), source.fetched) == (["first"], 2)  # not asked again at once
    source.now = KEPT
    assert source.find() == ["first"]
    source.now = KEPT + 1
    with pytest.raises(IssuerFault, match="there are no keys"):
        source.find()
    source.is_down, source.now = False, KEPT + PAUSE + 1
    assert source.find() == ["first"]


def test_without_any_key_an_issuer_is_asked_again_after_a_pause(source):
    source.is_down = True
    for _ in range(3):
        with pytest.raises(IssuerFault, match="there are no keys"):
            source.find()
    assert source.fetched == 1
    source.is_down, source.now = False, PAUSE
    assert source.find() == ["first"]


def test_one_thread_fetches_while_others_go_on_with_a_key_that_they_have_or_wait(source):
    started, finish = threading.Event(), threading.Event()
    plain = source.fetch

    def slowly():
        started.set()
        finish.wait(10)
        return plain()

    source.find()
    source.keys._fetch, source.kids, source.now = slowly, ["first", "second"], FRESH + 1
    found = []
    fetching = threading.Thread(target=lambda: found.append(source.find()))
    fetching.start()
    assert started.wait(10)
    assert source.find() == ["first"]
    waiting = threading.Thread(target=lambda: found.append(source.find("second")))
    waiting.start()
    finish.set()
    fetching.join()
    waiting.join()
    assert found == [["first", "second"]] * 2
    assert source.fetched == 2


def test_a_fetch_that_takes_long_is_waited_for_once_and_holds_nobody(source, monkeypatch):
    finish, plain = threading.Event(), source.fetch

    def slowly():
        finish.wait(60)
        return plain()

    source.find()
    monkeypatch.setattr(issuer_keys, "_WAIT", 0.05)
    source.keys._fetch, source.kids, source.now = slowly, ["first", "second"], PAUSE
    assert source.find("second") == ["first"]  # began it, and did not wait for its end
    source.now += 0.05
    began = time.monotonic()
    for _ in range(1000):
        assert source.find("made-up") == ["first"]
    assert time.monotonic() - began < 1000 * 0.05
    finish.set()
    assert source.keys._is_done.wait(60)
    assert (source.find("second"), source.fetched) == (["first", "second"], 2)


@pytest.mark.parametrize(
    "key",
    [
        RSAKey.generate_key(2048),
        ECKey.generate_key("P-256"),
        ECKey.generate_key("P-521"),
        OKPKey.generate_key("Ed25519"),
    ],
    ids=["RSA", "P-256", "P-521", "Ed25519"],
)
def test_keys_for_signatures_are_usable(key):
    public = key.as_dict(private=False)
    for known in (public, public | {"kid": "a", "use": "sig"}):
        assert len(usable_keys({"keys": [{"kty": "AKP", "pub": "later"}, "x", {**public, "use": "enc"}, known]}).keys) == 1


def _number(number):
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode().rstrip("=")


_NUMBERS = rsa.generate_private_key(public_exponent=65_537, key_size=1_024).public_key().public_numbers()
SHORT = {"kty": "RSA", "n": _number(_NUMBERS.n), "e": _number(_NUMBERS.e)}


@pytest.mark.filterwarnings("ignore:Key size should be:joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "key_set",
    [
        None,
        [],
        {},
        {"keys": {}},
        {"keys": []},
        {"keys": [None, 1, {}]},
        {"keys": [OctKey.generate_key(256).as_dict(private=True)]},
        {"keys": [{**new_key().as_dict(private=False), "use": "enc"}]},
        {"keys": [{**new_key().as_dict(private=False), "x": "AA"}]},
        {"keys": [{**new_key().as_dict(private=False), "x": 7}]},
        {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]},
        {"keys": [SHORT]},
        {"keys": [{"kty": "EC", "crv": "P-257", "x": "AA", "y": "AA"}]},
    ],
)
def test_other_keys_are_not_usable(key_set):
    with pytest.raises(IssuerFault, match="publishes no key for signatures"):
        usable_keys(key_set)


@pytest.fixture
def issuer(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with issuing() as issuer:
        yield issuer


def test_the_keys_of_an_issuer_are_where_its_description_says(issuer):
    assert discover(issuer.address) == {"keys": issuer.published}
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize(
    ("path", "answer", "reason"),
    [
        ("/.well-known/openid-configuration", (404, b"{}"), "answers with the status 404"),
        ("/.well-known/openid-configuration", (302, b"/keys"), "answers with the status 302"),
        ("/.well-known/openid-configuration", (200, b"<html>"), "cannot be read: JSONDecodeError"),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000), "cannot be read: RecursionError"),
        (
            "/.well-known/openid-configuration",
            (200, b'{"issuer": "https://other.example", "jwks_uri": "ISSUER/keys"}'),
            "does not describe",
        ),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "ISSUER"}'), "names no address of keys that begins with https"),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "ISSUER", "jwks_uri": "http://keys.example"}'), "begins with https"),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"}'), "begins with https"),
        ("/keys", (500, b""), "answers with the status 500"),
        ("/keys", (200, b" " * 1_000_001), "answers with more than 1,000,000 bytes"),
    ],
)
def test_an_issuer_that_answers_otherwise_is_at_fault(issuer, path, answer, reason):
    status, body = answer
    issuer.answers[path] = status, body.replace(b"ISSUER", issuer.address.encode())
    with pytest.raises(IssuerFault, match=reason):
        discover(issuer.address)


def test_an_issuer_that_cannot_be_reached_or_says_nothing_is_at_fault(issuer, monkeypatch):
    with pytest.raises(IssuerFault, match="cannot be read: ConnectError"):
        discover("http://127.0.0.1:1")
    monkeypatch.setattr(issuer_keys, "_TIMEOUT", 0.05)
    answer, silent = issuer.answer, threading.Event()
    issuer.answer = lambda path: silent.wait(10) and answer(path)
    try:
        with pytest.raises(IssuerFault, match="cannot be read: ReadTimeout"):
            discover(issuer.address)
    finally:
        issuer.answer = answer
        silent.set()


def test_an_issuer_that_trickles_is_at_fault(issuer, monkeypatch):
    monkeypatch.setattr(issuer_keys, "_DEADLINE", 0.1)
    issuer.pause = 0.02
    with pytest.raises(IssuerFault, match=r"takes longer than 0\.1 seconds to answer"):
        discover(issuer.address)


def test_keys_can_be_in_a_file(tmp_path):
    file = tmp_path / "keys.json"
    key_set = {"keys": [new_key().as_dict(private=False)]}
    file.write_text(json.dumps(key_set))
    assert read_key_set(file) == key_set
    file.write_text("no keys")
    for unreadable in (file, tmp_path, tmp_path / "missing.json"):
        with pytest.raises(IssuerFault, match="is not a file with a JSON Web Key Set"):
            read_key_set(unreadable)
