"""Leads the requests of one path to their endpoint at once: Starlette's router takes a tenth of the time of a remembered answer to find it."""

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class DirectPath:
    """ASGI middleware. `route`: one of the routes of the application, with any method, whose endpoint is an ASGI application.

    In an application that is mounted in another, paths begin with that of the mount, which the router knows.
    """

    def __init__(self, app: ASGIApp, route: Route) -> None:
        self._app, self._route = app, route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._route.path and not scope.get("root_path"):
            scope["route"] = self._route  # which the access log names
            await self._route.app(scope, receive, send)
        else:
            await self._app(scope, receive, send)
