"""Stores with rows in every table, and all that is stored of them."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import UTCDateTime

from sellerhealth.facts import Order
from sellerhealth.model.records import Account
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from tests.store.importing import DAY, NOON

TABLES: Sequence[sa.Table] = [table for table in Order.metadata.sorted_tables if table.info["copied"]]
ROWS = 3  # in each table of an account
LARGE = 2**31 - 1


def fill(database: Database, *keys: str) -> list[int]:
    """New accounts with rows in every table, and as many rows in the tables that belong to none. Returns the ids of the accounts."""
    with database.writing() as connection:
        ids = [accounts.create(connection, key, f"The seller {key}", "Asia/Tokyo") for key in keys]
        for account_id in ids:
            own = sa.update(Account).where(Account.account_id == account_id)
            connection.execute(own.values(version=account_id % 1000, updated_at=NOON + dt.timedelta(microseconds=account_id % 1000)))
            add(connection, account_id)
        for table in TABLES:
            if not table.info["of_an_account"] and table is not Account.__table__:
                connection.execute(sa.insert(table), list(_rows(table, {})))
    return ids


def add(connection: sa.Connection, account_id: int, first: int = 0) -> None:
    """Adds rows, numbered from `first`, to every table of an account. Of each two rows, one has nothing that may be missing."""
    for table in TABLES:
        if table.info["of_an_account"]:
            connection.execute(sa.insert(table), list(_rows(table, {"account_id": account_id}, first)))


def contents(database: Database) -> Mapping[str, Sequence[Sequence[Any]]]:
    """All rows of all tables."""
    with database.reading() as connection:
        return {table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))] for table in TABLES}


def _rows(table: sa.Table, known: Mapping[str, Any], first: int = 0) -> Iterator[Mapping[str, Any]]:
    for number in range(first, first + ROWS):
        yield {column.name: known.get(column.name, _value(column, number)) for column in table.c}


def _value(column: "sa.Column[Any]", number: int) -> Any:
    if column.nullable and number % 2:
        return None
    if column.name == "key_id":  # as long as a real one, and the same for keys and their grants
        return f"{number:010}"
    if (values := _allowed(column)) is not None:
        return values[number % len(values)]
    match column.type:
        case sa.Boolean():
            return number % 2 == 0
        case sa.Date():
            return NOON.date() + number * DAY
        case UTCDateTime():
            return NOON + number * DAY + dt.timedelta(microseconds=number)
        case sa.BigInteger():
            return 2**62 + number
        case sa.Integer():
            return LARGE - number
        case sa.JSON():
            return [f'{column.name} "{number}" \\ ß 日 😀']
        case _:
            return f"{column.name} {number} \\ \\N \t \n \r '\" ß 日 😀"


def _allowed(column: "sa.Column[Any]") -> Sequence[Any] | None:
    """The values that a check allows."""
    for check in column.table.constraints:
        if isinstance(check, sa.CheckConstraint) and str(check.name) in (column.name, f"ck_{column.table.name}_{column.name}"):
            between = check.info.get("between")
            return check.info["among"] if between is None else range(between[0], between[1] + 1)
    return None
