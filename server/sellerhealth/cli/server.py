"""Runs the HTTP server: one process that serves until it is stopped by a signal."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from sellerhealth.errors import BadSettings
from sellerhealth.hosts import is_loopback_address
from sellerhealth.http.protocol import limited_protocol
from sellerhealth.settings import RequestLimits, Settings

SHUTDOWN_SECONDS = 10  # how long requests in progress get to finish
GARBAGE = 5_000  # objects that are left before garbage is collected; Python 3.11 has 700


def open_socket(settings: Settings) -> socket.socket:
    """A listening socket at the address of the settings. Raises BadSettings if it cannot be opened."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        address, reason = f"{settings.host}, port {settings.port}", str(error.strerror).split(" (")[0]
        raise BadSettings(f"The server cannot listen on {address}: {reason}. Choose another with --host or --port.") from error
    if settings.is_loopback and not is_loopback_address(bound := listener.getsockname()[0]):
        listener.close()
        raise BadSettings(f"The name {settings.host} stands for {bound} here, which others can reach. Use --host 127.0.0.1.")
    return listener


def exit_on_sigterm() -> None:
    """Makes SIGTERM end the program as Ctrl-C does, so that open resources are closed. With SystemExit a plugin that just runs would be at fault."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def run(app: ASGIApp, listener: socket.socket, limits: RequestLimits, announce: Callable[[str], None]) -> None:
    """Serves until a signal; requests in progress are finished. `announce` is called with the address once the server is up."""
    config = uvicorn.Config(app, http=limited_protocol(limits), **server_options())
    # Ctrl-C is the normal way to stop: uvicorn has shut down by the time it raises KeyboardInterrupt again.
    with contextlib.suppress(KeyboardInterrupt):
        _Server(config, lambda: announce(address_of(listener))).run(sockets=[listener])


def server_options() -> dict[str, Any]:
    """What uvicorn has to know of each server process."""
    return {
        "ws": "none",
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }


def collect_seldom() -> None:
    """Collects garbage now, and from here on seldom, and nothing of what is loaded by now, which stays.

    A full collection that looks at it would hold up everybody for a tenth of a second. A dashboard makes a thousand objects that end without
    a collection: at Python's own threshold one of them pays for a search among those of others, a tenth of its CPU.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def address_of(listener: socket.socket) -> str:
    """The URL of a server that listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        collect_seldom()
        if self.started:
            await asyncio.to_thread(self._announce)
