"""The keys of an issuer of tokens: fetched, kept, and fetched again when the issuer changes them."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import structlog
from joserfc.jwk import KeySet, RSAKey, import_key

from sellerhealth.hosts import is_secure_url

log = structlog.get_logger(__name__)

FRESH = 300  # seconds after which keys are fetched again. An issuer should publish a new key this long before it uses it
KEPT = 24 * 3600  # seconds for which keys are kept that cannot be fetched again
PAUSE = 10  # seconds between two fetches at least, whatever key ids strangers make up
_WAIT = 1  # seconds after its start for which requests wait for a fetch: one that takes longer holds no thread that others need
_TIMEOUT = 3  # seconds to connect, and to wait for more
_DEADLINE = 5  # seconds for a whole document
_LARGEST = 1_000_000  # bytes of a document of the issuer
_LEAST_BITS = 2048  # of an RSA key

Fetch = Callable[[], Any]


class IssuerFault(Exception):
    """The keys of an issuer cannot be had. The message says why, for the log."""


class IssuerKeys:
    """Keeps the keys of an issuer. `fetch` gets its JSON Web Key Set, or raises IssuerFault. It runs on a thread of its own."""

    def __init__(self, fetch: Fetch, now: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._now = fetch, now
        self._keys: KeySet | None = None
        self._fetched_at = self._began = self._next_fetch = now()
        self._lock, self._is_done = threading.Lock(), threading.Event()
        self._is_done.set()

    def find(self, kid: str | None) -> KeySet:
        """The keys, among them that with an id, if the issuer has it. Raises IssuerFault without keys.

        An id that is not among them may be that of a new key, so the keys are fetched again, but at most once in `PAUSE` seconds.
        """
        has_key = self._keys is not None and (kid is None or any(key.kid == kid for key in self._keys))
        if not has_key or self._now() - self._fetched_at > FRESH:
            self.refresh(_WAIT, is_needed=not has_key)
        if self._keys is None or self._now() - self._fetched_at > KEPT:
            raise IssuerFault("there are no keys")
        return self._keys

    def refresh(self, wait: float, *, is_needed: bool = True) -> None:
        """Fetches the keys, unless that was just tried, and waits until this many seconds after the start of the fetch.

        While it runs, only those wait for it who need it: others go on with the keys there are.
        """
        with self._lock:
            now = self._now()
            begins = self._is_done.is_set() and now >= self._next_fetch
            if begins:
                self._began, self._next_fetch = now, now + PAUSE  # also after a failure
                self._is_done.clear()
                threading.Thread(target=self._refresh, name="issuer-keys", daemon=True).start()
        if begins or is_needed:
            self._is_done.wait(max(0.0, self._began + wait - self._now()))

    def _refresh(self) -> None:
        try:
            self._keys, self._fetched_at = usable_keys(self._fetch()), self._began
        except IssuerFault as fault:
            log.warning("issuer_keys_not_fetched", reason=str(fault))
        finally:
            self._is_done.set()


def usable_keys(key_set: Any) -> KeySet:
    """The keys of a JSON Web Key Set with which a signature can be checked. Raises IssuerFault when there are none.

    Symmetric keys are none of them: whoever can check such a signature can also make it.
    """
    listed = key_set.get("keys") if isinstance(key_set, dict) else None
    keys = []
    for data in listed if isinstance(listed, list) else ():
        if not isinstance(data, dict) or data.get("kty") not in ("RSA", "EC", "OKP") or data.get("use", "sig") != "sig":
            continue
        try:
            key = import_key(data)
            if isinstance(key, RSAKey) and key.public_key.key_size < _LEAST_BITS:
                raise ValueError(f"it has less than {_LEAST_BITS} bits")
        except Exception as unusable:  # noqa: BLE001 - the library raises anything for an odd key, and the others are still good
            log.warning("issuer_key_not_usable", reason=f"{type(unusable).__name__}: {unusable}")
        else:
            keys.append(key)
    if not keys:
        raise IssuerFault("the issuer publishes no key for signatures")
    return KeySet(keys)


def discover(issuer: str) -> Any:
    """The JSON Web Key Set of an issuer, by OpenID Connect Discovery 1.0."""
    url = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
    configuration = _get(url)
    if not isinstance(configuration, dict) or configuration.get("issuer") != issuer:
        raise IssuerFault(f"{url} does not describe the issuer {issuer}")
    jwks_uri = configuration.get("jwks_uri")
    if not isinstance(jwks_uri, str) or not is_secure_url(jwks_uri):
        raise IssuerFault(f"{url} names no address of keys that begins with https")
    return _get(jwks_uri)


def read_key_set(file: Path) -> Any:
    """The JSON Web Key Set in a file."""
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError) as unreadable:
        raise IssuerFault(f"{file} is not a file with a JSON Web Key Set: {unreadable}") from unreadable


def _get(url: str) -> Any:
    try:
        with httpx2.stream("GET", url, timeout=_TIMEOUT, headers={"Accept": "application/json"}) as response:  # follows no redirect
            if response.status_code != 200:
                raise IssuerFault(f"{url} answers with the status {response.status_code}")
            content, end = bytearray(), time.monotonic() + _DEADLINE
            for piece in response.iter_bytes():
                content += piece
                if time.monotonic() > end:
                    raise IssuerFault(f"{url} takes longer than {_DEADLINE} seconds to answer")
                if len(content) > _LARGEST:
                    raise IssuerFault(f"{url} answers with more than {_LARGEST:,} bytes")
        return json.loads(content)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as fault:
        raise IssuerFault(f"{url} cannot be read: {type(fault).__name__}") from fault
