"""Examines the snapshots of accounts: whether those of some agree with the facts."""

import datetime as dt
from collections.abc import Iterator

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.doctor.finding import Finding, ok, problem
from sellerhealth.engine.keep_snapshots import verify_snapshot
from sellerhealth.engine.snapshots import Snapshot, holds
from sellerhealth.errors import StoreFault
from sellerhealth.model.records import Account
from sellerhealth.store.database import Database

_SAMPLE = 5  # accounts: their ids are hashes, so the first ones are any
_PATIENCE = 10.0  # seconds for all of them


def examine_snapshots(database: Database, snapshot: Snapshot, clock: dt.datetime) -> Iterator[Finding]:
    """The finding about snapshots. `clock`: the present as metrics see it."""
    try:
        yield _examine_sample(database, snapshot, clock)
    except StoreFault as fault:
        yield problem("snapshots", f"{fault.code}: {fault}")


def _examine_sample(database: Database, snapshot: Snapshot, clock: dt.datetime) -> Finding:
    compared, accounts, deadline = 0, 0, Deadline(_PATIENCE)
    held = _held(database, snapshot, clock)
    for account_id, key in held:
        try:
            with database.reading(deadline) as connection:
                session = ReadSession(connection, OWNER, clock, snapshot.stale_after)
                values, differences = verify_snapshot(session, snapshot, account_id)
        except DeadlinePassed:
            break
        if differences:
            return problem(
                "snapshots",
                f"Of the account {key}, {len(differences):,} values that are kept differ from the facts.",
                "Run `sellerhealth rollups verify`, which names all of them, then `sellerhealth rollups rebuild`. Report it: that is a fault of ours.",
            )
        compared, accounts = compared + values, accounts + 1
    if held and not accounts:
        return ok("snapshots", "No account was compared: that took too long.")
    if not held:
        return ok("snapshots", "No account has a snapshot that holds, so nothing to compare.")
    return ok("snapshots", f"{compared:,} values of {accounts} {'account' if accounts == 1 else 'accounts'} agree with the facts.")


def _held(database: Database, snapshot: Snapshot, clock: dt.datetime) -> list[tuple[int, str]]:
    """Some accounts whose snapshot holds."""
    with database.reading() as connection:
        session = ReadSession(connection, OWNER, clock, snapshot.stale_after)
        held = session.visible_accounts(Account.account_id, Account.key).where(holds()).order_by(Account.account_id).limit(_SAMPLE)
        return [(row[0], row[1]) for row in session.execute(held, snapshot.parameters(session))]
