"""Examines rollups: whether those of some accounts agree with the facts, and whether any have been behind for long."""

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa

from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.doctor.finding import Finding, ok, problem, warning
from sellerhealth.errors import StoreFault
from sellerhealth.model.records import Account
from sellerhealth.rollups.current import CurrentRollups, is_current
from sellerhealth.rollups.measure_set import MeasureSet
from sellerhealth.rollups.verify import verify_account
from sellerhealth.store.database import Database

_SAMPLE = 5  # accounts: their ids are hashes, so the first ones are any
_PATIENCE = 10.0  # seconds for all of them
_LONG = dt.timedelta(hours=1)  # since the last change of an account: a server brings it up to date within minutes


def examine_rollups(database: Database, measures: MeasureSet, clock: dt.datetime) -> Iterator[Finding]:
    """The findings about rollups. `clock`: the present as metrics see it."""
    try:
        behind = _long_behind(database, measures)
        if behind:
            yield warning(
                "rollups",
                f"{behind:,} accounts changed more than an hour ago, and have no current rollups: the facts answer, which takes longer.",
                "Run `serve` with these plugins, which builds them, or `sellerhealth rollups rebuild`.",
            )
        yield _examine_sample(database, measures, clock)
    except StoreFault as fault:
        yield problem("rollups", f"{fault.code}: {fault}")


def _long_behind(database: Database, measures: MeasureSet) -> int:
    changed = Account.updated_at < dt.datetime.now(dt.UTC) - _LONG
    behind = sa.select(sa.func.count()).select_from(Account).where(changed, sa.not_(is_current(at_clock=False)))
    with database.reading() as connection:
        return connection.scalar(behind, CurrentRollups((measures.set_id,), None).parameters) or 0


def _examine_sample(database: Database, measures: MeasureSet, clock: dt.datetime) -> Finding:
    current = sa.select(Account.account_id, Account.key).where(is_current(at_clock=False)).order_by(Account.account_id).limit(_SAMPLE)
    with database.reading() as connection:
        sample = connection.execute(current, CurrentRollups((measures.set_id,), None).parameters).all()
    compared, accounts, deadline = 0, 0, Deadline(_PATIENCE)
    for account_id, key in sample:
        try:
            with database.reading(deadline) as connection:
                verified = verify_account(connection, measures, account_id, clock)
        except DeadlinePassed:
            break
        if verified.differences:
            return problem(
                "rollups",
                f"Of the account {key}, {len(verified.differences):,} numbers that are kept differ from the facts.",
                "Run `sellerhealth rollups verify`, which names all of them, then `sellerhealth rollups rebuild`. Report it: that is a fault of ours.",
            )
        compared, accounts = compared + verified.compared, accounts + verified.is_current
    return ok("rollups", f"{compared:,} numbers of {accounts} accounts agree with the facts.")
