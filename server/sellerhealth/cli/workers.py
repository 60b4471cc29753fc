"""Runs the HTTP server in several processes, which share its socket and nothing else but the store: uvicorn's workers.

The first process has read the settings, migrated the database and loaded the plugins by then, so a mistake of the user is reported once,
and not by each worker. It starts the workers, restarts one that dies, and stops them when it is stopped.
"""

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from sellerhealth.app import create_app
from sellerhealth.cli.authentication import Admission
from sellerhealth.cli.config import configure_log
from sellerhealth.cli.server import SHUTDOWN_SECONDS, address_of, collect_seldom, server_options
from sellerhealth.errors import SellerHealthError, WorkerFailed
from sellerhealth.http.protocol import limited_protocol
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database

log = structlog.get_logger("sellerhealth")

_START = 60  # seconds that a worker gets to start when it replaces another one that still serves
_PATIENCE = SHUTDOWN_SECONDS + 5  # seconds that a worker gets to stop


def run_workers(settings: Settings, admission: Admission, listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Serves until a signal; requests in progress are finished. `announce` is called with the address once all workers are up.

    Raises WorkerFailed if one cannot start.
    """
    reports: Any = multiprocessing.get_context("spawn").SimpleQueue()
    with contextlib.closing(reports):
        workers = _Workers(_Config(settings, admission, reports), [listener], reports, lambda: announce(address_of(listener)))
        workers.run()
    if workers.failure is not None:
        raise WorkerFailed(workers.failure)


class _Report(NamedTuple):
    """What a worker says once it is ready, or why it cannot start."""

    process: int
    failure: str | None = None


class _Config(uvicorn.Config):
    """What a worker serves. The first process sends it to each, which then makes an application of its own."""

    def __init__(self, settings: Settings, admission: Admission, reports: Any) -> None:
        app = partial(_make_app, settings, admission, reports)
        super().__init__(app, factory=True, workers=settings.workers, timeout_worker_healthcheck=_START, **server_options())
        self._limits, self._reports = settings.request_limits, reports

    def load(self) -> None:
        self.http = limited_protocol(self._limits)
        super().load()
        collect_seldom()
        self._reports.put(_Report(os.getpid()))


class _Workers(Multiprocess):
    """The first process. `failure`: why a worker could not start."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], reports: Any, announce: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._reports, self._announce = reports, announce
        self._ready: set[int | None] = set()
        self.failure: str | None = None

    def keep_subprocess_alive(self) -> None:
        """Replaces workers that have died. uvicorn would also wait for each to answer, and for one that dies meanwhile a long time."""
        before = len(self._ready)
        self._read_reports()
        if before < self.config.workers <= len(self._ready):
            threading.Thread(target=self._announce, name="announce", daemon=True).start()
        for index, worker in enumerate(self.processes):
            if worker.process.is_alive():
                continue
            self._read_reports()
            if worker.pid not in self._ready:  # another one would fail as well
                self.failure = self.failure or f"it has ended with the code {worker.exitcode} before it was ready"
                self.should_exit.set()
                return
            log.warning("worker_died", exit_code=worker.exitcode)
            self.processes[index] = Process(self.config, self.sockets)
            self.processes[index].start()

    def _read_reports(self) -> None:
        while not self._reports.empty():
            report: _Report = self._reports.get()
            if report.failure is None:
                self._ready.add(report.process)
            else:
                self.failure = self.failure or report.failure

    def join_all(self) -> None:
        until = time.monotonic() + _PATIENCE
        for each in self.processes:
            each.process.join(max(0.0, until - time.monotonic()))
            if each.process.is_alive():
                each.process.kill()
                each.process.join()


def _make_app(settings: Settings, admission: Admission, reports: Any) -> ASGIApp:
    """The application of a worker."""
    threading.Thread(target=_end_with_the_first_process, name="first process", daemon=True).start()
    try:
        configure_log(settings, quiet=False, hidden_events=("distribution_unreadable", "plugin_warned", "plugins_loaded"))
        database = Database.of(settings)
        return create_app(settings, admission.authenticator(settings, database), database=database)
    except Exception as error:
        if isinstance(error, SellerHealthError):
            reason = "\n".join([f"{error.code}: {error}", *getattr(error, "__notes__", ())])
        else:
            log.exception("worker_failed")
            reason = f"{type(error).__name__}. The log has the cause."
        reports.put(_Report(os.getpid(), reason))
        sys.exit(STARTUP_FAILURE)


def _end_with_the_first_process() -> None:
    """Nobody would stop a worker whose first process was killed."""
    first = multiprocessing.parent_process()
    if first is not None:
        first.join()
        os.kill(os.getpid(), signal.SIGTERM)
