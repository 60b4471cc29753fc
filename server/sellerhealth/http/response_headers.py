"""The headers that every response has: those of security, its id, `no-store` unless it says itself how it may be kept, and that it varies by origin."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from sellerhealth.http.access_log import REQUEST_ID

Header: TypeAlias = tuple[bytes, bytes]  # its name in lower case

_ID = REQUEST_ID.lower().encode()
_NOT_STORED = (b"cache-control", b"no-store")


class ResponseHeaders:
    """`hsts_seconds`: for how long browsers must use HTTPS alone, 0 to say nothing of it."""

    def __init__(self, hsts_seconds: int) -> None:
        self._security: list[Header] = [(b"x-content-type-options", b"nosniff")]
        if hsts_seconds:
            self._security.append((b"strict-transport-security", b"max-age=%d" % hsts_seconds))

    def added_to(self, headers: Iterable[Header], request_id: str, *, says_origin: bool) -> Sequence[Header]:
        """The headers of a response with them. `says_origin`: whether `Vary` names the origin already, where there is one."""
        own = dict(headers)
        added = [*headers, *self._security, (_ID, request_id.encode())]
        if b"cache-control" not in own:
            added.append(_NOT_STORED)
        if not says_origin:
            added = [*(header for header in added if header[0] != b"vary"), _varying_by_origin(headers)]
        return added


def _varying_by_origin(headers: Iterable[Header]) -> Header:
    """`Vary` with the origin, by which a page would have got other headers."""
    return b"vary", b", ".join((*(value for name, value in headers if name == b"vary"), b"Origin"))
