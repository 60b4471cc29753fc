"""`sellerhealth rollups`: how far they are kept, counting them again, comparing and dropping."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from sellerhealth.engine.keep_snapshots import SnapshotKeeper
from sellerhealth.engine.snapshots import Snapshot
from sellerhealth.model.records import Account, AccountSnapshot, Lease, RollupSet
from sellerhealth.plugins.load import load_plugins
from sellerhealth.rollups.keeper import RollupKeeper
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from sellerhealth.store.rollup_tables import rollup_columns
from sellerhealth.testing import CLOCK


@pytest.fixture
def keeps_rollups() -> bool:
    return True


@pytest.fixture
def database(folder, shop, store_url):
    """The database of a shop whose rollups an import has built."""
    database = Database(store_url)
    yield database
    database.close()


def change(database: Database, *statements: object) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_status_of_a_store_without_rollups(invoke, folder):
    done = invoke("rollups", "status")
    assert done.exit_code == 0, done.err
    assert "are not kept yet" in done.err


def test_the_status_says_how_many_accounts_are_current_and_which_are_behind(invoke, database):
    done = invoke("rollups", "status")
    (own,) = [line.split() for line in done.out.splitlines() if "(own)" in line]
    assert own[4:6] == ["1", "0"]
    change(database, sa.update(Account).values(version=Account.version + 1))
    for options in ((), ("--account", "shop")):
        (own,) = [line.split() for line in invoke("rollups", "status", *options).out.splitlines() if "(own)" in line]
        assert own[4:6] == ["0", "1"]
    assert invoke("rollups", "status", "--account", "shot").err.startswith("NOT_FOUND: ")


def test_verify_names_a_difference_and_rebuild_mends_it(invoke, database):
    done = invoke("rollups", "verify")
    assert done.exit_code == 0, done.err
    assert re.fullmatch(r"The same as the facts: \d+ values of 1 account\.\n", done.out)
    with database.reading() as connection:
        columns = rollup_columns(connection)["rollup_orders_placed_on"]
        account_id = connection.scalar(sa.select(Account.account_id))
    numbers = [column for column in columns if column.startswith("n_")]
    table = sa.table("rollup_orders_placed_on", *map(sa.column, (*numbers, "account_id", "day", "marketplace", "channel", "part")))
    row = {"account_id": account_id, "day": "2026-03-01", "marketplace": "", "channel": "", "part": ""}
    change(database, sa.insert(table).values({**row, numbers[0]: 7}))
    done = invoke("rollups", "verify", "--account", "shop")
    assert done.exit_code == 1
    assert done.err.startswith("ROLLUPS_DIFFER: 1 value of ")
    (line,) = done.out.splitlines()[1:]
    assert line.split()[:3] == ["shop", "rollup_orders_placed_on", "2026-03-01"]
    assert "cancellation_rate." in line
    assert line.split()[-2:] == ["7", "0"]
    assert invoke("rollups", "rebuild").out == "Rebuilt the rollups of 1 account.\n"
    assert invoke("rollups", "verify").exit_code == 0


def test_accounts_that_are_behind_are_not_compared(invoke, database):
    change(database, sa.update(Account).values(version=Account.version + 1))
    done = invoke("rollups", "verify")
    assert (done.exit_code, done.out.splitlines()[1]) == (0, "Not compared: 1 account without current rollups, for which the facts answer.")
    assert invoke("rollups", "rebuild", "--account", "shop").exit_code == 0
    assert "Not compared" not in invoke("rollups", "verify").out


def test_snapshots_are_counted_compared_deleted_and_made_again(invoke, folder, database):
    settings = Settings()
    loaded = load_plugins(settings)

    def keep():
        """What a server does."""
        derived = SnapshotKeeper(database, Snapshot(loaded.registry.values(), settings.stale_after))
        RollupKeeper(database, loaded.measures, lambda: dt.datetime.now(dt.UTC), derived).run()

    assert invoke("rollups", "status").out.endswith("Snapshots of statuses hold for 0 accounts.\n")
    keep()
    assert invoke("rollups", "status", "--account", "shop").out.endswith("Snapshots of statuses hold for 1 account.\n")
    assert invoke("rollups", "verify").exit_code == 0
    change(database, sa.update(AccountSnapshot).values(statuses=",".join(["0 7/3 -"] * len(loaded.registry))))
    done = invoke("rollups", "verify")
    assert done.exit_code == 1
    assert done.err.startswith(f"ROLLUPS_DIFFER: {len(loaded.registry)} values of ")
    assert {line.split()[1] for line in done.out.splitlines()[1:]} == {"account_snapshots"}
    assert "late_shipment_rate" in done.out
    assert invoke("rollups", "rebuild").exit_code == 0
    assert invoke("rollups", "status").out.endswith("Snapshots of statuses hold for 0 accounts.\n")
    assert invoke("rollups", "verify").exit_code == 0
    change(
        database,
        sa.delete(Lease),
    )
    keep()
    change(database, sa.update(AccountSnapshot).values(since=CLOCK))
    assert invoke("rollups", "prune").out.endswith("Dropped 1 snapshot of statuses.\n")


def test_prune_drops_what_was_not_registered_for_long(invoke, database):
    assert invoke("rollups", "prune").out == "Dropped 0 tables and 0 columns.\n"
    change(database, sa.update(RollupSet).values(registered_at=CLOCK))
    assert "n_" in invoke("rollups", "status").out  # columns that nobody needs
    done = invoke("rollups", "prune")
    assert done.exit_code == 0, done.err
    assert "Dropped rollup_orders_placed_on.\n" in done.out
    assert re.search(r"^Dropped \d+ tables and 0 columns\.$", done.out, re.MULTILINE)
    assert invoke("rollups", "rebuild").exit_code == 0
    assert invoke("rollups", "verify").exit_code == 0
