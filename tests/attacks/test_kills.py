"""An import that is killed, at whatever moment, leaves its whole file or nothing of it, and takes nothing else with it.

KILLS says how many imports are killed; without it three.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from sellerhealth.facts import Claim
from sellerhealth.importers import claims
from sellerhealth.model.records import DataNote, ImportBatch, ImportState
from sellerhealth.store.accounts import account_id_of
from sellerhealth.store.database import Database
from sellerhealth.store.writing import lock_account
from tests.support.running import COMMAND, environment, run

KILLS = int(os.environ.get("KILLS", "3"))
AGAIN = 10  # of the killed imports by one command, which has two minutes: a busy machine would not import all of them in this time
ROWS = 2_000  # of a file: an import of them takes long enough to be hit in the middle
ACCOUNT = ("--account", "shop")
SHOP = account_id_of("shop")


def write_claims(folder: Path, name: str) -> Path:
    """A file of claims of its own."""
    header, example = str(claims.IMPORTER.template).splitlines()[:2]
    place = header.split(",").index("order_id")
    cells = example.split(",")
    rows = (",".join([*cells[:place], f"{name}-{number}", *cells[place + 1 :]]) for number in range(ROWS))
    path = folder / f"{name}.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def stored(database: Database) -> dict[str, int]:
    """How many claims of each file are in a store that is free of faults, and that the imports and the facts agree about."""
    with database.writing() as connection:
        lock_account(connection, SHOP)  # a server ends what a killed program has begun
        if database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA integrity_check").all() == [("ok",)]
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        counts, noted = (by_file(connection.scalars(sa.select(table.order_id))) for table in (Claim, DataNote))
        done = set(connection.scalars(sa.select(ImportBatch.file).where(ImportBatch.state == ImportState.DONE)))
    assert done == {f"{name}.csv" for name in counts}
    assert counts.keys() == noted.keys()  # the order of each claim is missing: that is noted
    return counts


def by_file(order_ids: Iterable[str]) -> dict[str, int]:
    return dict(Counter(order_id.partition("-")[0] for order_id in order_ids))


def begin(folder: Path, arguments: Sequence[str], database: Database) -> "subprocess.Popen[bytes]":
    """Starts a command, and waits until it is in the middle of its transaction, or past it where a busy machine did not let this process look."""
    process = subprocess.Popen([COMMAND, *arguments], cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        if database.try_writing(lambda connection: lock_account(connection, SHOP)):  # the command has the lock
            return process
        time.sleep(0.002)
    if process.poll() in (0, None):  # a server goes on after its transaction
        return process
    raise AssertionError(f"{arguments[0]} did not begin: {process.communicate()[1].decode()}")


@pytest.fixture
def store(store_url: str) -> Iterator[Database]:
    with contextlib.closing(Database(store_url)) as database:
        yield database


def test_an_import_that_is_killed_leaves_its_whole_file_or_nothing_of_it(
    home: Path, store: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(KILLS)
    assert run(home, "import", write_claims(home, "first").name, *ACCOUNT, "--create", "--name", "Shop").returncode == 0

    def importing(name: str) -> Sequence[str]:
        return "import", write_claims(home, name).name, *ACCOUNT

    whole = begin(home, importing("second"), store)
    started = time.monotonic()
    assert whole.wait(60) == 0, whole.communicate()
    seconds = time.monotonic() - started  # from the lock to the end of the process
    whole.communicate()
    expected = {"first": ROWS, "second": ROWS}
    assert stored(store) == expected
    outcomes: list[str] = []
    for number in range(KILLS):
        name = f"killed{number}"
        process = begin(home, importing(name), store)
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
    for start in range(0, KILLS, AGAIN):
        assert run(home, "import", *(f"{name}.csv" for name in killed[start : start + AGAIN]), *ACCOUNT).returncode == 0
    assert stored(store) == expected | dict.fromkeys(killed, ROWS)
    with capsys.disabled():
        sys.stdout.write(f"\n{KILLS} imports killed: {outcomes.count('nothing')} left nothing, {outcomes.count('whole')} were whole.\n")
