"""Measures imports of a flat file of orders in CPU: the first, the same file again, a newer one with changes, many small ones, and many accounts.

The first is compared with `.import` of the program sqlite3, which reads the same file into one table of its columns with the order's number
as key, without checks or merging. Each round imports into new stores, one after the other, each in a process of its own; the median of the
rounds counts, and the spread is printed. Run: `make benchmark-import`, or with a number of orders, and of rounds, as arguments.
"""

import datetime as dt
import io
import multiprocessing
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sellerhealth.access import OWNER
from sellerhealth.intake import create_account, import_accounts, import_stream
from sellerhealth.plugins.load import load_plugins
from sellerhealth.rollups.rebuild import rebuild
from sellerhealth.settings import Settings
from sellerhealth.store.accounts import account_id_of
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade

HEAD = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel order-channel "
    "ship-service-level product-name sku asin item-status quantity currency item-price item-tax shipping-price shipping-tax "
    "gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city ship-state ship-postal-code ship-country "
    "promotion-ids cpf is-business-order purchase-order-number price-designation"
).split()
ROUNDS = 3
NOW = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SMALL_ACCOUNTS, SMALL_ORDERS = 40, 200  # imports of one file each
MANY_ACCOUNTS, MANY_ORDERS = 3_000, 100_000  # of one file
PRODUCTS = 500
REBUILT = 100  # accounts of it whose rollups are counted

Seconds = Mapping[str, float]


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
                "sku": f"SKU-{number % PRODUCTS:04}",
                "asin": f"B0{number % PRODUCTS:08}",
                "order-status": status,
                "item-status": status,
                "fulfillment-channel": "Amazon" if rng.random() < 0.3 else "Merchant",
                "sales-channel": "Amazon.com" if rng.random() < 0.6 else "Amazon.de",
            }
            file.write("\t".join(cells.values()) + "\r\n")


def write_changed(path: Path, changed: Path) -> None:
    """Writes a file with other values, and a newer instant, in every tenth row at random."""
    rng, updated, channel = random.Random(1), HEAD.index("last-updated-date"), HEAD.index("fulfillment-channel")
    other = {"Amazon": "Merchant", "Merchant": "Amazon"}
    with path.open(encoding="utf-8", newline="") as file, changed.open("w", encoding="utf-8", newline="") as copy:
        copy.write(next(file))
        for line in file:
            cells = line.split("\t")
            if rng.random() < 0.1:
                cells[updated], cells[channel] = (NOW - DAY).isoformat(timespec="seconds"), other[cells[channel]]
            copy.write("\t".join(cells))


def imports(folder: Path, path: Path, changed: Path, *, rollups: bool, first_alone: bool = False) -> Mapping[str, float]:
    """The seconds of CPU of imports into one new account, one after the other, and the peak memory of the first."""
    loaded = load_plugins(Settings(strict=True, rollups=rollups))
    database = Database(f"sqlite:///{folder / 'store.db'}")
    upgrade(database)
    account_id = create_account(database, OWNER, "BENCHMARK", "Benchmark")
    found: dict[str, float] = {}
    steps = (("first", path, NOW), ("again", path, NOW), ("later", path, NOW + DAY), ("changed", changed, NOW + 2 * DAY))
    for name, file, observed_at in steps if rollups and not first_alone else steps[:1]:
        with file.open("rb") as stream:
            started = time.process_time()
            import_stream(database, loaded, OWNER, account_id, stream, file.name, observed_at=observed_at)
            found[name] = time.process_time() - started
        found.setdefault("memory", _peak())
    database.close()
    return found


def small_imports(folder: Path, content: bytes, *, rollups: bool) -> Mapping[str, float]:
    """The seconds of CPU of the first import of a process, and of one of many small imports after it, each into a new account."""
    loaded = load_plugins(Settings(strict=True, rollups=rollups))
    database = Database(f"sqlite:///{folder / 'small.db'}")
    upgrade(database)
    seconds = []
    for number in range(SMALL_ACCOUNTS):
        account_id = create_account(database, OWNER, f"BENCHMARK-{number}", "Benchmark")
        started = time.process_time()
        import_stream(database, loaded, OWNER, account_id, io.BytesIO(content), "orders.tsv", observed_at=NOW)
        seconds.append(time.process_time() - started)
    database.close()
    return {"cold": seconds[0], "small": statistics.median(seconds[1:])}


def write_of_accounts(path: Path, of_accounts: Path) -> None:
    """Writes a file in which each row names one of many accounts at random."""
    rng = random.Random(2)
    with path.open(encoding="utf-8", newline="") as file, of_accounts.open("w", encoding="utf-8", newline="") as copy:
        copy.write(next(file).rstrip("\r\n") + "\taccount\r\n")
        for line in file:
            copy.write(line.rstrip("\r\n") + f"\tSHOP-{rng.randrange(MANY_ACCOUNTS)}\r\n")


