"""Runs schemathesis with all checks: documents generated from the schema and the descriptions in it, against a real server over the data of the demo."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sellerhealth.demo.calendar import CLOCK
from tests.support.running import serving

PROGRAM = Path(__file__).parent / ".venv" / "bin" / "schemathesis"
OPTIONS = ("--phases", "fuzzing", "--generation-database", "none")


def main() -> int:
    """Runs all checks and returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        with serving(Path(folder), "demo", "--port", "0", "--keep", "kept"):
            pass  # its data are stored by now
        settings = {"SELLERHEALTH_DATABASE": f"sqlite:///{folder}/kept/sellerhealth.db", "SELLERHEALTH_CLOCK": CLOCK.isoformat()}
        with serving(Path(folder), "serve", "--open", "--port", "0", SELLERHEALTH_COST_PER_MINUTE=str(10**9), **settings) as server:
            examples = ("--max-examples", os.environ.get("SCHEMATHESIS_EXAMPLES", "200"))
            command = [PROGRAM, "run", f"{server.address}/graphql", *OPTIONS, *examples]
            hooks = {"SCHEMATHESIS_HOOKS": "documented_values", "PYTHONPATH": str(Path(__file__).parent)}
            return subprocess.run(command, cwd=folder, env=os.environ | hooks, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
