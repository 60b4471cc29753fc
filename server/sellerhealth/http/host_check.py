"""Answers only for the hosts that this server is known by.

Otherwise a page of another site could point its own name at this server (DNS rebinding) and read everything through the visitor's browser.
"""

from collections.abc import Collection
from functools import lru_cache

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from sellerhealth.hosts import is_loopback_host, read_address, read_host_header
from sellerhealth.http.error_body import error_body
from sellerhealth.http.headers import headers_of


class HostCheck:
    """`allowed` are the hosts besides loopback, as `read_host` returns them.

    The address at which a request arrived is allowed as well: it is no name that anybody else could point here, and health checks use it.
    Starlette's TrustedHostMiddleware knows no IPv6 and takes the first of two `Host` headers.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = frozenset(allowed)
        self._is_known = lru_cache(maxsize=256)(self._knows)  # nearly all requests name the same few hosts

    def refusal(self, scope: Scope) -> Response | None:
        """The response to a request for another host. None for one of ours."""
        headers = headers_of(scope)
        if b"host" not in headers and scope.get("http_version") == "1.0":
            return None  # no browser, but perhaps a health check: HTTP/1.0 has no such header
        named = headers.only(b"host")
        if named is None:
            return JSONResponse(error_body("The request must have one `Host` header.", "BAD_USER_INPUT"), 400)
        if not self._is_known(named, (scope.get("server") or ("",))[0]):
            message = "This server does not answer for the host of the request. To allow it, add it to the setting `allowed_hosts`."
            return JSONResponse(error_body(message, "MISDIRECTED_REQUEST"), 421)
        return None

    def _knows(self, header: bytes, arrived_at: str) -> bool:
        host = read_host_header(header.decode("latin-1"))
        if host is None:
            return False
        if host in self._allowed or is_loopback_host(host):
            return True
        return (address := read_address(host)) is not None and address == read_address(arrived_at)
