"""Conditional requests: a client that has the current content gets no content again (RFC 9110, 13)."""

import re

from sellerhealth.http.negotiation import RESPONSE_JSON
from sellerhealth.locales import Locale

_TAGS = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def tag_of(digest: str, media_type: str, locale: Locale | None) -> str:
    """The tag of a content: the same bytes of another type or in another language are another content."""
    kind = "response" if media_type == RESPONSE_JSON else "json"
    return f'"{"-".join((digest, kind, *([locale] if locale else ())))}"'


def has_current(tag: str, if_none_match: str | None) -> bool:
    """Whether the header `If-None-Match` names a tag: then 304 is sent without the content."""
    return if_none_match is not None and (if_none_match.strip() == "*" or tag in _TAGS.findall(if_none_match))
