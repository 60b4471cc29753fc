"""GraphiQL, the page in which a person tries queries: on its own path, with its own content security policy, from files of ours alone."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

FILES = Path(__file__).parent / "static"

# GraphiQL sets styles as it runs, and its style sheet holds its fonts; nothing may come from anywhere else.
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


async def _page(request: Request) -> Response:
    return FileResponse(FILES / "index.html", headers={"Content-Security-Policy": POLICY})


def routes(path: str) -> list[BaseRoute]:
    """The page at a path, and below it the files that it loads."""
    return [Route(path, _page), Mount(path, StaticFiles(directory=FILES))]
