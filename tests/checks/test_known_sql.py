"""What a hostile expression tries in order to read another account: it is refused, or it answers for its own account alone."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql import elements, functions, operators

from sellerhealth import Count, Metric, Window, count
from sellerhealth.checks.metric_checks import problems
from sellerhealth.facts import Claim, Feedback, Order, Refund
from sellerhealth.intake.checking import mistake_in
from sellerhealth.metrics.measures import Measure
from sellerhealth.model.records import Account, RejectedRow, Source
from sellerhealth.sources import Row
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, World

ANY_SQL = "(SELECT count(*) FROM orders) > 3"
other = aliased(Order)


class OwnElement(sa.ColumnElement[bool]):
    inherit_cache = True
    type = sa.Boolean()


class OwnFunction(functions.FunctionElement[bool]):
    name = "lower"
    inherit_cache = True
    type = sa.Boolean()


class OwnCoalesce(functions.coalesce[bool]):
    inherit_cache = True


OwnCoalesce.name = "coalesce"  # not in the class: SQLAlchemy would register it for everybody


@compiles(OwnElement)
@compiles(OwnFunction)
@compiles(OwnCoalesce)
def _as_any_sql(element: Any, compiler: Any, **options: Any) -> str:
    return ANY_SQL


class OwnType(sa.types.TypeDecorator[bool]):
    impl = sa.Boolean
    cache_ok = True

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.literal_column(ANY_SQL)


def of_order(fact: Any) -> Any:
    return (fact.account_id == Order.account_id) & (fact.order_id == Order.order_id)


def rows(fact: Any = Refund) -> Any:
    """The rows of the order that is counted."""
    return sa.select(fact.order_id).where(of_order(fact))


def plain(name: str) -> Any:
    return elements.quoted_name(name, quote=False)


def table(name: str, prefix: str = "") -> Any:
    columns = [sa.Column(prefix + column, sa.String, key=column) for column in ("account_id", "order_id")]
    return sa.Table(name, sa.MetaData(), *columns)


REFUSED: dict[str, Callable[[], Any]] = {
    "an exists over all": lambda: sa.exists().where(Refund.reason.is_(None)),
    "an exists over others": lambda: sa.exists().where(Refund.account_id != Order.account_id),
    "an exists over an account by its id": lambda: sa.exists().where(Refund.account_id == 5),
    "an exists by the order alone": lambda: sa.exists().where(Refund.order_id == Order.order_id),
    "an exists by the account alone": lambda: sa.exists().where(Refund.account_id == Order.account_id),
    "an exists without a condition": lambda: sa.exists(sa.select(Refund.order_id)),
    "an exists with or": lambda: sa.exists().where(of_order(Refund) | (Refund.reason == "X")),
    "an exists with not": lambda: sa.exists().where(~of_order(Refund)),
    "an exists with coalesce": lambda: sa.exists().where(
        sa.func.coalesce(Refund.account_id, Order.account_id) == Order.account_id, Refund.order_id == Order.order_id
    ),
    "an exists with having": lambda: sa.exists(sa.select(Refund.order_id).group_by(Refund.order_id).having(of_order(Refund))),
    "an exists in a lookup": lambda: Order.claims.any(sa.exists().where(Refund.reason.is_(None))),
    "an exists that takes nothing from the row": lambda: sa.exists(sa.select(other.order_id).where(of_order(Refund)).correlate(None)),
    "an exists without correlation": lambda: sa.exists().where(of_order(Refund)).correlate(None),
    "an exists over the same fact": lambda: sa.exists().where(Order.status == "CANCELLED"),
    "an exists from the same fact": lambda: sa.exists(sa.select(Order.order_id).select_from(Order)),
    "an exists over the fact of a lookup": lambda: Order.claims.any(sa.exists().where(Claim.state == "OPEN")),
    "an exists over a join with the same fact": lambda: sa.exists(
        sa.select(Refund.order_id).select_from(sa.join(Order, Refund, of_order(Refund)))
    ),
    "in a list of the same fact": lambda: Order.order_id.in_(sa.select(Order.order_id).where(Order.status == "CANCELLED")),
    "a value of the same fact": lambda: (
        Order.order_id == sa.select(Order.order_id).where(Order.status == "CANCELLED").scalar_subquery()
    ),
    "a count": lambda: sa.select(sa.func.count()).select_from(Refund).scalar_subquery() > 1,
    "a value": lambda: sa.select(Refund.order_id).limit(1).scalar_subquery().is_not(None),
    "a value in a lookup": lambda: Order.claims.any(sa.select(Refund.order_id).limit(1).scalar_subquery().is_not(None)),
    "a value of another fact in a tied lookup": lambda: (
        sa.select(other.status).where(of_order(Refund)).limit(1).scalar_subquery() == "SHIPPED"
    ),
    "a value as a column of a tied lookup": lambda: sa.exists(
        sa.select(sa.select(Claim.state).limit(1).scalar_subquery()).where(of_order(Refund))
    ),
    "a value in a function": lambda: sa.func.nullif(sa.select(Refund.order_id).limit(1).scalar_subquery(), "x") == "y",
    "a value in a case": lambda: sa.case((sa.exists().where(Refund.reason == "X"), True), else_=False),
    "a value of another type": lambda: (
        sa.type_coerce(sa.select(sa.func.count()).select_from(Refund).scalar_subquery(), sa.Integer) > 1
    ),
    "a part of a day": lambda: (
        sa.extract("year", sa.select(Order.placed_on).correlate(None).limit(1).scalar_subquery()) > 1
    ),
    "in a list": lambda: Order.order_id.in_(sa.select(Refund.order_id)),
    "not in a list": lambda: Order.order_id.not_in(sa.select(Refund.order_id)),
    "in a list of accounts": lambda: Order.account_id.in_(sa.select(Refund.account_id)),
    "in a list of pairs": lambda: sa.tuple_(Order.order_id, Order.account_id).in_(sa.select(Refund.order_id, Refund.account_id)),
    "in a union": lambda: Order.order_id.in_(sa.union_all(rows(), sa.select(Claim.order_id))),
    "a union that exists": lambda: sa.union(rows(), sa.select(Claim.order_id)).exists(),
    "any of a list": lambda: Order.order_id == sa.any_(sa.select(Refund.order_id).scalar_subquery()),
    "all of a list": lambda: Order.order_id == sa.all_(sa.select(Refund.order_id).scalar_subquery()),
    "an alias": lambda: other.status == "SHIPPED",
    "an exists over an alias": lambda: sa.exists().where(other.order_id != Order.order_id),
    "a relationship of an alias": lambda: other.claims.any(),
    "an alias with a name that is SQL": lambda: (
        lambda named: sa.exists().where(named.c.account_id == Order.account_id, named.c.order_id == Order.order_id)
    )(Refund.__table__.alias(plain("refunds, orders AS x"))),
    "a join": lambda: sa.exists(
        sa.select(1).select_from(sa.join(Claim, Refund, Claim.order_id == Refund.order_id)).where(of_order(Claim))
    ),
    "a column of another fact": lambda: Refund.reason == "X",
    "an outer join": lambda: sa.exists(
        sa.select(1).select_from(
            sa.outerjoin(
                Refund, Claim, of_order(Claim) & (Refund.account_id == Claim.account_id) & (Refund.order_id == Claim.order_id)
            )
        )
    ),
    "a full join": lambda: sa.exists(
        sa.select(1).select_from(
            sa.join(
                Refund, Claim, of_order(Claim) & (Refund.account_id == Claim.account_id) & (Refund.order_id == Claim.order_id), full=True
            )
        )
    ),
    "an outer join of a select": lambda: sa.exists(
        sa.select(1).select_from(Refund).outerjoin(Claim, of_order(Claim) & (Refund.account_id == Claim.account_id) & (Refund.order_id == Claim.order_id))
    ),
    "a subquery": lambda: (lambda found: sa.exists().where(found.c.order_id == Order.order_id, found.c.account_id == Order.account_id))(
        sa.select(Refund.order_id, Refund.account_id).subquery()
    ),
    "a subquery with the account of another": lambda: (
        lambda found: sa.exists().where(found.c.order_id == Order.order_id, found.c.account_id == Order.account_id)
    )(sa.select(Refund.order_id, other.account_id).subquery()),
    "a common table expression": lambda: (lambda found: sa.exists(sa.select(found.c.order_id)))(sa.select(Refund.order_id).cte()),
    "a common table expression beside": lambda: sa.exists(rows().add_cte(sa.select(Claim.order_id).cte())),
    "a statement that deletes": lambda: sa.exists(rows().add_cte(sa.delete(Order).cte())),
    "a lateral subquery": lambda: (lambda found: sa.exists(sa.select(found.c.order_id)))(sa.select(Refund.order_id).lateral()),
    "a sample of a table": lambda: sa.exists(sa.select(sa.tablesample(Refund.__table__, 100).c.order_id)),
    "text": lambda: sa.text(ANY_SQL),
    "text in a lookup": lambda: Order.claims.any(sa.text("1=1) OR EXISTS (SELECT 1 FROM orders")),
    "text beside a condition": lambda: Order.accepted & sa.text("1=1 OR 1=1"),
    "text as a list": lambda: Order.order_id.in_(sa.text("SELECT order_id FROM orders")),
    "text as a table": lambda: sa.exists(sa.select(1).select_from(sa.text("orders"))),
    "text as an order": lambda: sa.exists(rows().order_by(sa.text("(SELECT 1)"))),
    "text before the columns": lambda: sa.exists(rows().prefix_with("1 UNION SELECT")),
    "text behind": lambda: sa.exists(rows().suffix_with("OR 1=1 UNION ALL SELECT order_id FROM orders")),
    "text as a hint": lambda: sa.exists(rows().with_hint(Refund, "OR 1")),
    "text as a hint of the statement": lambda: sa.exists(rows().with_statement_hint("UNION ALL SELECT order_id FROM orders")),
    "a literal column": lambda: sa.literal_column(ANY_SQL, sa.Boolean),
    "a column of no table": lambda: sa.column("is_replacement", sa.Boolean),
    "a column with a name that is SQL": lambda: sa.column(plain(ANY_SQL), sa.Boolean),
    "a label with a name that is SQL": lambda: Order.accepted.label(plain("x FROM orders --")),
    "a table by its name": lambda: (lambda orders: sa.exists().where(orders.c.order_id == Order.order_id))(
        sa.table("orders", sa.column("order_id"))
    ),
    "a table of the database": lambda: sa.exists(sa.select(1).select_from(sa.table("sqlite_master"))),
    "a table with a name that is SQL": lambda: sa.exists(sa.select(1).select_from(sa.table(plain("orders, refunds")))),
    "a table that is no fact": lambda: (
        lambda keys: sa.exists().where(keys.c.account_id == Order.account_id, keys.c.order_id == Order.order_id)
    )(table("api_keys")),
    "a table that is called like a fact": lambda: (
        lambda keys: sa.exists().where(keys.c.account_id == Order.account_id, keys.c.order_id == Order.order_id)
    )(table("refunds", "other_")),
    "accounts": lambda: sa.exists().where(Account.__table__.c.name == "B"),
    "accounts by their id": lambda: sa.exists().where(Account.__table__.c.account_id == Order.account_id),
    "sources": lambda: sa.exists().where(Source.__table__.c.account_id == Order.account_id),
    "rejected rows": lambda: sa.exists().where(
        RejectedRow.__table__.c.account_id == Order.account_id, RejectedRow.__table__.c.fact_key == Order.order_id
    ),
    "a function that loads": lambda: sa.func.load_extension("x").is_(None),
    "a function that reads a file": lambda: sa.func.pg_read_file("/etc/passwd") == "",
    "a function that runs a query": lambda: sa.func.query_to_xml("SELECT * FROM orders") == "",
    "a function that waits": lambda: sa.func.pg_sleep(10).is_(None),
    "a function that needs much memory": lambda: sa.func.randomblob(10**9).is_not(None),
    "a function of a package": lambda: sa.func.pg_catalog.lower("x") == "x",
    "a function with a name that is SQL": lambda: getattr(sa.func, f"lower(1) = {ANY_SQL} OR lower")("x") == "x",
    "a function as a table": lambda: sa.exists(sa.select(sa.func.lower("orders").table_valued("value").c.value)),
    "a function over a window": lambda: sa.func.lower(Order.order_id).over() > "",
    "a function with a filter": lambda: sa.func.coalesce(Order.order_id).filter(sa.exists().where(Refund.reason == "X")) == "x",
    "an aggregate": lambda: sa.func.max(Order.order_id) == "x",
    "an operator": lambda: Order.order_id.op("= 'x' OR (SELECT count(*) FROM orders) >")(1),
    "an operator for conditions": lambda: Order.accepted.bool_op("OR 1=1 OR")(Order.accepted),
    "an operator before": lambda: sa.UnaryExpression(Order.accepted, operator=operators.custom_op("1=1 OR"), type_=sa.Boolean()),
    "an operator behind": lambda: sa.UnaryExpression(Order.accepted, modifier=operators.custom_op("OR 1=1"), type_=sa.Boolean()),
    "a collation": lambda: sa.collate(Order.order_id, 'x" OR "1') == "x",
    "a type of its own": lambda: sa.literal(True, OwnType()) == sa.true(),
    "a type of its own in a cast": lambda: sa.cast(Order.accepted, OwnType()),
    "a type of its own for a column": lambda: sa.type_coerce(Order.accepted, OwnType()),
    "a type for documents": lambda: sa.type_coerce(Order.order_id, sa.JSON)["x"].as_string() == "1",
    "an element of its own": OwnElement,
    "an element of its own beside a condition": lambda: Order.accepted & OwnElement(),
    "a function of its own": OwnFunction,
    "a function of its own with a known name": lambda: OwnCoalesce(Order.accepted, sa.true()),
    "the parameter of granted accounts": lambda: Order.order_id == sa.bindparam("viewer_accounts", "[]"),
    "the parameter of the first day": lambda: Order.placed_on > sa.bindparam("query_from_0", dt.date(2000, 1, 1)),
    "a parameter that is text": lambda: Order.order_id == sa.bindparam(None, "x", literal_execute=True),
    "a parameter that is computed later": lambda: Order.order_id == sa.bindparam(None, callable_=lambda: "x"),
    "a row that is locked": lambda: sa.exists(rows().with_for_update()),
    "a number from a sequence": lambda: sa.Sequence("s").next_value() > 1,
}  # fmt: skip
OF_ITS_OWN_ACCOUNT: dict[str, Callable[[], Any]] = {
    "an account by its id": lambda: Order.account_id != 5,
    "an alias that is tied": lambda: sa.exists().where(of_order(other)),
    "an inner join that is tied": lambda: sa.exists(
        sa.select(1)
        .select_from(Claim)
        .join(Refund, (Claim.account_id == Refund.account_id) & (Claim.order_id == Refund.order_id))
        .where(of_order(Claim))
    ),
    "a lookup for other accounts": lambda: Order.claims.any(Claim.account_id != Order.account_id),
    "a lookup for everything": lambda: Order.claims.any(Claim.counts | sa.true()),
    "a lookup for another order": lambda: Order.claims.any(Claim.order_id == "702-0000003-0000000"),
    "a lookup in a lookup": lambda: Order.refunds.any(Order.feedback.any(Feedback.rating == 1)),
    "a negated lookup": lambda: ~Order.refunds.any(),
}


def counting(condition: Any) -> Measure:
    return count(on=Order.placed_on, where=condition, description="Orders.")


@pytest.mark.parametrize("name", REFUSED)
def test_an_expression_that_could_read_another_account_is_refused(name: str) -> None:
    try:
        measure = counting(REFUSED[name]())
    except TypeError:
        return  # it is no condition
    found = list(problems(measure))
    assert found, name
    assert all(problem.endswith(".") and ": " in problem for problem in found), found


@pytest.mark.parametrize("name", OF_ITS_OWN_ACCOUNT)
def test_an_expression_that_is_not_refused_answers_for_its_own_account(database: Database, name: str) -> None:
    measure = counting(OF_ITS_OWN_ACCOUNT[name]())
    assert list(problems(measure)) == []
    metric = Metric(
        key="hostile", title="", description="", section="test", windows=(Window(30),), measures={"it": measure}, value=Count(measure)
    )
    world = World(database)
    seller, neighbour = world.account(), world.account()
    for _ in range(2):
        seller.order()
    alone = world.measure(seller, metric).numbers
    for _ in range(3):
        order = neighbour.order()
        neighbour.add(Claim, order_id=order, opened_at=CLOCK - DAY, state="GRANTED_SELLER")
        neighbour.add(Refund, order_id=order, refunded_at=CLOCK - DAY, reason="X")
        neighbour.add(Feedback, order_id=order, left_at=CLOCK - DAY, rating=1)
    neighbour.save()
    assert world.measure(seller, metric).numbers == alone


def test_a_split_is_checked_as_a_whole() -> None:
    hostile = counting(Order.accepted).split({"all": (sa.exists().where(Refund.reason.is_(None)), "All.")}, rest=("rest", "The rest."))
    assert all(list(problems(measure)) for measure in hostile.values())


def test_an_importer_writes_into_its_own_account_alone() -> None:
    mistake = mistake_in([Row(Order, {"order_id": "1", "account_id": 5}, None, 1)])
    assert mistake is not None
    assert "account_id" in mistake[1]
