"""Runs the checks of all clients against two servers: the demo, and one over the same data with a third-party metric."""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from sellerhealth.demo.calendar import CLOCK
from tests.support.running import install, serving

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
    with tempfile.TemporaryDirectory() as temporary:
        first, second = Path(temporary, "demo"), Path(temporary, "with_plugin")
        first.mkdir()
        second.mkdir()
        plugin(second / "site")
        with serving(first, "demo", "--port", "0", "--keep", "kept") as demo:
            settings = {"SELLERHEALTH_DATABASE": f"sqlite:///{first}/kept/sellerhealth.db", "SELLERHEALTH_CLOCK": CLOCK.isoformat()}
            with serving(second, "serve", "--port", "0", PYTHONPATH=str(second / "site"), **settings) as with_plugin:
                addresses = {"DEMO": demo.address, "WITH_PLUGIN": with_plugin.address}
                return sum(
                    subprocess.run(command, cwd=CLIENTS / folder, env=os.environ | addresses, check=False).returncode != 0
                    for folder, command in CHECKS.items()
                )


if __name__ == "__main__":
    sys.exit(main())
