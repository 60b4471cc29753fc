"""The transactions of imports: one for each account, or one for several new ones."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import sqlalchemy as sa
import structlog

from sellerhealth.access import Viewer
from sellerhealth.errors import StoreFault
from sellerhealth.model.records import ImportBatch
from sellerhealth.sources import Importer
from sellerhealth.store import revocations
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.database import Database
from sellerhealth.store.derive import Classify
from sellerhealth.store.held_inserts import HeldInserts
from sellerhealth.store.ingest import Ingest, KeepRollups
from sellerhealth.store.statistics import analyse
from sellerhealth.store.writing import writing_into, writing_into_new

log = structlog.get_logger(__name__)


class _Rollback(Exception):
    """Rolls a dry run back."""


@contextlib.contextmanager
def ingesting(
    database: Database,
    viewer: Viewer,
    account: int | NewAccount,
    importer: Importer,
    batch: ImportBatch,
    classify: Classify,
    *,
    time_zones: Mapping[str, str] | None = None,
    dry_run: bool = False,
    keep_rollups: KeepRollups | None = None,
    settles: bool = True,
) -> Iterator[Ingest]:
    """An import of a viewer into one account, by its id, or into a new one: all or nothing. An exception, or `dry_run`, leaves the database unchanged.

    `time_zones` maps a marketplace to the zone of its days, and applies when the first fact of that marketplace arrives. `keep_rollups`
    keeps the rollups in the same transaction; without it they fall behind, and the facts answer. `settles`: whether `settle` follows.
    """
    if isinstance(account, NewAccount):
        transaction = writing_into_new(database, viewer, [account])
    else:
        transaction = writing_into(database, viewer, account)
    with contextlib.suppress(_Rollback), transaction as connection:
        ingest = Ingest(connection, account, importer, batch, classify, time_zones or {}, keep_rollups)
        yield ingest
        ingest.finish()
        if dry_run:
            raise _Rollback
    if settles:
        settle(database, {} if dry_run else ingest.written)


@contextlib.contextmanager
def ingesting_new(
    database: Database,
    viewer: Viewer,
    accounts: Sequence[NewAccount],
    importer: Importer,
    classify: Classify,
    *,
    time_zones: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Iterator[Callable[[NewAccount, ImportBatch], contextlib.AbstractContextManager[Ingest]]]:
    """Imports into new accounts, one after the other in one transaction: all of them or none. Their rollups are counted later.

    The plain way is `ingesting` for each. What they insert is held, so that one statement stores it for all.
    """

    @contextlib.contextmanager
    def ingesting_one(account: NewAccount, batch: ImportBatch) -> Iterator[Ingest]:
        ingest = Ingest(connection, account, importer, batch, classify, time_zones or {}, None, held)
        yield ingest
        ingest.finish()

    with contextlib.suppress(_Rollback), writing_into_new(database, viewer, accounts) as connection:
        held = HeldInserts(connection)
        yield ingesting_one
        held.send()
        if dry_run:
            raise _Rollback


def settle(database: Database, written: Mapping[sa.Table, int]) -> None:
    """Does what could not be done while an import was stored, or is done once after several: so many rows were written, by table."""
    try:
        revocations.settle(database)
        if written:
            analyse(database, written)
    except StoreFault as fault:  # the import is stored: it has not failed
        log.warning("not_analysed", code=fault.code, reason=str(fault))
