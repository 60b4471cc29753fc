"""A stand-in for an issuer of tokens by OpenID Connect: it serves its description and its keys over HTTP on loopback."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key
from joserfc.jws import JWSRegistry

AUDIENCE = "sellerhealth"


def new_key(kid: str | None = "first") -> ECKey:
    """A private key on the curve P-256."""
    return ECKey.generate_key("P-256", parameters=None if kid is None else {"kid": kid, "use": "sig"})


class Issuer:
    """Signs tokens with `key` and publishes `published`. What it answers can be replaced by path; `asked` lists the paths asked for."""

    def __init__(self, address: str, key: Key) -> None:
        self.address, self.key = address, key
        self.published: list[dict[str, Any]] = [key.as_dict(private=False)]
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.pause = 0.0  # seconds after each byte of an answer, if any

    def rotate(self, kid: str) -> None:
        """Signs with a new key from now on, and publishes that alone."""
        self.key = new_key(kid)
        self.published = [self.key.as_dict(private=False)]

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of a good token. A claim that is changed to None is left out."""
        claims = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": "jane",
            "exp": int(time.time()) + 600,
            "permissions": ["read"],
            "accounts": ["seller-1"],
        }
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, key: Key | None = None, **changed: Any) -> str:
        """A token with these claims in place of good ones."""
        signing = self.key if key is None else key
        protected = {"alg": "ES256", "kid": signing.kid} | (header or {})
        protected = {name: value for name, value in protected.items() if value is not None}
        return self.sign(protected, json.dumps(self.claims(**changed)).encode(), signing)

    def sign(self, header: dict[str, Any], payload: bytes, key: Key | None = None) -> str:
        """A payload that is signed, whatever it is."""
        registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
        return jws.serialize_compact(header, payload, self.key if key is None else key, registry=registry)

    def answer(self, path: str) -> tuple[int, bytes]:
        """The status and the body for a path."""
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.address, "jwks_uri": f"{self.address}/keys"}).encode()
        return (200, json.dumps({"keys": self.published}).encode()) if path == "/keys" else (404, b"")


@contextlib.contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer that serves."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = issuer.answer(self.path)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not issuer.pause:
                self.wfile.write(body)
                return
            with contextlib.suppress(ConnectionError):  # the client goes away
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(issuer.pause)

        def log_message(self, *_: object) -> None:
            """Writes nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_port}", new_key())
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
