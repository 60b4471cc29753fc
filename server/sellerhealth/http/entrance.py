"""What every request passes on its way in and out, in one step: its id, its host and its origin, headers of its response, and a line of the log."""

import time

from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sellerhealth.http.access_log import AccessLog, request_id_of
from sellerhealth.http.error_body import failure
from sellerhealth.http.headers import headers_of
from sellerhealth.http.host_check import HostCheck
from sellerhealth.http.origins import cors
from sellerhealth.http.response_headers import ResponseHeaders
from sellerhealth.request_record import Recording
from sellerhealth.settings import Settings


class Entrance:
    """ASGI middleware. As several, each with a `send` of its own, it takes half as long again.

    `direct`: one of the routes of the application, with any method. Its requests are led there at once: a router takes a tenth of the time of
    a remembered answer to find it. In an application that is mounted in another, paths begin with that of the mount, which the router knows.
    """

    def __init__(self, app: ASGIApp, settings: Settings, direct: Route) -> None:
        self._app, self._direct = app, direct
        self._hosts, self._headers, self._log = HostCheck(settings.known_hosts), ResponseHeaders(settings.hsts_seconds), AccessLog()
        self._for_pages = cors(self._lead, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), None
        is_of_page = b"origin" in headers_of(scope)  # programs send none
        request_id, says_origin = request_id_of(scope), is_of_page

        async def send_completed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._headers.added_to(message["headers"], request_id, says_origin=says_origin)
            await send(message)

        with Recording(request_id) as record:
            try:
                refusal = self._hosts.refusal(scope)
                says_origin = is_of_page and refusal is None
                respond = refusal or (self._for_pages if is_of_page else self._responder(scope))
                await respond(scope, receive, send_completed)
            except Exception as error:  # the endpoint of the API responds to its own
                if status is not None:  # a part of the response has been sent
                    raise
                says_origin = False
                await JSONResponse(*failure(error))(scope, receive, send_completed)
            finally:
                self._log.write(scope, record, status, time.perf_counter() - started)

    def _responder(self, scope: Scope) -> ASGIApp:
        if scope["path"] == self._direct.path and not scope.get("root_path"):
            scope["route"] = self._direct  # which the access log names
            return self._direct.app
        return self._app

    async def _lead(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._responder(scope)(scope, receive, send)
