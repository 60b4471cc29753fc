"""The command as a user runs it: in processes of its own, in a folder of its own, with no settings but its own.

On Linux they are copies of one that has imported all commands, see warm_process.py. Those under a restriction are not, nor what tests
start with COMMAND, nor the commands of test_distributions.py.
"""

import atexit
import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

Restrict = Callable[[], None]
ROLLUPS = "SELLERHEALTH_ROLLUPS"
COMMAND = str(Path(sysconfig.get_path("scripts")) / "sellerhealth")
# pytest with our own plugin alone: those of hypothesis and xdist take three times as long to start as pytest itself.
PYTEST = [sys.executable, "-m", "pytest", *(f"-pno:{name}" for name in ("cacheprovider", "hypothesispytest", "xdist", "xdist.looponfail"))]


def environment(**variables: str) -> dict[str, str]:
    """The environment without settings of the machine, and with these variables. Whether rollups are kept is as in this process."""
    of_machine = {name for name in os.environ if name.startswith("SELLERHEALTH_")} - {ROLLUPS} | {"CI"}
    return {name: value for name, value in os.environ.items() if name not in of_machine} | variables


def run(folder: Path, *arguments: str, restrict: Restrict | None = None, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command to its end. `restrict` is called in its process first."""
    with tempfile.TemporaryDirectory() as written:
        out, err = Path(written, "out"), Path(written, "err")
        process = start(folder, arguments, variables, out, err, restrict)
        try:
            code = process.wait(120)
        finally:
            process.kill()
        return subprocess.CompletedProcess([COMMAND, *arguments], code, out.read_text(), err.read_text())


class Copy:
    """A copy of the warm process, which is a child of this one: what tests need of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid, self.returncode = pid, None

    def poll(self) -> int | None:
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(COMMAND, timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def warm_process() -> "subprocess.Popen[str]":
    """The process to copy. From now on this one adopts orphans."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    script = Path(__file__).with_name("warm_process.py")
    process = subprocess.Popen([sys.executable, str(script)], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)  # it ends with its input
    return process


def start(
    folder: Path, arguments: Sequence[str], variables: dict[str, str], out: Path, err: Path, restrict: Restrict | None
) -> "subprocess.Popen[bytes] | Copy":
    """Starts a command that writes to these files."""
    command, variables = [COMMAND, *arguments], environment(**variables)
    if sys.platform == "linux" and restrict is None:
        warm = warm_process()
        assert warm.stdin is not None
        assert warm.stdout is not None
        warm.stdin.write(f"{json.dumps([command, str(folder), variables, [os.devnull, str(out), str(err)]])}\n")
        warm.stdin.flush()
        return Copy(int(warm.stdout.readline()))
    with out.open("ab") as out_file, err.open("ab") as err_file:
        return subprocess.Popen(command, cwd=folder, env=variables, stdout=out_file, stderr=err_file, preexec_fn=restrict)


@dataclass
class Serving:
    """A command that serves: its address, its process, what it has written so far, and the key that it made for itself, if it did."""

    address: str
    process: "subprocess.Popen[bytes] | Copy"
    output: Path
    own_key: str | None = None

    def send(self, document: str, key: str | None = None) -> httpx2.Response:
        """The response to a document, sent with an API key or without one."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx2.post(f"{self.address}/graphql", json={"query": document}, headers=headers, timeout=30, trust_env=False)

    def query(self, document: str, key: str | None = None) -> Any:
        """The data of a document that must run without an error, by default sent with the server's own key."""
        response = self.send(document, key or self.own_key)
        body = response.json()
        assert response.status_code == 200, body
        assert "errors" not in body, body["errors"]
        return body["data"]

    def stop(self, signal: int) -> int:
        """Sends a signal and returns the exit code."""
        self.process.send_signal(signal)
        return self.process.wait(30)


@contextlib.contextmanager
def serving(folder: Path, *arguments: str, restrict: Restrict | None = None, **variables: str) -> Iterator[Serving]:
    """Starts a command that serves, waits until it is ready, and kills it if it still runs at the end. `restrict` is called in it first."""
    output = folder / "output.txt"
    output.write_bytes(b"")
    process = start(folder, arguments, variables, output, output, restrict)
    try:
        until = time.monotonic() + 120
        while not (found := re.search(r"^Serving (http://[\d.:]+)/graphql", output.read_text(), re.MULTILINE)):
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < until, output.read_text()
            time.sleep(0.05)
        own_key = re.search(r"^(?:http\S+#key=)?(shk_\w+)$", output.read_text(), re.MULTILINE)
        yield Serving(found[1], process, output, own_key and own_key[1])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def install(site: Path, name: str, module: str, entry_points: dict[str, str]) -> None:
    """What `pip install` leaves of a plugin: a module, and the folder with its entry points."""
    site.mkdir(exist_ok=True)
    about = site / f"{name}-1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text("[sellerhealth]\n" + "".join(f"{n} = {v}\n" for n, v in entry_points.items()))
    site.joinpath(f"{name}.py").write_text(module)
