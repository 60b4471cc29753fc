"""A statement for a cluster names its accounts in each table, and is one that a cluster can send whole."""

from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sellerhealth.access import visible_accounts
from sellerhealth.facts import Item, Order, Package
from sellerhealth.model.records import Account
from sellerhealth.model.shard_routing import is_on_cluster, note_cluster, routed

ONE = Account.account_id == sa.bindparam("one")
SOME = Account.account_id.in_(sa.bindparam("some", expanding=True))
OF_CANCELLED_ITEMS = Order.items.any(Item.before_shipment)  # type: ignore[attr-defined]  # a relationship


def text_of(statement: Any) -> str:
    return " ".join(str(routed(statement).compile(dialect=postgresql.dialect())).split())


def of_orders(*where: Any) -> Any:
    return visible_accounts(Order.order_id, sees_all=True).join(Order, Order.account_id == Account.account_id).where(*where)


def test_a_joined_table_is_restricted() -> None:
    assert text_of(of_orders(ONE)).endswith("AND orders.account_id = %(one)s::BIGINT")
    assert text_of(of_orders(SOME)).endswith("AND orders.account_id IN (__[POSTCOMPILE_some])")


def test_the_table_of_each_inner_select_is_restricted() -> None:
    inner = text_of(of_orders(ONE, OF_CANCELLED_ITEMS)).partition("EXISTS (")[2]
    assert "AND items.account_id = %(one)s::BIGINT" in inner


def test_an_alias_and_a_table_of_an_in_are_restricted() -> None:
    package = sa.orm.aliased(Package, name="other")
    found = sa.select(package.order_id).where(package.account_id == Order.account_id, package.order_id == Order.order_id)
    text = text_of(of_orders(ONE, Order.order_id.in_(found)))
    assert "other.account_id = %(one)s::BIGINT" in text
    assert "orders.account_id = %(one)s::BIGINT" in text


def test_what_an_outer_join_adds_is_restricted_in_its_condition_so_that_no_row_is_left_out() -> None:
    package = sa.orm.aliased(Package, name="other")
    same = (package.account_id == Order.account_id) & (package.order_id == Order.order_id)
    of_one = Order.account_id.in_(visible_accounts(sees_all=True).where(ONE))  # type: ignore[attr-defined]  # a column
    text = text_of(sa.select(package.carrier).select_from(sa.outerjoin(Order, package, same)).where(of_one))
    joined, _, where = text.partition(" WHERE orders")
    assert "other.account_id = %(one)s::BIGINT" in joined
    assert "orders.account_id = %(one)s::BIGINT" in where
    assert "other.account_id" not in where


def test_a_stack_is_sent_as_one_with_the_accounts_in_each_part() -> None:
    accounts = visible_accounts(sees_all=True).where(ONE).cte("those")
    parts = (sa.select(table.account_id).where(table.account_id.in_(sa.select(accounts.c.account_id))) for table in (Order, Item))
    text = text_of(sa.union_all(*parts))
    assert "those AS NOT MATERIALIZED (SELECT accounts.account_id" in text
    assert text.endswith(
        "FROM (SELECT orders.account_id AS account_id FROM orders WHERE orders.account_id IN (SELECT those.account_id FROM those) "
        "AND orders.account_id = %(one)s::BIGINT UNION ALL SELECT items.account_id AS account_id FROM items "
        "WHERE items.account_id IN (SELECT those.account_id FROM those) AND items.account_id = %(one)s::BIGINT) AS stacked"
    )


def test_rows_made_of_parameters_are_left_as_they_are() -> None:
    keys = sa.values(sa.column("account_id", sa.BigInteger), sa.column("order_id", sa.String), name="requested").data([(1, "a")]).cte()
    statement = of_orders(ONE).join(keys, (Order.account_id == keys.c.account_id) & (Order.order_id == keys.c.order_id))
    assert "(account_id, order_id) AS (VALUES (" in text_of(statement)
    assert text_of(statement).endswith("AND orders.account_id = %(one)s::BIGINT")


def test_a_statement_that_names_no_account_goes_to_all() -> None:
    assert text_of(of_orders()) == " ".join(str(of_orders().compile(dialect=postgresql.dialect())).split())
    assert "account_id IN" not in text_of(of_orders(sa.or_(ONE, Account.key == "a")))  # it names one only by one of its ways


def test_a_statement_that_is_sent_again_is_prepared_once() -> None:
    statement = of_orders(ONE)
    assert routed(statement) is routed(statement)
    assert "order_id = " in text_of(statement.where(Order.order_id == "a"))  # another one, made of it


def test_a_statement_about_several_accounts_apart_names_none_for_all_tables() -> None:
    other = visible_accounts(sees_all=True).where(Account.account_id == 2).subquery()
    assert "orders.account_id = %(one)s" not in text_of(of_orders(ONE, Order.account_id.in_(sa.select(other.c.account_id))))


@pytest.mark.parametrize("is_cluster", [True, False])
def test_a_connection_knows_whether_it_is_to_a_cluster(is_cluster: bool) -> None:
    record = SimpleNamespace(info={})
    connection: Any = record
    assert not is_on_cluster(connection)
    note_cluster(record, is_cluster=is_cluster)
    assert is_on_cluster(connection) is is_cluster
