"""Measures the import of a flat file of a million orders: its speed, its memory, and the ratio to a bare insert.

The bare insert reads the same file with the csv module and inserts the same columns into one SQLite table, without checks or
merging. Both run on one core, one after the other. Run: `make benchmark-import`, or with a number of orders as argument.
"""

import csv
import datetime as dt
import random
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from sellerhealth.access import OWNER
from sellerhealth.importers.flat_orders import COLUMNS
from sellerhealth.intake import create_account, import_stream
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade

HEAD = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel order-channel "
    "ship-service-level product-name sku asin item-status quantity currency item-price item-tax shipping-price shipping-tax "
    "gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city ship-state ship-postal-code ship-country "
    "promotion-ids cpf is-business-order purchase-order-number price-designation"
).split()
READ = [column.name for column in COLUMNS if column.name in HEAD]


def write_flat_file(path: Path, orders: int) -> None:
    """Writes a year of orders by date, as Amazon does; the same file for the same number."""
    rng = random.Random(orders)
    start, step = dt.datetime(2025, 1, 1, tzinfo=dt.UTC), dt.timedelta(days=365) / orders
    cells = dict.fromkeys(HEAD, "")
    cells |= {
        "ship-service-level": "Standard",
        "product-name": "Geschirrtuch, groß",
        "quantity": "1",
        "currency": "USD",
        "item-price": "19.99",
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(HEAD) + "\r\n")
        for number in range(orders):
            placed = start + number * step
            status = "Cancelled" if rng.random() < 0.02 else "Shipped"
            cells |= {
                "amazon-order-id": f"{rng.randrange(100, 999)}-{rng.randrange(10**7):07}-{number:07}",
                "purchase-date": placed.isoformat(timespec="seconds"),
                "last-updated-date": (placed + dt.timedelta(hours=30)).isoformat(timespec="seconds"),
                "order-status": status,
                "item-status": status,
                "fulfillment-channel": "Amazon" if rng.random() < 0.3 else "Merchant",
                "sales-channel": "Amazon.com" if rng.random() < 0.6 else "Amazon.de",
            }
            file.write("\t".join(cells.values()) + "\r\n")


def timed_import(folder: Path, path: Path) -> float:
    """The seconds that the importer takes for the file into a new database, including the commit."""
    database = Database(f"sqlite:///{folder / 'store.db'}")
    upgrade(database)
    loaded = load_plugins(Settings(strict=True))
    account_id = create_account(database, OWNER, "BENCHMARK", "Benchmark")
    with path.open("rb") as stream:
        seconds = import_stream(database, loaded, OWNER, account_id, stream, path.name, observed_at=dt.datetime.now(dt.UTC)).seconds
    database.close()
    return seconds


def timed_bare_insert(folder: Path, path: Path) -> float:
    """The seconds that a bare insert of the file takes."""
    started = time.perf_counter()
    connection = sqlite3.connect(folder / "bare.db")
    columns = [column.into for column in COLUMNS if column.name in READ]
    connection.execute(f"CREATE TABLE orders (account_id, {', '.join(columns)}, PRIMARY KEY (account_id, order_id)) WITHOUT ROWID")
    with path.open(encoding="utf-8", newline="") as file, connection:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        head = next(lines)
        indexes = [head.index(name) for name in READ]
        rows = ((1, *(cells[index] for index in indexes)) for cells in lines)
        connection.executemany(f"INSERT INTO orders VALUES ({', '.join('?' * (len(columns) + 1))})", rows)  # noqa: S608 - constant names
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def main() -> None:
    """Prints rows per second, the peak memory and the ratio."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "orders.tsv"
        write_flat_file(path, orders)
        before = _peak()
        imported = timed_import(folder, path)
        print(f"{orders:,} orders, {path.stat().st_size / 1e6:,.0f} MB")
        print(f"import        {orders / imported:>9,.0f} rows/s   peak memory {_peak():,.0f} MB ({before:,.0f} MB before)")
        bare = timed_bare_insert(folder, path)
        print(f"bare insert   {orders / bare:>9,.0f} rows/s   the import reaches {bare / imported:.0%} of it")


def _peak() -> float:
    """The peak memory of the process in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
