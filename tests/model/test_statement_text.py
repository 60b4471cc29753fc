"""A statement that is sent as text gives the rows and the errors of SQLAlchemy, and is compiled once."""

import datetime as dt
import re
from collections import deque
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import UTCDateTime

from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.model.numbers import Numbers, is_one_of
from sellerhealth.model.records import Account
from sellerhealth.model.statement_text import rows_of
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, World

KEYS = ["seller-1", "seller-2", "seller-3"]
VALUES: dict[str, Any] = {"day": dt.date(2026, 2, 28), "instant": CLOCK, "flag": True, "ids": frozenset({1, 2}), "keys": KEYS}


def of_keys() -> Any:
    """A statement with values of each type that has another form in a driver, of its own and as parameters."""
    columns = [
        sa.bindparam("day", type_=sa.Date()).label("day"),
        sa.bindparam("instant", type_=UTCDateTime()).label("instant"),
        sa.bindparam("flag", type_=sa.Boolean()).label("flag"),
        sa.literal(dt.date(2026, 3, 1), sa.Date()).label("written"),
        is_one_of(sa.literal(2, sa.BigInteger()), sa.bindparam("ids", type_=Numbers())).label("listed"),
        sa.cast(sa.null(), sa.Date()).label("unknown"),
        Account.key,
        Account.updated_at,
        sa.func.count().label("number"),
    ]
    keys = Account.key.in_(sa.bindparam("keys", expanding=True))
    return sa.select(*columns).where(keys, Account.name != "100 %").group_by(Account.key, Account.updated_at).order_by(Account.key)


@pytest.fixture
def sellers(database: Database) -> Database:
    world = World(database)
    for _ in KEYS:
        world.account()
    world.save()
    return database


@pytest.mark.parametrize("keys", [KEYS, KEYS[:1], []])
def test_the_rows_are_those_of_sqlalchemy(sellers: Database, keys: list[str]) -> None:
    statement = of_keys()
    with sellers.reading() as connection:
        for _ in range(2):
            rows = list(rows_of(connection, statement, {**VALUES, "keys": keys}))
            assert rows == [tuple(row) for row in connection.execute(statement, {**VALUES, "keys": keys})]
            assert [row[6] for row in rows] == keys


def test_a_statement_made_of_another_one_has_its_own_text(sellers: Database) -> None:
    statement = of_keys()
    with sellers.reading() as connection:
        assert len(list(rows_of(connection, statement, VALUES))) == 3
        assert [row[6] for row in rows_of(connection, statement.where(Account.key == "seller-2"), VALUES)] == ["seller-2"]
        assert len(list(rows_of(connection, statement, VALUES))) == 3


def test_it_is_compiled_once_for_any_number_of_lengths(sellers: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = list[Any]()
    monkeypatch.setattr(SQLCompiler, "__init__", _noting(compiled, SQLCompiler.__init__))
    statement = of_keys()
    with sellers.reading() as connection:
        for number in [*range(40), *range(40)]:
            assert [row[6] for row in rows_of(connection, statement, {**VALUES, "keys": ["seller-2", *map(str, range(number))]})] == [
                "seller-2"
            ]
    assert len(compiled) == 1


def _noting(noted: list[Any], function: Any) -> Any:
    def note(*args: Any, **options: Any) -> Any:
        noted.append(args)
        return function(*args, **options)

    return note


def test_a_parameter_that_is_missing_is_an_error(sellers: Database) -> None:
    statement = of_keys()
    with sellers.reading() as connection:
        list(rows_of(connection, statement, VALUES))
        for name in ("day", "keys"):
            with pytest.raises(sa.exc.StatementError, match=f"A value is required for bind parameter '{name}'"):
                list(rows_of(connection, statement, {each: value for each, value in VALUES.items() if each != name}))


def test_an_error_of_the_driver_has_the_name_that_sqlalchemy_gives_it_and_no_values(sellers: Database) -> None:
    statement = sa.select(sa.column("b")).select_from(sa.table("missing")).where(sa.column("b") == sa.bindparam("value"))
    with sellers.reading() as connection, pytest.raises(sa.exc.DBAPIError, match="missing") as error:
        list(rows_of(connection, statement, {"value": "a secret"}))
    assert "a secret" not in str(error.value)


def counting(end: int) -> Any:
    numbers = sa.select(sa.literal(1).label("n")).cte("numbers", recursive=True)
    return numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < end))


def test_many_rows_are_read_in_parts(sellers: Database) -> None:
    with sellers.reading() as connection:
        assert [number for (number,) in rows_of(connection, sa.select(counting(2_500).c.n), {})] == list(range(1, 2_501))


def test_a_running_statement_is_interrupted(sellers: Database) -> None:
    for select in (sa.select(sa.func.sum(counting(10**9).c.n)), sa.select(counting(10**9).c.n)):
        with pytest.raises(DeadlinePassed), sellers.reading(Deadline(0.05)) as connection:
            deque(rows_of(connection, select, {}), maxlen=0)


def test_statements_are_counted_and_listened_to(sellers: Database, sent: list[tuple[str, Any]]) -> None:
    statement = of_keys()
    with sellers.reading() as connection:
        list(rows_of(connection, statement, VALUES))
        connection.execute(statement, VALUES)
    found, by_sqlalchemy = sent
    assert with_values(*found) == with_values(*by_sqlalchemy)


def with_values(text: str, values: Any) -> tuple[str, list[Any]]:
    """A statement and the values of its parameters in their order, which have names, numbers or neither."""
    if "?" in text:
        return text, list(values)
    found = re.findall(r"\$(\d+)|%\((\w+)\)s", text)
    return re.sub(r"\$\d+|%\(\w+\)s", "?", text), [values[int(number) - 1] if number else values[name] for number, name in found]
