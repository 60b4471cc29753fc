"""Runs schemathesis: documents generated from the schema, with all checks, against a real server over the data of the demo."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sellerhealth.demo.calendar import CLOCK
from tests.support.running import serving

PROGRAM = Path(__file__).parent / ".venv" / "bin" / "schemathesis"
# Types cannot say everything, for example that a rating is 1 to 5. So an argument that fits its type may be refused with BAD_USER_INPUT.
OPTIONS = ("--phases", "fuzzing", "--exclude-checks", "positive_data_acceptance", "--generation-database", "none")


def main() -> int:
    """Runs all checks and returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        with serving(Path(folder), "demo", "--port", "0", "--keep", "kept"):
            pass  # its data are stored by now
        settings = {"SELLERHEALTH_DATABASE": f"sqlite:///{folder}/kept/sellerhealth.db", "SELLERHEALTH_CLOCK": CLOCK.isoformat()}
        with serving(Path(folder), "serve", "--open", "--port", "0", SELLERHEALTH_COST_PER_MINUTE=str(10**9), **settings) as server:
            examples = ("--max-examples", os.environ.get("SCHEMATHESIS_EXAMPLES", "200"))
            return subprocess.run([PROGRAM, "run", f"{server.address}/graphql", *OPTIONS, *examples], cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
