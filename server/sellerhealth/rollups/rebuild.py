"""Counts all rollups of accounts again from their facts, whether they are current or not."""

import datetime as dt
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from sellerhealth.model.records import AccountNumbers, AccountSnapshot, RollupState
from sellerhealth.rollups.measure_set import MeasureSet
from sellerhealth.rollups.tables import prepare
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.store.database import Database
from sellerhealth.store.writing import lock_account


def rebuild(database: Database, measures: MeasureSet, accounts: Sequence[int], clock: dt.datetime) -> Iterator[int]:
    """Rebuilds the rollups of accounts, one in each transaction, and yields the id of each that is done. An account erased meanwhile is left out.

    What is recorded of other sets of measures is deleted: they share columns, which may be as of a later clock. Their servers build
    them again, and the snapshots of the account.
    """
    prepare(database, measures)
    for account_id in accounts:
        with database.writing() as connection:
            exists = lock_account(connection, account_id)
            if exists:
                for derived in (RollupState, AccountSnapshot, AccountNumbers):
                    connection.execute(sa.delete(derived).where(derived.account_id == account_id))
                Upkeep(measures, connection, account_id, clock).finish()
        if exists:
            yield account_id