def of_accounts(folder: Path, path: Path) -> Mapping[str, float]:
    """The seconds of CPU of an import into many new accounts, and of counting their rollups afterwards; the peak memory of the import."""
    loaded = load_plugins(Settings(strict=True))
    database = Database(f"sqlite:///{folder / 'many.db'}")
    upgrade(database)
    with path.open("rb") as stream:
        started = time.process_time()
        results = list(import_accounts(database, loaded, OWNER, stream, path.name, observed_at=NOW, create=True))
        many = time.process_time() - started
    memory = _peak()
    if len(results) != MANY_ACCOUNTS or any(each.error for each in results):
        raise RuntimeError("not all accounts were imported")
    started = time.process_time()
    rebuilt = list(rebuild(database, loaded.measures, [account_id_of(str(each.key)) for each in results[:REBUILT]], NOW))
    counting = (time.process_time() - started) / len(rebuilt)
    database.close()
    return {"many": many, "many memory": memory, "counting": counting}


def bare_import(folder: Path, path: Path) -> float:
    """The seconds of CPU that the program sqlite3 takes to import the file."""
    columns = ", ".join(f'"{name}" TEXT' for name in HEAD)
    script = f'CREATE TABLE orders ({columns}, PRIMARY KEY ("amazon-order-id"));\n.mode tabs\n.import --skip 1 {path} orders\n'
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["sqlite3", str(folder / "bare.db")], input=script, text=True, check=True)  # noqa: S603, S607 - the one on the machine, with our own script
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_round(path: Path, changed: Path, small: bytes, alone: Path, many: Path) -> Seconds:
    """The seconds of CPU of everything that is compared, each in a new store and a new process."""
    found: dict[str, float] = {}
    for rollups in (True, False):
        suffix = "" if rollups else " without"
        with tempfile.TemporaryDirectory() as name, multiprocessing.get_context("spawn").Pool(1) as one:
            found |= _named(one.apply(imports, (Path(name), path, changed), {"rollups": rollups}), suffix)
        with tempfile.TemporaryDirectory() as name, multiprocessing.get_context("spawn").Pool(1) as one:
            found |= _named(one.apply(small_imports, (Path(name), small), {"rollups": rollups}), suffix)
    with tempfile.TemporaryDirectory() as name:
        found["bare"] = bare_import(Path(name), path)
    with tempfile.TemporaryDirectory() as name, multiprocessing.get_context("spawn").Pool(1) as worker:
        found |= worker.apply(of_accounts, (Path(name), many))
    for suffix, rollups in (("", True), (" without", False)):
        with tempfile.TemporaryDirectory() as name, multiprocessing.get_context("spawn").Pool(1) as worker:
            found[f"one{suffix}"] = worker.apply(imports, (Path(name), alone, alone), {"rollups": rollups, "first_alone": True})["first"]
    return found


def _named(figures: Mapping[str, float], suffix: str) -> Seconds:
    return {f"{name}{suffix}": value for name, value in figures.items()}


def _printed(name: str, values: Iterable[float], form: str = ".0%") -> None:
    found: Sequence[float] = sorted(values)
    spread = f"   ({found[0]:{form}} to {found[-1]:{form}})" if len(found) > 1 else ""
    print(f"{name:<62} {statistics.median(found):>9{form}}{spread}")


def main() -> None:
    """Prints the figures."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    if shutil.which("sqlite3") is None:
        raise SystemExit("The program sqlite3 is not installed: it is what the import is compared with.")
    with tempfile.TemporaryDirectory() as name:
        path, changed, small, one, many = (Path(name) / f"{each}.tsv" for each in ("orders", "changed", "small", "one", "many"))
        write_flat_file(path, orders)
        write_changed(path, changed)
        write_flat_file(small, SMALL_ORDERS)
        write_flat_file(one, MANY_ORDERS)
        write_of_accounts(one, many)
        print(f"{orders:,} orders, {path.stat().st_size / 1e6:,.0f} MB, {rounds} rounds; CPU, the median and the spread")
        found = [one_round(path, changed, small.read_bytes(), one, many) for _ in range(rounds)]
    _printed("first import, rows/s", (orders / each["first"] for each in found), ",.0f")
    _printed("  peak memory, MB", (each["memory"] for each in found), ",.0f")
    _printed("  rows/s against `.import` into a keyed table", (each["bare"] / each["first"] for each in found))
    _printed("  the same without rollups", (each["bare"] / each["first without"] for each in found))
    _printed("  time with rollups against without", (each["first"] / each["first without"] for each in found), ".2f")
    _printed("the same file again, against the first import", (each["again"] / each["first"] for each in found), ".1%")
    _printed("  as of a later instant", (each["later"] / each["first"] for each in found))
    _printed("a newer file with a tenth of its rows changed", (each["changed"] / each["first"] for each in found))
    _printed(f"an import of {SMALL_ORDERS} orders into a new account, ms", (1000 * each["small"] for each in found), ",.0f")
    _printed("  against one without rollups", (each["small"] / each["small without"] for each in found), ".2f")
    _printed("  the first of a process against one without rollups", (each["cold"] / each["cold without"] for each in found), ".2f")
    _printed(f"{MANY_ORDERS:,} orders of {MANY_ACCOUNTS:,} new accounts in one file, s", (each["many"] for each in found), ".1f")
    _printed("  peak memory, MB", (each["many memory"] for each in found), ",.0f")
    _printed("  against the same rows in one account, with rollups", (each["many"] / each["one"] for each in found), ".2f")
    _printed("  against the same rows in one account, without", (each["many"] / each["one without"] for each in found), ".2f")
    _printed("  counting the rollups of one of them afterwards, ms", (1000 * each["counting"] for each in found), ",.0f")


def _peak() -> float:
    """The peak memory of the process in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
