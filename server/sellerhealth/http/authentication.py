"""Authentication: finds the viewer of a request by its credentials, and remembers viewers for seconds."""

import asyncio
import datetime as dt
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from starlette.types import Scope

from sellerhealth.access import OWNER, Viewer
from sellerhealth.http.headers import headers_of
from sellerhealth.http.request import Refused
from sellerhealth.request_record import current_record

REMEMBERED = 3.0  # seconds. A revoked key is refused within 5 seconds: the rest is for the request and for slow clocks
MAX_REMEMBERED = 10_000  # viewers
STRANGERS_AT_ONCE = 1  # are looked up, so that a flood of wrong keys leaves a thread for viewers who were let in before
MAX_STRANGERS = 1_000  # who are looked up or wait for it: about as many as take a second

OnThread: TypeAlias = Callable[[Callable[[], Viewer | None]], Awaitable[Viewer | None]]


class Authenticator(Protocol):
    """Knows viewers by their credentials."""

    def viewer_of(self, token: str | None) -> Viewer | None:
        """The viewer of a bearer token, or of a request without one. None for whom it does not know, or no longer lets in.

        It is called on a thread of its own, so it may wait for the store. Its answer is remembered for `REMEMBERED` seconds.
        """
        ...


class Open:
    """Lets everybody in as the owner, with any token or none: for a server that only its owner can reach."""

    def viewer_of(self, token: str | None) -> Viewer:
        return OWNER


class FirstOf:
    """Asks several authenticators in turn."""

    def __init__(self, *authenticators: Authenticator) -> None:
        self._authenticators = authenticators

    def viewer_of(self, token: str | None) -> Viewer | None:
        return next((viewer for each in self._authenticators if (viewer := each.viewer_of(token)) is not None), None)


class Unauthenticated(Refused):
    """A request without valid credentials."""

    code = "UNAUTHENTICATED"

    def __init__(self, token: str | None) -> None:
        if token is None:
            message = "The request has no API key. Send one in the header `Authorization: Bearer KEY`."
            super().__init__(401, message, **{"www-authenticate": "Bearer"})
        else:
            message = "The API key or token is not valid: it is unknown, expired or revoked."
            super().__init__(401, message, **{"www-authenticate": 'Bearer error="invalid_token"'})


class TooManyStrangers(Refused):
    """A request whose credentials are not looked up, because too many others wait for that."""

    code = "THROTTLED"

    def __init__(self) -> None:
        message = "Too many requests with keys or tokens that were not used before. Try again in 1 second."
        super().__init__(429, message, **{"retry-after": "1"})


class Authentication:
    """Authenticates requests. The event loop does not wait for the store: an authenticator is asked on a thread."""

    def __init__(self, authenticator: Authenticator, on_thread: OnThread) -> None:
        self._authenticator, self._on_thread = authenticator, on_thread
        self._remembered: OrderedDict[bytes, tuple[Viewer, float]] = OrderedDict()  # by hash, until when; the oldest first
        self._strangers, self._turn = 0, asyncio.Semaphore(STRANGERS_AT_ONCE)

    async def viewer_of(self, scope: Scope) -> Viewer:
        """The viewer who sends a request, by the headers in its scope. Raises Refused, mostly Unauthenticated."""
        header = _authorization(scope)
        digest = hashlib.sha256(header).digest()
        viewer = self._recall(digest)
        if viewer is None:
            now = time.monotonic()  # before the look-up: what it finds may be revoked while it runs
            viewer = await self._look_up(digest, _bearer_token(header))
            if viewer is not None:
                self._remember(digest, viewer, now + REMEMBERED)
            else:
                self._remembered.pop(digest, None)
        if viewer is None or (viewer.expires_at is not None and viewer.expires_at <= dt.datetime.now(dt.UTC)):
            raise Unauthenticated(_bearer_token(header))
        if record := current_record():
            record.viewer = viewer.id
        return viewer

    async def _look_up(self, digest: bytes, token: str | None) -> Viewer | None:
        def ask() -> Viewer | None:
            return self._authenticator.viewer_of(token)

        if digest in self._remembered:  # however long ago
            return await self._on_thread(ask)
        if self._strangers >= MAX_STRANGERS:
            raise TooManyStrangers
        self._strangers += 1
        try:
            async with self._turn:
                return await self._on_thread(ask)
        finally:
            self._strangers -= 1

    def _recall(self, digest: bytes) -> Viewer | None:
        viewer, until = self._remembered.get(digest, (None, 0.0))
        return viewer if time.monotonic() < until else None

    def _remember(self, digest: bytes, viewer: Viewer, until: float) -> None:
        self._remembered[digest] = viewer, until
        self._remembered.move_to_end(digest)
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)


def _authorization(scope: Scope) -> bytes:
    """The header `Authorization`, empty without one. Raises Refused for several: a proxy could decide about another than the server."""
    headers = headers_of(scope)
    if b"authorization" in headers.repeated:
        raise Refused(400, "The request has more than one `Authorization` header.")
    return headers.get(b"authorization", b"")


def _bearer_token(authorization: bytes) -> str | None:
    """The token of the header, as RFC 6750 says. None without one: another scheme says nothing about the viewer."""
    scheme, _, token = authorization.decode("latin-1").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
