"""Examines rollups: whether those of some accounts agree with the facts, and whether any are behind."""

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
_REMEDY = "Run `serve` with these plugins, which builds them, or `sellerhealth rollups rebuild`."
_LONG = dt.timedelta(hours=1)  # since the last change of an account: a server brings it up to date within minutes


def examine_rollups(database: Database, measures: MeasureSet, clock: dt.datetime) -> Iterator[Finding]:
    """The findings about rollups. `clock`: the present as metrics see it."""
    try:
        behind, for_long = _behind(database, measures)
        if for_long:
            yield warning(
                "rollups",
                f"{_accounts(for_long)} changed more than an hour ago, and have no current rollups: the facts answer, which takes longer.",
                _REMEDY,
            )
        yield from _examine_sample(database, measures, clock, behind - for_long, is_reported=for_long > 0)
    except StoreFault as fault:
        yield problem("rollups", f"{fault.code}: {fault}")


def _behind(database: Database, measures: MeasureSet) -> tuple[int, int]:
    """How many accounts have no current rollups, and how many of them have had none for long."""
    for_long = Account.updated_at < dt.datetime.now(dt.UTC) - _LONG
    behind = sa.select(sa.func.count(), sa.func.count().filter(for_long)).select_from(Account).where(sa.not_(is_current(at_clock=False)))
    with database.reading() as connection:
        number, number_for_long = connection.execute(behind, CurrentRollups((measures.set_id,), None).parameters).one()
    return number, number_for_long


def _examine_sample(database: Database, measures: MeasureSet, clock: dt.datetime, behind: int, *, is_reported: bool) -> Iterator[Finding]:
    """Compares some accounts. `behind`: how many others changed lately. `is_reported`: whether it was said that some are behind for long."""
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
            yield problem(
                "rollups",
                f"Of the account {key}, {len(verified.differences):,} numbers that are kept differ from the facts.",
                "Run `sellerhealth rollups verify`, which names all of them, then `sellerhealth rollups rebuild`. Report it: that is a fault of ours.",
            )
            return
        compared, accounts = compared + verified.compared, accounts + verified.is_current
    lately = f"Changed within the last hour, and behind: {_accounts(behind)}." if behind else ""
    if sample:
        more = f" {lately} A server counts what is behind within minutes, and until then the facts answer." if lately else ""
        yield ok("rollups", f"{compared:,} numbers of {_accounts(accounts)} agree with the facts.{more}")
    elif lately:
        yield warning("rollups", f"Nothing can be compared. {lately} The facts answer, which takes longer.", _REMEDY)
    elif not is_reported:
        yield ok("rollups", "There is no account yet, so nothing to compare.")


def _accounts(number: int) -> str:
    return "1 account" if number == 1 else f"{number:,} accounts"
