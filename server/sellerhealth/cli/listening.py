"""Listening: one process that answers over HTTP until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from sellerhealth.errors import BadSettings
from sellerhealth.settings import Settings

PATIENCE = 10  # seconds that requests under way get when the server is told to stop


def listen(settings: Settings) -> socket.socket:
    """The socket at the address of the settings. Raises BadSettings when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        place, reason = f"{settings.host}, port {settings.port}", str(error.strerror).split(" (")[0]
        raise BadSettings(f"The server cannot listen on {place}: {reason}. Choose another with --host or --port.") from error


def stop_by_leaving() -> None:
    """Makes the signal to terminate leave the program in the ordinary way, so that what is open is closed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())


def run(app: ASGIApp, listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Serves until a signal comes; what is under way is finished. `announce` gets the address once the server answers."""
    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=PATIENCE)
    # An interrupt is how a person ends it: uvicorn has shut down by the time that it passes it on.
    with contextlib.suppress(KeyboardInterrupt):
        _Server(config, lambda: announce(address)).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await asyncio.to_thread(self._announce)
