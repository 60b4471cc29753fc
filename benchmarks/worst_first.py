"""Measures a list by health of 100,000 accounts on PostgreSQL: its first page, from snapshots and without, and the next one.

Prints the CPU of all processes: of this one, and of the server, which is started in a temporary folder, as in tests, and has no statistics.
Accounts have five orders: a look-up takes as long among many days. Run: `make benchmark-worst-first`, or with a number of accounts as argument.
"""

import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

from portfolio import fill
from postgresql import Meter, new_database, open_migrated
from rankings import DIFFERENT, Lists

from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from tests.support.postgresql_server import start

ORDERS, ROUNDS = 5, 3


def main() -> None:
    """Prints the figures."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    loaded = load_plugins(Settings(strict=True))
    with tempfile.TemporaryDirectory(prefix="sellerhealth-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "server").mkdir()
        server = start(folder / "server")
        meter = Meter(server)
        try:
            with contextlib.closing(open_migrated(new_database(server, "worst"))) as database:
                started = time.monotonic()
                fill(database, number, loaded, ORDERS, different=DIFFERENT)
                print(f"filled in {time.monotonic() - started:.0f} s", flush=True)
                with meter.measure("first page where no snapshot holds"):
                    lists = Lists(database, loaded)
                with meter.measure("snapshots of all accounts"):
                    lists.keep_snapshots()
                ways = {
                    "looking again whether any snapshot is behind": lists.keep_snapshots,
                    "first page from snapshots": lists.first_from_snapshots,
                    "its next page": lists.next,
                }
                for _ in range(ROUNDS):
                    for what, way in ways.items():
                        with meter.measure(what):
                            way()
        finally:
            server.stop()
    print(f"{number:,} accounts with {ORDERS} orders each, on PostgreSQL; CPU of all processes, median of the rounds")
    for what, seconds in meter.taken.items():
        print(
            f"{what}: {1000 * statistics.median(seconds):,.0f} ms, of this process {1000 * statistics.median(meter.here[what]):,.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
