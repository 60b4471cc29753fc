"""Reads facts as rows: by key, by order, and page by page. Every statement starts from the visible accounts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from sellerhealth.access import ReadSession
from sellerhealth.model.records import Account
from sellerhealth.model.tables import Fact
from sellerhealth.store.keyset import Page, PageRequest, Row, fetch_page, newest_first

Key: TypeAlias = tuple[Any, ...]  # of a fact: the id of its account, then its key columns


def key_columns(fact: type[Fact]) -> Sequence[sa.Column[Any]]:
    """The columns that identify a fact within its account."""
    return [column for column in _table(fact).primary_key if column.name != "account_id"]


def facts_by_key(session: ReadSession, keys: Iterable[Key], fact: type[Fact]) -> Mapping[Key, Row]:
    """The visible facts of a kind with these keys."""
    columns = [_table(fact).c.account_id, *key_columns(fact)]
    rows = session.execute(_matching(session, fact, columns, keys)).mappings()
    return {tuple(row[column.name] for column in columns): dict(row) for row in rows}


def facts_by_order(session: ReadSession, orders: Iterable[tuple[int, str]], fact: type[Fact]) -> Mapping[tuple[int, str], Sequence[Row]]:
    """The visible facts of a kind that belong to these orders, by account and order number, sorted by key."""
    columns = _table(fact).c.account_id, _table(fact).c.order_id
    statement = _matching(session, fact, columns, orders).order_by(*key_columns(fact))
    facts: defaultdict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in session.execute(statement).mappings():
        facts[row["account_id"], row["order_id"]].append(dict(row))
    return facts


@dataclass(frozen=True)
class FactList:
    """The facts of a kind of one account that meet all conditions, newest first by the instant in `at`."""

    fact: type[Fact]
    account_id: int
    at: InstrumentedAttribute[Any]
    where: Sequence[sa.ColumnElement[bool]]

    @property
    def position_columns(self) -> Sequence[sa.Column[Any]]:
        """The columns that the rows are sorted by, descending: the instant, then the key."""
        return [_table(self.fact).c[self.at.key], *key_columns(self.fact)]

    def in_marketplace(self, key: str) -> "FactList":
        """Those of one marketplace."""
        return replace(self, where=[*self.where, _table(self.fact).c.marketplace == key])

    def rows(self, session: ReadSession) -> "sa.Select[*tuple[Any, ...]]":
        """The visible rows. Rows without the instant are not in the list."""
        own = Account.account_id == self.account_id, _table(self.fact).c.account_id == self.account_id
        return _visible(session, self.fact).where(*own, self.at.is_not(None), *self.where)


def page_of_facts(session: ReadSession, facts: FactList, request: PageRequest) -> Page[Row]:
    """A page of a list of facts."""
    return fetch_page(session, facts.rows(session), newest_first(facts.position_columns), request)


def number_of_facts(session: ReadSession, facts: FactList) -> int:
    """The number of facts on all pages of a list."""
    number: int = session.execute(sa.select(sa.func.count()).select_from(facts.rows(session).subquery())).scalar_one()
    return number


def _matching(
    session: ReadSession, fact: type[Fact], columns: Sequence["sa.Column[Any]"], values: Iterable[Key]
) -> "sa.Select[*tuple[Any, ...]]":
    """The visible rows with these values of some columns."""
    # A join, because for an IN list of tuples SQLite reads all rows instead of using an index.
    rows = list(values)
    requested = sa.values(*(sa.column(column.name, column.type) for column in columns), name="requested").data(rows).cte()
    found = _visible(session, fact).join(requested, sa.and_(*(column == requested.c[column.name] for column in columns)))
    return found.where(Account.account_id.in_({account_id for account_id, *_ in rows}))


def _visible(session: ReadSession, fact: type[Fact]) -> "sa.Select[*tuple[Any, ...]]":
    table = _table(fact)
    return session.visible_accounts(*table.c).join(table, table.c.account_id == Account.account_id)


def _table(fact: type[Fact]) -> sa.Table:
    table: sa.Table = fact.__table__
    return table
