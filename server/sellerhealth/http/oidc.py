"""Authentication by the tokens of an OpenID Connect issuer: signed JSON Web Tokens, whose claims say what their bearer may do."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jws import JWSRegistry

from sellerhealth.access import Permission, Viewer
from sellerhealth.errors import BadSettings
from sellerhealth.http.issuer_keys import IssuerFault, IssuerKeys, discover, read_key_set, usable_keys
from sellerhealth.settings import OidcSettings
from sellerhealth.store.accounts import ALL, account_id_of

log = structlog.get_logger(__name__)

MAX_TOKEN = 16_384  # characters
_START = 10  # seconds that a server waits for the keys when it starts
_TYPES = ("jwt", "at+jwt")  # others are not for authentication, such as that of a logout
_MAX_NAME = 100  # characters


class _Refused(Exception):
    """A token that is refused. The message says why, and repeats nothing of it."""


class OpenIdConnect:
    """Knows viewers by the tokens of an issuer. A token that it refuses is logged with the reason, never with what it holds."""

    def __init__(self, settings: OidcSettings, keys: IssuerKeys) -> None:
        self._settings, self._keys = settings, keys
        # Names of the header that are not known are ignored, as the standard says; those in `crit` are refused.
        self._registry = JWSRegistry(algorithms=settings.algorithms, strict_check_header=False)
        self._claims = jwt.JWTClaimsRegistry(
            leeway=settings.leeway,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    def viewer_of(self, token: str | None) -> Viewer | None:
        if token is None or token.count(".") != 2:
            return None  # not a signed token, but perhaps an API key
        try:
            if len(token) > MAX_TOKEN:
                raise _Refused(f"it is longer than {MAX_TOKEN:,} characters")
            decoded = jwt.decode(token, lambda signed: self._keys.find(signed.headers().get("kid")), registry=self._registry)
            if str(decoded.header.get("typ", "JWT")).lower().removeprefix("application/") not in _TYPES:
                raise _Refused("it is of a type that is not for authentication")
            self._claims.validate(decoded.claims)
            return self._viewer(decoded.claims)
        except (_Refused, IssuerFault) as refused:
            reason = str(refused)
        except ClaimError as refused:
            reason = f"{type(refused).__name__} of {refused.claim}"
        except (JoseError, ValueError, TypeError, OverflowError, OSError, RecursionError) as refused:
            reason = type(refused).__name__  # its message may repeat what a stranger has sent
        log.info("token_refused", reason=reason)
        return None

    def _viewer(self, claims: Mapping[str, Any]) -> Viewer:
        accounts = _texts(claims, self._settings.accounts_claim)
        known = {str(permission).lower(): permission for permission in Permission}
        words = [word.lower() for text in _texts(claims, self._settings.permissions_claim) for word in text.split()]
        subject, name = claims["sub"], claims.get("name")
        return Viewer(
            # The subject may be an address of a person, and logs name viewers by their id.
            id=f"oidc:{hashlib.sha256(f'{self._settings.issuer} {subject}'.encode()).hexdigest()[:16]}",
            name=_text(name if isinstance(name, str) and name.strip() else subject)[:_MAX_NAME],
            permissions=frozenset(known[word] for word in words if word in known),
            # The id of an account follows from its key, so accounts that are created later are granted as well.
            granted=None if ALL in accounts else frozenset(map(account_id_of, accounts)),
            expires_at=dt.datetime.fromtimestamp(claims["exp"] + self._settings.leeway, dt.UTC),
        )


def open_id_connect(settings: OidcSettings) -> OpenIdConnect:
    """The authenticator of an issuer. One that is down delays nothing but its tokens. BadSettings if a file of keys cannot be read."""
    file = settings.jwks_file
    if file is not None:
        try:
            usable_keys(read_key_set(file))
        except IssuerFault as fault:
            raise BadSettings(f"The setting oidc.jwks_file cannot be used: {fault}.") from fault
    keys = IssuerKeys(partial(discover, settings.issuer) if file is None else partial(read_key_set, file))
    keys.refresh(_START)  # so the log of the start says what is wrong, and the first token does not wait
    return OpenIdConnect(settings, keys)


def _texts(claims: Mapping[str, Any], name: str) -> Sequence[str]:
    """The texts of a claim, which holds one or a list; none without the claim. _Refused if it holds something else."""
    value = _claim(claims, name)
    if value is None:
        return ()
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _Refused(f"its claim {name} holds neither a text nor a list of texts")
    return texts


def _text(text: str) -> str:
    """A text as it can be sent: JSON can hold halves of characters."""
    return text.encode(errors="replace").decode()


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, else by a path of names with dots between them."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
