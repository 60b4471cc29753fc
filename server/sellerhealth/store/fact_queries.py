"""Facts as rows, for whoever wants to see them: by their keys, by their orders, and page by page. Every statement starts from the visible accounts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from sellerhealth.access import ReadSession, visible_accounts
from sellerhealth.model.records import Account
from sellerhealth.model.tables import Fact
from sellerhealth.store.keyset import Page, PageRequest, Row, fetch_page, newest_first

Key: TypeAlias = tuple[Any, ...]  # of a fact: the id of its account, then what names it within the account


def key_columns(fact: type[Fact]) -> Sequence[sa.Column[Any]]:
    """What names a fact within its account."""
    return [column for column in _table(fact).primary_key if column.name != "account_id"]


def facts_by_key(fact: type[Fact], session: ReadSession, keys: Iterable[Key]) -> Mapping[Key, Row]:
    """The visible facts of a kind with these keys."""
    columns = [_table(fact).c.account_id, *key_columns(fact)]
    rows = session.execute(_among(fact, columns, keys)).mappings()
    return {tuple(row[column.name] for column in columns): dict(row) for row in rows}


def facts_by_order(fact: type[Fact], session: ReadSession, orders: Iterable[tuple[int, str]]) -> Mapping[tuple[int, str], Sequence[Row]]:
    """The visible facts of a kind that belong to these orders, by account and number of the order, in the order of their keys."""
    columns = _table(fact).c.account_id, _table(fact).c.order_id
    statement = _among(fact, columns, orders).order_by(*key_columns(fact))
    found: defaultdict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in session.execute(statement).mappings():
        found[row["account_id"], row["order_id"]].append(dict(row))
    return found


@dataclass(frozen=True)
class FactList:
    """The facts of a kind of one account that meet all conditions, newest first by the instant in `at`."""

    fact: type[Fact]
    account_id: int
    at: InstrumentedAttribute[Any]
    where: Sequence[sa.ColumnElement[bool]]

    @property
    def position_columns(self) -> Sequence[sa.Column[Any]]:
        """What the rows are ordered by, descending: the instant, then the key."""
        return [_table(self.fact).c[self.at.key], *key_columns(self.fact)]

    def rows(self) -> "sa.Select[*tuple[Any, ...]]":
        """The rows that the viewer may see. Those without the instant have no place in the list."""
        own = _table(self.fact).c.account_id == self.account_id
        return _visible(self.fact).where(own, self.at.is_not(None), *self.where)


def page_of_facts(session: ReadSession, of: FactList, request: PageRequest) -> Page[Row]:
    """A page of a list of facts."""
    return fetch_page(session, of.rows(), newest_first(of.position_columns), request)


def number_of_facts(session: ReadSession, of: FactList) -> int:
    """How many facts there are on all pages of a list."""
    number: int = session.execute(sa.select(sa.func.count()).select_from(of.rows().subquery())).scalar_one()
    return number


def _among(fact: type[Fact], columns: Sequence["sa.Column[Any]"], wanted: Iterable[Key]) -> "sa.Select[*tuple[Any, ...]]":
    """The visible rows with these values of some columns."""
    # Joined as a table: where such tuples stand in an IN list, SQLite reads all rows instead of those that an index finds.
    asked = sa.values(*(sa.column(column.name, column.type) for column in columns), name="asked").data(list(wanted)).cte()
    return _visible(fact).join(asked, sa.and_(*(column == asked.c[column.name] for column in columns)))


def _visible(fact: type[Fact]) -> "sa.Select[*tuple[Any, ...]]":
    table = _table(fact)
    return visible_accounts(*table.c).join(table, table.c.account_id == Account.account_id)


def _table(fact: type[Fact]) -> sa.Table:
    table: sa.Table = fact.__table__
    return table
