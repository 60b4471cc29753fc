"""How fast a flat file of a million orders is imported, in how much memory, and how that compares with the bare minimum.

The bare minimum reads the same file with the csv module and inserts the same columns into one SQLite table, unchecked and
unmerged. Both run on one core, one after the other. Run: `make benchmark-import`, or with a number of orders as argument.
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
    """A year of orders in the order of their dates, as Amazon writes them; the same for the same number."""
    chance = random.Random(orders)
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
            status = "Cancelled" if chance.random() < 0.02 else "Shipped"
            cells |= {
                "amazon-order-id": f"{chance.randrange(100, 999)}-{chance.randrange(10**7):07}-{number:07}",
                "purchase-date": placed.isoformat(timespec="seconds"),
                "last-updated-date": (placed + dt.timedelta(hours=30)).isoformat(timespec="seconds"),
                "order-status": status,
                "item-status": status,
                "fulfillment-channel": "Amazon" if chance.random() < 0.3 else "Merchant",
                "sales-channel": "Amazon.com" if chance.random() < 0.6 else "Amazon.de",
            }
            file.write("\t".join(cells.values()) + "\r\n")


def import_it(folder: Path, path: Path) -> float:
    """The seconds that the file takes through the importer into a new store, until it is committed."""
    database = Database(f"sqlite:///{folder / 'store.db'}")
    upgrade(database)
    loaded = load_plugins(Settings(strict=True))
    account_id = create_account(database, "BENCHMARK", "Benchmark")
    with path.open("rb") as stream:
        seconds = import_stream(database, loaded, account_id, stream, path.name, observed_at=dt.datetime.now(dt.UTC)).seconds
    database.close()
    return seconds


def bare_minimum(folder: Path, path: Path) -> float:
    """The seconds that it is measured against."""
    started = time.perf_counter()
    connection = sqlite3.connect(folder / "bare.db")
    columns = [column.into for column in COLUMNS if column.name in READ]
    connection.execute(f"CREATE TABLE orders (account_id, {', '.join(columns)}, PRIMARY KEY (account_id, order_id)) WITHOUT ROWID")
    with path.open(encoding="utf-8", newline="") as file, connection:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        head = next(lines)
        places = [head.index(name) for name in READ]
        rows = ((1, *(cells[place] for place in places)) for cells in lines)
        connection.executemany(f"INSERT INTO orders VALUES ({', '.join('?' * (len(columns) + 1))})", rows)  # noqa: S608 - our own names
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def main() -> None:
    """Prints rows a second, the peak of memory, and the ratio."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "orders.tsv"
        write_flat_file(path, orders)
        before = _peak()
        imported = import_it(folder, path)
        print(f"{orders:,} orders, {path.stat().st_size / 1e6:,.0f} MB")
        print(f"import        {orders / imported:>9,.0f} rows/s   peak memory {_peak():,.0f} MB ({before:,.0f} MB before)")
        bare = bare_minimum(folder, path)
        print(f"bare minimum  {orders / bare:>9,.0f} rows/s   the import reaches {bare / imported:.0%} of it")


def _peak() -> float:
    """The most memory that the process ever had, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
