"""Tokens of an issuer by OpenID Connect: what their claims permit, and which are refused, all alike to whoever sends them."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from sellerhealth.access import Permission
from sellerhealth.app import create_app
from sellerhealth.errors import BadSettings
from sellerhealth.http import issuer_keys
from sellerhealth.http.api_keys import ApiKeys
from sellerhealth.http.authentication import FirstOf
from sellerhealth.http.issuer_keys import IssuerKeys
from sellerhealth.http.oidc import OpenIdConnect, open_id_connect
from sellerhealth.settings import OidcSettings, Settings
from sellerhealth.store.accounts import account_id_of
from sellerhealth.testing import CLOCK
from tests.fuzz import fuzzing
from tests.support.authentication import bearer
from tests.support.issuer import AUDIENCE, issuing, new_key

DOCUMENT = {"query": "{ viewer { name permissions } accounts { nodes { key } } }"}
RSA = RSAKey.generate_key(2048, parameters={"kid": "rsa"})


@pytest.fixture
def issuer(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(issuer_keys, "_WAIT", 60)  # however busy the machine is
    with issuing() as issuer:
        yield issuer


@pytest.fixture
def authenticator(issuer):
    """Makes the authenticator of the issuer, with settings in place of the defaults."""

    def authenticator(**settings):
        return open_id_connect(OidcSettings(**{"issuer": issuer.address, "audience": AUDIENCE} | settings))

    return authenticator


@pytest.fixture
def client(world, built_ins, authenticator):
    either = FirstOf(ApiKeys(world.database), authenticator())
    with TestClient(
        create_app(Settings(clock=CLOCK), either, loaded=built_ins, database=world.database), base_url="http://localhost"
    ) as client:
        yield client


def encoded(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


# ---------------------------------------------------------------- viewers


def test_two_tokens_side_by_side_see_what_is_granted_to_each(world, client, issuer):
    for _ in range(2):
        world.account().save()
    jane = issuer.token(name="Jane")
    every = issuer.token(sub="every", accounts="all", permissions=["read", "write"])
    for _ in range(2):
        assert client.post("/graphql", json=DOCUMENT, headers=bearer(jane)).json()["data"] == {
            "viewer": {"name": "Jane", "permissions": ["READ"]},
            "accounts": {"nodes": [{"key": "seller-1"}]},
        }
        data = client.post("/graphql", json=DOCUMENT, headers=bearer(every)).json()["data"]
        assert data["viewer"] == {"name": "every", "permissions": ["READ", "WRITE"]}
        assert [node["key"] for node in data["accounts"]["nodes"]] == ["seller-1", "seller-2"]


def test_an_account_that_is_created_later_is_granted_as_well(world, client, issuer):
    token = issuer.token(accounts=["seller-1", "seller-2"])
    seen = []
    for _ in range(3):
        world.account().save()
        data = client.post("/graphql", json=DOCUMENT, headers=bearer(token)).json()["data"]
        seen.append([node["key"] for node in data["accounts"]["nodes"]])
    assert seen == [["seller-1"], ["seller-1", "seller-2"], ["seller-1", "seller-2"]]


def test_a_viewer_has_an_id_that_never_changes_and_names_nobody(authenticator, issuer):
    known = authenticator()
    jane, again = (known.viewer_of(issuer.token(sub="jane@example.com", exp=int(time.time()) + more)) for more in (60, 600))
    assert jane.id == again.id != known.viewer_of(issuer.token(sub="joe@example.com")).id
    assert jane.id.startswith("oidc:")
    assert "jane" not in jane.id
    assert again.expires_at - jane.expires_at == dt.timedelta(seconds=540)


@pytest.mark.parametrize(
    ("settings", "claims", "permissions", "accounts"),
    [
        ({}, {"permissions": ["Read", "WRITE", "fly"]}, {Permission.READ, Permission.WRITE}, ["seller-1"]),
        ({}, {"permissions": "read admin"}, {Permission.READ, Permission.ADMIN}, ["seller-1"]),
        ({}, {"permissions": None, "accounts": None}, set(), []),
        ({}, {"accounts": "a shop with spaces"}, {Permission.READ}, ["a shop with spaces"]),
        ({}, {"accounts": []}, {Permission.READ}, []),
        ({}, {"accounts": ["all", "seller-1"]}, {Permission.READ}, None),
        ({"permissions_claim": "scope"}, {"scope": "openid profile read", "permissions": ["admin"]}, {Permission.READ}, ["seller-1"]),
        (
            {"permissions_claim": "resource_access.sellerhealth.roles", "accounts_claim": "https://shop.example/accounts"},
            {"resource_access": {"sellerhealth": {"roles": ["write"]}}, "https://shop.example/accounts": ["b"]},
            {Permission.WRITE},
            ["b"],
        ),
        ({"permissions_claim": "resource_access.sellerhealth.roles"}, {"resource_access": ["admin"]}, set(), ["seller-1"]),
    ],
)
def test_claims_say_what_a_viewer_may_do(authenticator, issuer, settings, claims, permissions, accounts):
    viewer = authenticator(**settings).viewer_of(issuer.token(**claims))
    assert viewer.permissions == permissions
    assert viewer.granted == (None if accounts is None else {account_id_of(key) for key in accounts})


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Jane", "Jane"), (None, "jane"), (" ", "jane"), (["Jane"], "jane"), ("J" * 1_000, "J" * 100), ("Jane \ud83d", "Jane ?")],
)
def test_a_viewer_is_shown_by_name(authenticator, issuer, name, shown):
    assert authenticator().viewer_of(issuer.token(name=name)).name == shown


# ---------------------------------------------------------------- refused tokens


def with_algorithm_none(issuer):
    return f"{encoded({'alg': 'none'})}.{encoded(issuer.claims())}."


def with_the_public_key_as_a_secret(issuer):
    """Signed with HMAC, with the public key in each form that a careless server might take for the secret."""
    signed = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{encoded(issuer.claims())}"
    secret = issuer.key.as_pem(private=False)
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def encrypted(issuer):
    return jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A128GCM"}, json.dumps(issuer.claims()), ECKey.generate_key("P-256"))


def changed(issuer):
    header, _, signature = issuer.token().split(".")
    return f"{header}.{encoded(issuer.claims(accounts='all'))}.{signature}"


def foreign(**header):
    """Signed with a key of a stranger, which the header names in one way or another."""
    key = new_key("first")
    return lambda issuer: issuer.token({"jwk": key.as_dict(private=False), **header}, key)


def now():
    return int(time.time())


REFUSED = {
    "algorithm none": (with_algorithm_none, "UnsupportedAlgorithmError"),
    "algorithm none, in capitals": (
        lambda issuer: with_algorithm_none(issuer).replace(encoded({"alg": "none"}), encoded({"alg": "NONE"})),
        "Unsup",
    ),
    "public key as a secret": (with_the_public_key_as_a_secret, "UnsupportedAlgorithmError"),
    "algorithm that is not allowed": (lambda issuer: issuer.token({"alg": "PS256"}, RSA), "UnsupportedAlgorithmError"),
    "algorithm of another kind of key": (lambda issuer: issuer.token({"alg": "RS256", "kid": "first"}, RSA), "InvalidKeyTypeError"),
    "key of a stranger": (foreign(), "BadSignatureError"),
    "key at an address": (foreign(jku="http://127.0.0.1:1/keys", x5u="http://127.0.0.1:1/keys"), "BadSignatureError"),
    "key id that is a path": (foreign(kid="../../../../dev/null"), "InvalidKeyIdError"),
    "key id that is SQL": (foreign(kid="first' OR '1'='1"), "InvalidKeyIdError"),
    "key id that is no text": (
        lambda issuer: f"{encoded({'alg': 'ES256', 'kid': ['first']})}.{encoded(issuer.claims())}.AA",
        "InvalidHeaderValue",
    ),
    "key that is made for encryption": (lambda issuer: publishing_for_encryption(issuer), "InvalidKeyIdError"),
    "critical header": (lambda issuer: f"{encoded({'alg': 'ES256', 'crit': ['x'], 'x': 1})}.{encoded({})}.AA", "Header"),
    "encrypted": (encrypted, None),
    "changed": (changed, "BadSignatureError"),
    "signature left out": (lambda issuer: issuer.token().rpartition(".")[0] + ".", "BadSignatureError"),
    "other issuer": (lambda issuer: issuer.token(iss=f"{issuer.address}/"), "InvalidClaimError of iss"),
    "no issuer": (lambda issuer: issuer.token(iss=None), "MissingClaimError of iss"),
    "other audience": (lambda issuer: issuer.token(aud="another API"), "InvalidClaimError of aud"),
    "other audiences": (lambda issuer: issuer.token(aud=["another API", AUDIENCE.upper()]), "InvalidClaimError of aud"),
    "no audience": (lambda issuer: issuer.token(aud=[]), "InvalidClaimError of aud"),
    "no subject": (lambda issuer: issuer.token(sub=None), "MissingClaimError of sub"),
    "empty subject": (lambda issuer: issuer.token(sub=""), "InvalidClaimError of sub"),
    "expired": (lambda issuer: issuer.token(exp=now() - 61), "ExpiredTokenError of exp"),
    "never expires": (lambda issuer: issuer.token(exp=None), "MissingClaimError of exp"),
    "expires at a text": (lambda issuer: issuer.token(exp="2099-01-01"), "InvalidClaimError of exp"),
    "expires after the calendar": (lambda issuer: issuer.token(exp=10**15), "Error"),
    "expires after any calendar": (lambda issuer: issuer.token(exp=10**400), "OverflowError"),
    "not yet valid": (lambda issuer: issuer.token(nbf=now() + 65), "InvalidClaimError of nbf"),
    "issued in the future": (lambda issuer: issuer.token(iat=now() + 65), "InvalidClaimError of iat"),
    "for a logout": (lambda issuer: issuer.token({"typ": "logout+jwt"}), "it is of a type that is not for authentication"),
    "accounts that are no texts": (
        lambda issuer: issuer.token(accounts=[1]),
        "its claim accounts holds neither a text nor a list of texts",
    ),
    "accounts by name": (lambda issuer: issuer.token(accounts={"seller-1": True}), "its claim accounts holds neither"),
    "permissions that are no texts": (lambda issuer: issuer.token(permissions=7), "its claim permissions holds neither"),
    "half a character": (lambda issuer: issuer.token(accounts=["\ud83d"]), "UnicodeEncodeError"),
    "too long": (lambda issuer: issuer.token(padding="x" * 20_000), "it is longer than 16,384 characters"),
    "claims that are a list": (lambda issuer: issuer.sign({"alg": "ES256", "kid": "first"}, b"[]"), "InvalidPayloadError"),
    "claims in claims without end": (
        lambda issuer: issuer.sign({"alg": "ES256", "kid": "first"}, b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
        "it is longer than",
    ),
    "claims in claims": (
        lambda issuer: issuer.sign({"alg": "ES256", "kid": "first"}, b"[" * 5_000 + b"]" * 5_000),
        "RecursionError",
    ),
    "claims that are no JSON": (lambda issuer: issuer.sign({"alg": "ES256", "kid": "first"}, b"\xff"), "InvalidPayloadError"),
}


def publishing_for_encryption(issuer):
    token = issuer.token()
    issuer.published = [{**issuer.published[0], "use": "enc"}, new_key("other").as_dict(private=False)]
    return token


@pytest.mark.parametrize(("make", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_token_is_refused_and_logged_without_its_content(issuer, authenticator, make, reason):
    token = make(issuer)
    known = authenticator()
    with capture_logs() as lines:
        assert known.viewer_of(token) is None
    reasons = [line["reason"] for line in lines if line["event"] == "token_refused"]
    assert len(reasons) == (reason is not None)
    assert all(reason in each for each in reasons)
    assert not any(part in str(lines) for part in ("seller-1", "jane", "dev/null", "OR '1'", *token.split(".")) if len(part) > 2)


def test_every_bad_token_has_the_same_answer(client, issuer):
    tokens = [with_algorithm_none(issuer), issuer.token(exp=1), issuer.token(aud="another API"), foreign()(issuer), "rubbish", "a.b.c"]
    answers = [client.post("/graphql", json=DOCUMENT, headers=bearer(token)) for token in tokens]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["WWW-Authenticate"] for answer in answers}) == 1
    assert answers[0].json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize(
    ("settings", "token"),
    [
        ({}, lambda issuer: issuer.token(exp=now() - 50)),
        ({}, lambda issuer: issuer.token(nbf=now() + 50, iat=now() + 50)),
        ({}, lambda issuer: issuer.token(aud=["another API", AUDIENCE])),
        ({}, lambda issuer: issuer.token({"typ": "at+JWT"})),
        ({}, lambda issuer: issuer.token({"typ": "application/at+jwt", "x-unknown": "ignored"})),
        ({}, lambda issuer: issuer.token({"kid": None})),
        ({"leeway": 0}, lambda issuer: issuer.token(exp=now() + 2)),
    ],
)
def test_a_good_token_may_look_different(authenticator, issuer, settings, token):
    assert authenticator(**settings).viewer_of(token(issuer)).granted == {account_id_of("seller-1")}


def test_without_leeway_a_token_is_refused_when_it_expires(authenticator, issuer):
    assert authenticator(leeway=0).viewer_of(issuer.token(exp=now())) is None


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", RSA),
        ("PS512", RSA),
        ("ES384", ECKey.generate_key("P-384", parameters={"kid": "ec"})),
        ("Ed25519", OKPKey.generate_key("Ed25519", parameters={"kid": "okp"})),
    ],
)
def test_an_algorithm_is_allowed_by_the_settings(authenticator, issuer, algorithm, key):
    issuer.published.append(key.as_dict(private=False))
    token = issuer.token({"alg": algorithm}, key)
    assert authenticator(algorithms=[algorithm]).viewer_of(token) is not None
    assert authenticator(algorithms=["ES256"]).viewer_of(token) is None
    issuer.published[-1]["alg"] = "RS384"  # the issuer says what its key is for
    assert authenticator(algorithms=[algorithm]).viewer_of(token) is None


@fuzzing(short=200)
@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "zip"]), st.from_type(object) | st.text(), max_size=4),
    st.binary(max_size=30),
    st.sampled_from(["ES256", "RS256", "none", None]),
)
def test_no_header_and_no_payload_is_an_error_of_the_server(header, payload, algorithm):
    key = new_key()
    known = OpenIdConnect(
        OidcSettings(issuer="https://issuer.example", audience=AUDIENCE),
        IssuerKeys(lambda: {"keys": [key.as_dict(private=False)]}),
    )
    try:
        text = json.dumps(header | ({} if algorithm is None else {"alg": algorithm}))
    except (TypeError, ValueError):
        return
    assert known.viewer_of(f"{encoded(text.encode())}.{encoded(payload)}.AA") is None


# ---------------------------------------------------------------- keys


def test_a_new_key_of_the_issuer_is_found(authenticator, issuer, monkeypatch):
    monkeypatch.setattr(issuer_keys, "PAUSE", 0)
    known = authenticator()
    old = issuer.token()
    issuer.rotate("second")
    assert known.viewer_of(old) is not None  # its key is still kept
    assert known.viewer_of(issuer.token()) is not None
    assert known.viewer_of(old) is None
    assert issuer.asked.count("/keys") == 3


def test_an_issuer_that_is_down_is_no_reason_to_refuse_a_token_whose_key_is_kept(authenticator, issuer, monkeypatch):
    monkeypatch.setattr(issuer_keys, "PAUSE", 0)
    known = authenticator()
    issuer.answers["/keys"] = 503, b""
    assert known.viewer_of(issuer.token({"kid": "unknown"})) is None
    assert known.viewer_of(issuer.token()) is not None


def test_a_server_starts_while_its_issuer_is_down_and_lets_in_when_it_is_back(authenticator, issuer, monkeypatch):
    monkeypatch.setattr(issuer_keys, "PAUSE", 0)
    issuer.answers["/keys"] = 503, b""
    with capture_logs() as lines:
        known = authenticator()
    assert [line["event"] for line in lines] == ["issuer_keys_not_fetched"]
    assert known.viewer_of(issuer.token()) is None
    issuer.answers.clear()
    assert known.viewer_of(issuer.token()) is not None


def test_what_is_no_token_of_an_issuer_is_left_to_others_and_asks_nobody(authenticator, issuer):
    known = authenticator()
    asked = len(issuer.asked)
    with capture_logs() as lines:
        assert [known.viewer_of(text) for text in (None, "", "ahk_key", "a.b", "a.b.c.d", "a.b.c.d.e")] == [None] * 6
    assert lines == []
    assert len(issuer.asked) == asked


def test_keys_in_a_file_need_no_issuer(authenticator, issuer, tmp_path, monkeypatch):
    monkeypatch.setattr(issuer_keys, "PAUSE", 0)
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": issuer.published}))
    known = authenticator(jwks_file=file)
    assert known.viewer_of(issuer.token()) is not None
    issuer.rotate("second")
    assert known.viewer_of(issuer.token()) is None
    file.write_text(json.dumps({"keys": issuer.published}))
    assert known.viewer_of(issuer.token()) is not None
    assert issuer.asked == []


def test_a_file_without_keys_is_an_error_of_the_settings(authenticator, tmp_path):
    file = tmp_path / "keys.json"
    with pytest.raises(BadSettings, match=r"The setting oidc\.jwks_file cannot be used: .*keys\.json is not a file"):
        authenticator(jwks_file=file)
    file.write_text('{"keys": []}')
    with pytest.raises(BadSettings, match="publishes no key for signatures"):
        authenticator(jwks_file=file)
