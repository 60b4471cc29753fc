"""The headers of security that every response has, and `no-store` unless it says itself how it may be kept."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ResponseHeaders:
    """ASGI middleware. `hsts_seconds`: for how long browsers must use HTTPS alone, 0 to say nothing of it."""

    def __init__(self, app: ASGIApp, hsts_seconds: int) -> None:
        self._app = app
        self._headers = [(b"x-content-type-options", b"nosniff")]
        if hsts_seconds:
            self._headers.append((b"strict-transport-security", b"max-age=%d" % hsts_seconds))
        self._not_stored = [*self._headers, (b"cache-control", b"no-store")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                says_how_long = b"cache-control" in dict(message["headers"])
                message["headers"] = [*message["headers"], *(self._headers if says_how_long else self._not_stored)]
            await send(message)

        await self._app(scope, receive, send_with_headers)
