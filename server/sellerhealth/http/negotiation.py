"""Content negotiation: the media type and the locale of the response, and whether a request body is JSON."""

import re
from functools import lru_cache

from sellerhealth.locales import Locale, find_locale

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"

MAX_LANGUAGES = 1_000  # characters of an `Accept-Language` that is read; browsers send fewer than 200
_LANGUAGE = re.compile(r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)[ \t]*(?:;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?")


@lru_cache(maxsize=64)  # a client sends the same header with each request
def preferred(accept: str | None) -> str | None:
    """The media type that an `Accept` header prefers for the response. None when it allows neither of the two."""
    if accept is None or not accept.strip():
        return JSON
    ranges = dict(map(_media_type, accept.split(",")))
    # A client that does not name the newer type, for example one that sends `*/*`, may not know it.
    offers = (RESPONSE_JSON, JSON) if RESPONSE_JSON in ranges else (JSON,)
    qualities = {offer: _quality(offer, ranges) for offer in offers}
    best = max(offers, key=lambda offer: qualities[offer])
    return best if qualities[best] else None


@lru_cache(maxsize=64)
def preferred_locale(accept_language: str | None) -> Locale | None:
    """The locale that an `Accept-Language` header prefers of those that CLDR has (RFC 9110, 12.5.4).

    None when it names none of them, prefers any language (`*`), or is malformed.
    """
    if accept_language is None or len(accept_language) > MAX_LANGUAGES:
        return None
    ranges = [_LANGUAGE.fullmatch(each) for part in accept_language.split(",") if (each := part.strip(" \t"))]
    qualities: dict[Locale | None, float] = {}
    for found in ranges:
        if found is None:
            return None
        locale = None if found[1] == "*" else find_locale(found[1])
        if locale is not None or found[1] == "*":
            qualities[locale] = max(float(found[2] or 1), qualities.get(locale, 0))
    best = max(qualities, key=lambda locale: qualities[locale], default=None)  # the first of several
    return best if best is not None and qualities[best] else None


@lru_cache(maxsize=64)
def is_json(content_type: str | None) -> bool:
    """Whether a `Content-Type` header says JSON in UTF-8."""
    name, parameters = _media_type(content_type or "")
    return name == JSON and parameters.get("charset", "utf-8").replace("-", "") == "utf8"


def _quality(offer: str, ranges: dict[str, dict[str, str]]) -> float:
    """The quality of a media type, 0 to 1, by the most specific range that covers it."""
    parameters = next((ranges[name] for name in (offer, "application/*", "*/*") if name in ranges), {"q": "0"})
    try:
        return min(max(float(parameters.get("q", "1")), 0), 1)
    except ValueError:
        return 0


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type or media range, and its parameters."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return name, {key.strip(): value.strip().strip('"') for key, _, value in pairs}
