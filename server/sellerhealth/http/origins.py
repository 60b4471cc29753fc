"""Origins: the sites whose pages may send requests."""

import re

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from sellerhealth.http.access_log import REQUEST_ID
from sellerhealth.settings import Settings

LOCAL_PAGES = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


def is_allowed_origin(settings: Settings, origin: str) -> bool:
    """Whether pages of an origin may send requests: those of the settings, and local ones while only this machine reaches the server."""
    listed = not {"*", origin}.isdisjoint(settings.cors_origins)
    return listed or (settings.is_loopback and re.fullmatch(LOCAL_PAGES, origin) is not None)


def cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    """An application for requests that have an origin, which sends browsers the headers for it."""
    return CORSMiddleware(
        app,
        allow_origins=settings.cors_origins,
        allow_origin_regex=LOCAL_PAGES if settings.is_loopback else None,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        expose_headers=[REQUEST_ID, "RateLimit", "RateLimit-Policy", "Retry-After"],
    )
