"""Tables are distributed over a cluster, as they declare it; where there is none, the error says what is missing."""

import pytest

from sellerhealth.errors import BadInput, StoreNotReady
from sellerhealth.model.records import ApiKey
from sellerhealth.model.tables import metadata
from sellerhealth.store.database import Database
from sellerhealth.store.distribution import distribute, distributed_tables
from tests.support.stores import Stores


def test_every_table_of_accounts_is_declared_to_be_distributed_and_no_other() -> None:
    distributed = distributed_tables()
    assert distributed[0].name == "accounts"
    assert {*metadata.sorted_tables} - {*distributed} == {ApiKey.__table__}


def test_a_database_that_is_not_on_a_cluster_is_not_distributed(database: Database, stores: Stores) -> None:
    if stores.are_on_cluster and not database.is_sqlite:
        pytest.skip("it is on one")
    with pytest.raises(BadInput) as refused:
        distribute(database)
    missing = "An SQLite file cannot be distributed" if database.is_sqlite else "run `CREATE EXTENSION citus` in the database"
    assert missing in str(refused.value)
    assert str(refused.value).endswith("See docs/operations.md#a-cluster.")


def test_a_database_is_migrated_before_it_is_distributed(stores: Stores) -> None:
    database = Database(stores.databases.without_tables().render_as_string(hide_password=False))
    with pytest.raises(StoreNotReady, match="Run `sellerhealth migrate`"):
        distribute(database)
    database.close()
