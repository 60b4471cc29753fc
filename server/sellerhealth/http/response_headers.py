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
        sent, varies, is_kept = [*self._security, (_ID, request_id.encode())], b"Origin", False
        for header in headers:
            name, value = header
            if name == b"vary" and not says_origin:
                varies = b"%s, %s" % (value, varies)
                continue
            is_kept = is_kept or name == b"cache-control"
            sent.append(header)
        if not is_kept:
            sent.append(_NOT_STORED)
        if not says_origin:  # by which a page would have got other headers
            sent.append((b"vary", varies))
        return sent
