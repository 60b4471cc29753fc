"""Runs the checks of all clients against two servers over the data of the demo, which ask for a key. One has a third-party metric."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from sellerhealth.demo.calendar import CLOCK
from tests.support.running import install, run, serving

CLIENTS = Path(__file__).parent
README = CLIENTS.parent.joinpath("README.md").read_text(encoding="utf-8")

CHECKS = {
    "apps": ["node", "--test", "--test-reporter=spec"],
    "python": [".venv/bin/python", "-m", "pytest", "-v"],
}


def plugin(site: Path) -> None:
    """Installs the metric of the README into a folder."""
    module, project = (re.search(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL) for language in ("python", "toml"))
    assert module, "the README shows no metric"
    assert project, "the README does not show how a metric is installed"
    install(site, "acme_dispatch", module[1], tomllib.loads(project[1])["project"]["entry-points"]["sellerhealth"])


def main() -> int:
    """Runs all checks and returns how many failed."""
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        folders = {name: Path(temporary, name) for name in ("demo", "server", "with_plugin")}
        for folder in folders.values():
            folder.mkdir()
        plugin(folders["with_plugin"] / "site")
        with serving(folders["demo"], "demo", "--port", "0", "--keep", "kept"):
            pass  # its data are stored by now
        settings = {"SELLERHEALTH_DATABASE": f"sqlite:///{folders['demo']}/kept/sellerhealth.db", "SELLERHEALTH_CLOCK": CLOCK.isoformat()}
        made = run(folders["server"], "token", "create", "--name", "clients", "--can", "read", "--accounts", "all", **settings)
        server = stack.enter_context(serving(folders["server"], "serve", "--port", "0", **settings))
        site = {"PYTHONPATH": str(folders["with_plugin"] / "site")}
        with_plugin = stack.enter_context(serving(folders["with_plugin"], "serve", "--port", "0", **site, **settings))
        given = {"SERVER": server.address, "WITH_PLUGIN": with_plugin.address, "KEY": made.stdout.strip()}
        return sum(
            subprocess.run(command, cwd=CLIENTS / folder, env=os.environ | given, check=False).returncode != 0
            for folder, command in CHECKS.items()
        )


if __name__ == "__main__":
    sys.exit(main())
