"""Conditional requests: a client that has the current content gets no content again (RFC 9110, 13)."""

import re

from starlette.responses import Response

from sellerhealth.locales import Locale

_TAGS = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def conditional(response: Response, digest: str, locale: Locale | None, if_none_match: str | None) -> Response:
    """A response with the tag of its content, or 304 if the header `If-None-Match` names it.

    `no-cache`: browsers may keep it, and ask before each use whether it is current. Only the browser itself may keep it.
    """
    kind = "response" if "graphql" in response.headers["Content-Type"] else "json"
    tag = f'"{"-".join((digest, kind, *([locale] if locale else ())))}"'  # the same bytes of another type or in another language are another content
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept, Accept-Language, Authorization"
    if if_none_match is None or (if_none_match.strip() != "*" and tag not in _TAGS.findall(if_none_match)):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(status_code=304, headers=kept)
