"""What the API reads besides metrics: accounts by key, and what the store knows of them. Every statement starts from the visible accounts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession, visible_accounts
from sellerhealth.model.records import Account, DataNote, Market, Source
from sellerhealth.model.tables import FactKind


class AccountRow(NamedTuple):
    """An account that the viewer may see."""

    account_id: int
    key: str
    name: str
    updated_at: dt.datetime | None


ACCOUNT_COLUMNS: Any = (Account.account_id, Account.key, Account.name, Account.updated_at)


def accounts_by_key(session: ReadSession, keys: Iterable[str]) -> Mapping[str, AccountRow]:
    """The visible accounts with these keys."""
    rows = session.execute(visible_accounts(*ACCOUNT_COLUMNS).where(Account.key.in_(keys)))
    return {seen.key: seen for seen in map(AccountRow._make, rows)}


def markets(session: ReadSession, account_ids: Iterable[int]) -> Mapping[int, Sequence[str]]:
    """The keys of the marketplaces in which accounts have facts."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for account_id, marketplace in session.execute(_of(account_ids, Market, Market.marketplace)):
        found[account_id].append(marketplace)
    return found


def coverage(session: ReadSession, account_ids: Iterable[int]) -> Mapping[int, Mapping[FactKind, dt.date]]:
    """Up to which day each kind of fact is covered, for the kinds that have a source at all."""
    found: defaultdict[int, dict[FactKind, dt.date]] = defaultdict(dict)
    last = sa.func.max(Source.through, type_=sa.Date)
    for account_id, fact, through in session.execute(_of(account_ids, Source, Source.fact, last).group_by(Source.account_id, Source.fact)):
        found[account_id][FactKind(fact)] = through
    return found


def notes(session: ReadSession, account_ids: Iterable[int]) -> Mapping[int, Mapping[str, int]]:
    """How many facts each kind of contradiction concerns, by its code."""
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for account_id, code, count in session.execute(
        _of(account_ids, DataNote, DataNote.code, sa.func.count()).group_by(DataNote.account_id, DataNote.code).order_by(DataNote.code)
    ):
        found[account_id][code] = count
    return found


def known_marketplaces(session: ReadSession, keys: Iterable[str]) -> Mapping[str, bool]:
    """Those of the marketplaces in which any visible account has facts."""
    rows = visible_accounts(Market.marketplace).join(Market, Market.account_id == Account.account_id).where(Market.marketplace.in_(keys))
    return dict.fromkeys(session.execute(rows.distinct()).scalars(), True)


def _of(account_ids: Iterable[int], table: Any, *columns: Any) -> sa.Select[Any]:
    """Columns of what belongs to visible accounts, after the id of the account."""
    return (
        visible_accounts(table.account_id, *columns)
        .join(table, table.account_id == Account.account_id)
        .where(Account.account_id.in_(account_ids))
    )
