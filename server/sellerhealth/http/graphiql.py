"""GraphiQL, the page to try queries in: served on its own path, with its own content security policy, from our own files only."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

FILES = Path(__file__).parent / "static"

# GraphiQL sets inline styles, and its style sheet embeds its fonts. Nothing may come from another host.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


# Otherwise a browser that knows the page of an older version would use its script for a while.
FRESH = {"Cache-Control": "no-cache"}


class _Files(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(FRESH)
        return response


async def _page(request: Request) -> Response:
    return FileResponse(FILES / "index.html", headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", **FRESH})


def routes(path: str) -> list[BaseRoute]:
    """The page at a path, and its files below it."""
    return [Route(path, _page), Mount(path, _Files(directory=FILES))]
