"""Keeps the PostgreSQL server of a run: the first process that needs it starts it, and it is stopped when the run ends, however it ends.

Run as a script with the folder of the run, this module starts the server, and leaves a process behind that stops it when the run no longer holds its lock.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.postgresql_server import NoServer, Server, start


class Run:
    """The folder of a run, shared by its processes. It is removed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started = folder / "server.json"

    @property
    def name(self) -> str:
        """With which the names of its databases begin."""
        return self.folder.name.replace("-", "_")

    @property
    def has_server(self) -> bool:
        """Whether some process needed it."""
        return self._started.exists()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """No other process of the run is here meanwhile."""
        with _locked(self.folder / "alone.lock"):
            yield

    def server(self) -> Server:
        """The server of the run, started if it is not. Raises NoServer, every time."""
        with self.alone():
            if not self.has_server:
                subprocess.run([sys.executable, __file__, self.folder], stdin=subprocess.DEVNULL, start_new_session=True, check=True)
        started = json.loads(self._started.read_text())
        if "reason" in started:
            raise NoServer(started["reason"])
        return Server(**{name: Path(value) for name, value in started.items()})

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """What the main process of the run holds from its beginning to its end."""
        with _locked(self.folder / "run.lock"):
            yield
            was_needed = self.has_server
        if not was_needed:
            shutil.rmtree(self.folder)
        until = time.monotonic() + 30
        while self.folder.exists() and time.monotonic() < until:
            time.sleep(0.02)

    def keep(self) -> None:
        """Starts the server, and stops it at the end of the run. Returns at once, in this process; another one does it."""
        started, starting = os.pipe()
        if os.fork() != 0:
            os.close(starting)
            os.read(started, 1)  # until it is started, or the other process has ended
            return
        os.setsid()
        try:
            server = self._start()
            os.close(starting)
            with _locked(self.folder / "run.lock"):
                if server is not None:
                    server.stop()
                shutil.rmtree(self.folder)
        finally:
            os._exit(0)

    def _start(self) -> Server | None:
        try:
            server = start(self.folder)
        except NoServer as error:
            self._started.write_text(json.dumps({"reason": str(error)}))
            return None
        self._started.write_text(json.dumps({"folder": str(server.folder), "data": str(server.data), "programs": str(server.programs)}))
        return server


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


if __name__ == "__main__":
    Run(Path(sys.argv[1])).keep()
