"""Conditional requests: a client that has the current content gets no content again (RFC 9110, 13)."""

import re
from collections.abc import Mapping

from sellerhealth.http.negotiation import RESPONSE_JSON
from sellerhealth.locales import Locale

_TAGS = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def conditional(digest: str, media_type: str, locale: Locale | None, if_none_match: str | None) -> tuple[Mapping[str, str], bool]:
    """The headers of a content with a tag, and whether the header `If-None-Match` names it: then 304 is sent without it.

    `no-cache`: browsers may keep it, and ask before each use whether it is current. Only the browser itself may keep it.
    """
    kind = "response" if media_type == RESPONSE_JSON else "json"
    tag = f'"{"-".join((digest, kind, *([locale] if locale else ())))}"'  # the same bytes of another type or in another language are another content
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "Accept, Accept-Language, Authorization"}
    return headers, if_none_match is not None and (if_none_match.strip() == "*" or tag in _TAGS.findall(if_none_match))
