"""Help is fast, and the version is printed."""

import subprocess
import sys


def test_help_imports_nothing_slow():
    slow = ["uvicorn", "starlette", "strawberry", "alembic", "graphql", "ijson", "sqlalchemy", "pydantic", "sellerhealth.facts"]
    code = f"import sys; from sellerhealth.cli import app; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_that_of_the_distribution(invoke):
    from importlib.metadata import version

    assert invoke("--version").out == f"sellerhealth {version('sellerhealth')}\n"
