"""Measures whether the time of a dashboard and of a year of every metric grows with the orders: those of an account with 1,000,000 against one with 1,000.

The facts of 10,000 imported orders are copied under other order ids, straight into the store, and their rollups counted. Both accounts are measured in
turns. Run: `make benchmark-million`, or with the two numbers of orders as arguments.
"""

import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from rollups import CLOCK, Cells, dashboard, filled, measured, series

from sellerhealth.facts import Feedback, Order, Package
from sellerhealth.model.records import Account
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database

IMPORTED, ROUNDS = 10_000, 15


def multiply(database: Database, loaded: Loaded, account_id: int, times: int) -> float:
    """Copies the facts of an account so often that it has so many times as many, and counts its rollups. Returns the CPU of that."""
    with database.writing() as connection:
        copies = sa.Table("copies", sa.MetaData(), sa.Column("number", sa.Integer), prefixes=["TEMPORARY"])
        copies.create(connection)
        connection.execute(sa.insert(copies), [{"number": number} for number in range(1, times)])
        tables: list[sa.Table] = [fact.__table__ for fact in (Order, Package, Feedback)]
        for table in tables:
            copied = [table.c.order_id + "-" + sa.cast(copies.c.number, sa.String) if each.name == "order_id" else each for each in table.c]
            of_copies = sa.select(*copied).select_from(table.join(copies, sa.true())).where(table.c.account_id == account_id)
            connection.execute(sa.insert(table).from_select([each.name for each in table.c], of_copies))
        copies.drop(connection)
        connection.execute(sa.update(Account).values(version=Account.version + 1))
    started = time.process_time()
    with database.writing() as connection:
        Upkeep(loaded.measures, connection, account_id, CLOCK).finish()
    return time.process_time() - started


def main() -> None:
    """Prints the medians and the ratios."""
    few, many = (int(argument) for argument in sys.argv[1:]) if len(sys.argv) > 1 else (1_000, 1_000_000)
    loaded = load_plugins(Settings(strict=True))
    sets = {loaded.measures.set_id: loaded.measures.members}
    with ExitStack() as stack:
        for cells in (Cells.KNOWN, Cells.UNKNOWN):
            accounts = []
            for orders in (few, many):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                database, account_id, _ = filled(folder, loaded, min(orders, IMPORTED), cells)
                if orders > IMPORTED:
                    seconds = multiply(database, loaded, account_id, orders // IMPORTED)
                    print(f"rollups of {orders:,} orders counted in {seconds:.0f} s of CPU", flush=True)
                accounts.append((database, account_id))
            ways = [partial(measured, *account, queries(loaded), sets) for queries in (dashboard, series) for account in accounts]
            for way in ways:
                way()
            medians = list(map(statistics.median, zip(*([way() for way in ways] for _ in range(ROUNDS)), strict=True)))
            for what, of_few, of_many in (("dashboard", *medians[:2]), ("year", *medians[2:])):
                print(
                    f"{cells.value} cells, {what}: {few:,} orders {of_few:.1f} ms, {many:,} orders {of_many:.1f} ms, {of_many / of_few:.2f}x",
                    flush=True,
                )


if __name__ == "__main__":
    main()
