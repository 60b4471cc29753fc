"""Reads accounts by key, with their marketplaces, coverage and notes. Every statement starts from the visible accounts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession, visible_accounts
from sellerhealth.model.records import Account, DataNote, Market, Source
from sellerhealth.model.tables import FactKind
from sellerhealth.store.accounts import account_id_of


class AccountRow(NamedTuple):
    """An account that the viewer may see."""

    account_id: int
    key: str
    name: str
    updated_at: dt.datetime | None


ACCOUNT_COLUMNS: Any = (Account.account_id, Account.key, Account.name, Account.updated_at)
_IDS = Account.account_id.in_(sa.bindparam("of_account_ids", expanding=True))


def accounts_by_key(session: ReadSession, keys: Iterable[str]) -> Mapping[str, AccountRow]:
    """The visible accounts with these keys. They are found by their ids, which are made of the keys: the key has no index."""
    requested = list(keys)
    parameters = {"of_keys": requested, "of_account_ids": list(map(account_id_of, requested))}
    rows = session.rows(_accounts_by_key(session.viewer.sees_all), parameters)
    return {row.key: row for row in map(AccountRow._make, rows)}


@cache  # as the others below: to build it takes longer than to run it
def _accounts_by_key(sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    return visible_accounts(*ACCOUNT_COLUMNS, sees_all=sees_all).where(_IDS, Account.key.in_(sa.bindparam("of_keys", expanding=True)))


def time_zones(session: ReadSession, key: str) -> tuple[str, Mapping[str, str]] | None:
    """The zone of a visible account's days, and those of its marketplaces. None if there is no such account."""
    own = session.visible_accounts(Account.account_id, Account.time_zone)
    account = session.execute(own.where(Account.account_id == account_id_of(key), Account.key == key)).first()
    if account is None:
        return None
    of_markets = session.rows(_markets(session.viewer.sees_all), {"of_account_ids": [account.account_id]})
    return account.time_zone, {marketplace: zone for _, marketplace, zone in of_markets}


def markets(session: ReadSession, account_ids: Iterable[int]) -> Mapping[int, Sequence[str]]:
    """The keys of the marketplaces in which accounts have facts."""
    marketplaces: defaultdict[int, list[str]] = defaultdict(list)
    for account_id, marketplace, _ in session.rows(_markets(session.viewer.sees_all), {"of_account_ids": list(account_ids)}):
        marketplaces[account_id].append(marketplace)
    return marketplaces


@cache
def _markets(sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    return _of(Market, Market.marketplace, Market.time_zone, sees_all=sees_all)


def sources(session: ReadSession, account_ids: Iterable[int]) -> Mapping[int, Sequence[tuple[FactKind, bool, dt.date]]]:
    """The kinds of fact that have a source, whether it is complete, and the last day that it covers: of each kind at most two."""
    covered: defaultdict[int, list[tuple[FactKind, bool, dt.date]]] = defaultdict(list)
    for account_id, fact, is_complete, through in session.rows(_sources(session.viewer.sees_all), {"of_account_ids": list(account_ids)}):
        covered[account_id].append((FactKind(fact), bool(is_complete), through))
    return covered


@cache
def _sources(sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    last = sa.func.max(Source.through, type_=sa.Date)
    return _of(Source, Source.fact, Source.complete, last, sees_all=sees_all).group_by(Source.account_id, Source.fact, Source.complete)


def notes(session: ReadSession, account_ids: Iterable[int]) -> Mapping[int, Mapping[str, int]]:
    """The number of facts with each data note, by its code."""
    counts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for account_id, code, count in session.rows(_notes(session.viewer.sees_all), {"of_account_ids": list(account_ids)}):
        counts[account_id][code] = count
    return counts


@cache
def _notes(sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    noted = _of(DataNote, DataNote.code, sa.func.count(), sees_all=sees_all)
    return noted.group_by(DataNote.account_id, DataNote.code).order_by(DataNote.code)


def known_marketplaces(session: ReadSession, keys: Iterable[str]) -> Mapping[str, bool]:
    """The marketplaces in which a visible account has facts, as keys, each with True."""
    rows = session.visible_accounts(Market.marketplace).join(Market, Market.account_id == Account.account_id)
    return dict.fromkeys(session.execute(rows.where(Market.marketplace.in_(keys)).distinct()).scalars(), True)


def _of(table: Any, *columns: Any, sees_all: bool) -> "sa.Select[*tuple[Any, ...]]":
    """Columns of the rows of visible accounts, after the id of the account."""
    return visible_accounts(table.account_id, *columns, sees_all=sees_all).join(table, table.account_id == Account.account_id).where(_IDS)
