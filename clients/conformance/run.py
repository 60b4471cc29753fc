"""Runs the audits, the linters and the browser against real servers over empty stores: one for each profile of statuses, and one that asks for a key."""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.running import serving


def main() -> int:
    """Runs all checks and returns the exit code."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        addresses = {}
        for variable, profile in {"SERVER": "audits", "DRAFT": "draft"}.items():
            directory = Path(folder, profile)
            directory.mkdir()
            server = stack.enter_context(serving(directory, "serve", "--open", "--port", "0", SELLERHEALTH_HTTP_PROFILE=profile))
            addresses[variable] = server.address
        directory = Path(folder, "keyed")
        directory.mkdir()
        keyed = stack.enter_context(serving(directory, "serve", "--port", "0"))
        addresses |= {"KEYED": keyed.address, "KEY": keyed.own_key or ""}
        command = ["node", "--test", "--test-reporter=spec"]
        return subprocess.run(command, cwd=Path(__file__).parent, env=os.environ | addresses, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
