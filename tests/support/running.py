"""The command as a user runs it: in processes of its own, in a folder of its own, with no settings but its own."""

import contextlib
import os
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

Restrict = Callable[[], None]
COMMAND = str(Path(sysconfig.get_path("scripts")) / "sellerhealth")
# pytest with our own plugin alone: those of hypothesis and xdist take three times as long to start as pytest itself.
PYTEST = [sys.executable, "-m", "pytest", *(f"-pno:{name}" for name in ("cacheprovider", "hypothesispytest", "xdist", "xdist.looponfail"))]


def environment(**variables: str) -> dict[str, str]:
    """The environment without settings of the machine, and with these variables."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SELLERHEALTH_") and name != "CI"} | variables


def run(folder: Path, *arguments: str, restrict: Restrict | None = None, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command to its end. `restrict` is called in its process first."""
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=restrict,
    )


@dataclass
class Serving:
    """A command that serves: its address, its process, what it has written so far, and the key that it made for itself, if it did."""

    address: str
    process: "subprocess.Popen[bytes]"
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
    with output.open("wb") as file:
        process = subprocess.Popen(
            [COMMAND, *arguments], cwd=folder, env=environment(**variables), stdout=file, stderr=file, preexec_fn=restrict
        )
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
