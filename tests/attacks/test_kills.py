"""An import that is killed, at whatever moment, leaves its whole file or nothing of it, and takes nothing else with it.

KILLS says how many imports are killed; without it three.
"""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sellerhealth.importers import claims
from tests.support.running import COMMAND, environment, run

KILLS = int(os.environ.get("KILLS", "3"))
ROWS = 2_000  # of a file: an import of them takes long enough to be hit in the middle
ACCOUNT = ("--account", "shop")


def write_claims(folder: Path, name: str) -> Path:
    """A file of claims of its own."""
    header, example = str(claims.IMPORTER.template).splitlines()[:2]
    place = header.split(",").index("order_id")
    cells = example.split(",")
    rows = (",".join([*cells[:place], f"{name}-{number}", *cells[place + 1 :]]) for number in range(ROWS))
    path = folder / f"{name}.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def stored(store: Path) -> dict[str, int]:
    """How many claims of each file are in a store that is free of faults, and that the imports and the facts agree about."""
    with contextlib.closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = dict(connection.execute("SELECT substr(order_id, 1, instr(order_id, '-') - 1), count(*) FROM claims GROUP BY 1"))
        done = {name.removesuffix(".csv") for (name,) in connection.execute("SELECT file FROM import_batches WHERE state = 'DONE'")}
        noted = dict(connection.execute("SELECT substr(order_id, 1, instr(order_id, '-') - 1), count(*) FROM data_notes GROUP BY 1"))
    assert done == counts.keys() == noted.keys()  # the order of each claim is missing: that is noted
    return counts


def begin(folder: Path, file: Path, store: Path) -> "subprocess.Popen[bytes]":
    """Starts an import, and waits until it is in the middle of its transaction, or past it where a busy machine did not let this process look."""
    process = subprocess.Popen(
        [COMMAND, "import", file.name, *ACCOUNT], cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with contextlib.closing(sqlite3.connect(store, timeout=0, isolation_level=None)) as connection:
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:  # the import has the lock
                return process
            connection.execute("ROLLBACK")
            time.sleep(0.002)
    if process.poll() == 0:
        return process
    raise AssertionError(f"the import did not begin: {process.communicate()[1].decode()}")


def test_an_import_that_is_killed_leaves_its_whole_file_or_nothing_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, chance = tmp_path / "sellerhealth.db", random.Random(KILLS)
    assert run(tmp_path, "import", write_claims(tmp_path, "first").name, *ACCOUNT, "--create", "--name", "Shop").returncode == 0
    whole = begin(tmp_path, write_claims(tmp_path, "second"), store)
    started = time.monotonic()
    assert whole.wait(60) == 0, whole.communicate()
    seconds = time.monotonic() - started  # from the lock to the end of the process
    whole.communicate()
    expected = {"first": ROWS, "second": ROWS}
    assert stored(store) == expected
    outcomes: list[str] = []
    for number in range(KILLS):
        name = f"killed{number}"
        process = begin(tmp_path, write_claims(tmp_path, name), store)
        time.sleep(seconds * (number + chance.random()) / KILLS)  # spread over the whole import, and what comes after it
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
        found = stored(store)
        if name in found:
            expected[name] = ROWS
        assert found == expected, errors
        assert process.returncode == -signal.SIGKILL or name in found  # it was too late to kill an import that said it was done
        outcomes.append("whole" if name in found else "nothing")
    killed = [f"killed{number}" for number in range(KILLS)]
    assert run(tmp_path, "import", *(f"{name}.csv" for name in killed), *ACCOUNT).returncode == 0
    assert stored(store) == expected | dict.fromkeys(killed, ROWS)
    with capsys.disabled():
        sys.stdout.write(f"\n{KILLS} imports killed: {outcomes.count('nothing')} left nothing, {outcomes.count('whole')} were whole.\n")
