"""Tables are distributed over a cluster, as they declare it; where there is none, the error says what is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

import sellerhealth
from sellerhealth.errors import BadInput
from sellerhealth.model.tables import metadata
from sellerhealth.plugins.load import Loaded
from sellerhealth.rollups.measure_set import measure_set
from sellerhealth.rollups.tables import prepare
from sellerhealth.store.database import Database
from sellerhealth.store.distribution import distribute, distributed_tables
from sellerhealth.store.rollup_tables import rollup_tables
from tests.support.stores import Kind, Stores

SOURCES = Path(sellerhealth.__file__).parent


def test_every_table_of_accounts_is_declared_to_be_distributed_and_no_other() -> None:
    distributed = distributed_tables()
    assert next(iter(distributed)) == "accounts"
    of_accounts = {table.name for table in metadata.sorted_tables if table.info["of_an_account"]}
    assert of_accounts | {"accounts"} == distributed.keys()


def test_a_process_that_has_imported_nothing_else_knows_every_table() -> None:
    """Tables are declared by modules: one that was not imported would be left on the coordinator, or out of a check."""
    code = "from sellerhealth.store.distribution import distributed_tables; print(*distributed_tables())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == list(distributed_tables())
    bare = "from sellerhealth.model.tables import metadata"
    assert [path for path in SOURCES.rglob("*.py") if bare in path.read_text()] == []


def test_a_database_that_is_not_on_a_cluster_is_not_distributed(database: Database, stores: Stores) -> None:
    if stores.are_on_cluster and not database.is_sqlite:
        pytest.skip("it is on one")
    with pytest.raises(BadInput) as refused:
        distribute(database)
    missing = "An SQLite file cannot be distributed" if database.is_sqlite else "run `CREATE EXTENSION citus` in the database"
    assert missing in str(refused.value)
    assert str(refused.value).endswith("See `sellerhealth docs operations#a-cluster`.")


def test_what_is_made_later_is_distributed_too(stores: Stores, built_ins: Loaded) -> None:
    if not stores.are_on_cluster:
        pytest.skip("there is no cluster: see docs/contributing.md")
    with stores.open(Kind.POSTGRESQL) as database:
        prepare(database, measure_set(built_ins.registry.values()))
        assert distribute(database) == []
        with database.writing() as connection:
            shards = dict(iter(connection.exec_driver_sql("SELECT CAST(table_name AS text), shard_count FROM citus_tables")))
            assert {*rollup_tables(connection), *distributed_tables()} == shards.keys()
        with pytest.raises(BadInput, match=f"distributed in {shards['accounts']} shards already, not in 7"):
            distribute(database, 7)
