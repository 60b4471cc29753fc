"""A PostgreSQL server that is killed in the middle of imports loses nothing that was acknowledged, and the API recovers by itself.

SERVER_KILLS says how often it is killed, each time at another moment; without it once.
"""

import os
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.attacks.test_kills import ACCOUNT, ROWS, write_claims
from tests.support.own_server import OwnServer
from tests.support.running import run, serving, start

KILLS = int(os.environ.get("SERVER_KILLS", "1"))
SECONDS = 2  # within which the two imports of each time are done, where nothing else is
DOCUMENT = '{ account(key: "shop") { name healthStatus } }'


def stored(server: OwnServer) -> dict[str, int]:
    """How many claims of each file are stored. The imports agree."""
    counts = dict(map(tuple, server.administer("SELECT split_part(order_id, '-', 1), count(*) FROM claims GROUP BY 1")))
    done = {row[0].removesuffix(".csv") for row in server.administer("SELECT file FROM import_batches WHERE state = 'DONE'")}
    assert done == counts.keys()
    return counts


def test_a_server_that_is_killed_loses_nothing_and_the_api_recovers(
    own_server: OwnServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = {"SELLERHEALTH_DATABASE": own_server.url()}
    assert (
        run(tmp_path, "import", write_claims(tmp_path, "first").name, *ACCOUNT, "--create", "--name", "Shop", **variables).returncode == 0
    )
    expected, chance = {"first": ROWS}, random.Random(KILLS)
    outcomes: Counter[str] = Counter()
    with serving(tmp_path, "serve", "--port", "0", "--open", **variables) as server:
        assert server.query(DOCUMENT)
        for number in range(KILLS):
            names = [f"killed{number}x{each}" for each in range(2)]
            files = [write_claims(tmp_path, name).name for name in names]
            errors = tmp_path / f"errors{number}.txt"
            imported = tmp_path / f"imported{number}.txt"
            importing = start(tmp_path, ("import", *files, *ACCOUNT), variables, imported, errors, None)
            while not own_server.administer("SELECT FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"):
                assert importing.poll() is None, errors.read_text()
            time.sleep(chance.uniform(0, SECONDS) if KILLS > 1 else 0)
            own_server.kill()
            if importing.wait(60) != 0:  # else it was done before
                assert re.search("^STORE_(INTERRUPTED|UNREACHABLE): ", errors.read_text(), re.MULTILINE), errors.read_text()
            acknowledged = [name for name in names if f"{name}.csv" in imported.read_text()]
            refused = server.send(DOCUMENT)
            assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (503, "STORE_UNREACHABLE")
            own_server.start()
            assert server.query(DOCUMENT)["account"]["name"] == "Shop"  # the first request after
            found = stored(own_server)
            assert {name: found[name] for name in [*expected, *acknowledged]} == expected | dict.fromkeys(acknowledged, ROWS)
            outcomes[f"{len(acknowledged)} of 2 acknowledged, {len(found.keys() & set(names))} stored"] += 1
            assert set(found.values()) == {ROWS}
            assert run(tmp_path, "import", *files, *ACCOUNT, **variables).returncode == 0
            expected |= dict.fromkeys(names, ROWS)
            assert stored(own_server) == expected
    with capsys.disabled():
        sys.stdout.write(f"\nThe server was killed {KILLS} times, and nothing was lost: {dict(outcomes)}.\n")
