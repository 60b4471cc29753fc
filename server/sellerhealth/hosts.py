"""Host names and addresses, in the form in which they can be compared."""

import ipaddress
import re
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(:\d{0,5})?")


def read_address(text: str) -> Address | None:
    """An IP address, without the name of an interface. One of IPv4 that is written as IPv6 is one of IPv4. None for anything else."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback_address(text: str) -> bool:
    """Whether this is an IP address that only this machine can reach."""
    address = read_address(text)
    return address is not None and address.is_loopback


def read_host(text: str) -> str | None:
    """A host name or an IP address, with or without brackets, in its usual form. None for anything else."""
    address = read_address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    if address is not None:
        return str(address)
    name = text.lower()
    return name if _NAME.fullmatch(name) and len(name) <= 253 else None


@lru_cache(maxsize=256)  # every request has one, nearly always of the same few
def read_host_header(value: str) -> str | None:
    """The host of a `Host` header, without its port. None if the header is malformed."""
    found = _HOST_AND_PORT.fullmatch(value)
    return read_host(found[1]) if found else None


def is_loopback_host(host: str) -> bool:
    """Whether a host as `read_host` returns it is this machine by its own name or address."""
    return host == "localhost" or is_loopback_address(host)


def is_secure_url(url: str) -> bool:
    """Whether nobody on the way can change what comes from a URL: it is one of HTTPS, or of HTTP on this machine."""
    try:
        parts = urlsplit(url)
        host = read_host(parts.hostname or "")
    except ValueError:
        return False
    return host is not None and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback_host(host)))
