"""An import, a rebuild or a server that is killed while it writes rollups leaves none that differ from the facts.

KILLS says how often each is killed; without it they are left out.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from sellerhealth.importers import feedback
from sellerhealth.model.records import Account, Lease
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY
from tests.attacks.test_kills import ACCOUNT, begin, store
from tests.support.running import ROLLUPS, run

__all__ = ["store"]  # the fixture
KILLS = int(os.environ.get("KILLS", "0"))
ROWS = 2_000  # of a file: their rollups take long enough to be hit in the middle
FIRST = (CLOCK - 250 * DAY).date()
SECONDS = 0.5  # about how long that takes


def write_feedback(folder: Path, name: str) -> str:
    """A file of feedback on orders of its own, over some months."""
    header, example = str(feedback.IMPORTER.template).splitlines()[:2]
    cells = dict(zip(header.split(","), example.split(","), strict=True))
    days = (FIRST + number % 200 * DAY for number in range(ROWS))
    lines = [",".join((cells | {"order_id": f"{name}-{number}", "left_at": str(day)}).values()) for number, day in enumerate(days)]
    folder.joinpath(f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")
    return f"{name}.csv"


def fall_behind(store: Database) -> None:
    """Makes the rollups those of an earlier version, so that a server builds them, as if the lease of one that was killed had run out."""
    with store.writing() as connection:
        connection.execute(sa.delete(Lease))
        connection.execute(sa.update(Account).values(version=Account.version + 1))


@pytest.fixture(autouse=True)
def rollups_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROLLUPS, "true")


@pytest.mark.skipif(not KILLS, reason="`make test-attacks` runs it")
@pytest.mark.parametrize("command", ["import", "rebuild", "serve"])
def test_what_is_killed_leaves_no_rollup_that_differs(
    home: Path, store: Database, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    chance = random.Random(KILLS)
    assert run(home, "import", write_feedback(home, "first"), *ACCOUNT, "--create", "--name", "Shop").returncode == 0
    killed = 0
    for number in range(KILLS):
        if command == "import":
            arguments = ("import", write_feedback(home, f"killed{number}"), *ACCOUNT)
        elif command == "rebuild":
            arguments = ("rollups", "rebuild")
        else:
            fall_behind(store)
            arguments = ("serve", "--port", "0", "--open")
        process = begin(home, arguments, store)
        time.sleep(SECONDS * (number + chance.random()) / KILLS)  # spread over the whole of it
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        killed += process.returncode == -signal.SIGKILL
        verified = run(home, "rollups", "verify")
        assert verified.returncode == 0, (verified.stdout, verified.stderr)
    assert run(home, "rollups", "rebuild").returncode == 0
    verified = run(home, "rollups", "verify")
    assert verified.returncode == 0, verified.stdout
    assert "Not compared" not in verified.stdout
    assert int(verified.stdout.split()[5].replace(",", "")) > 500, verified.stdout
    with capsys.disabled():
        sys.stdout.write(f"\n{command} was killed {killed} times of {KILLS}: no rollup differs.\n")
