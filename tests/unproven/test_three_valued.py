"""Conditions rewritten to three values are what plain Python finds: sets of what a condition may be, from rows with unknown cells."""

from collections.abc import Callable
from itertools import product
from random import Random
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from sellerhealth.facts import Feedback, Item, Order, Package
from sellerhealth.model.tables import metadata
from sellerhealth.unproven.three_valued import three_valued

T, F = frozenset({True}), frozenset({False})
EITHER = T | F
ORDERS = Order.__table__


class Rows(NamedTuple):
    """An order with what belongs to it, as plain values."""

    order: dict
    feedback: list
    items: list
    packages: list


class Case(NamedTuple):
    """A condition in SQL, and in Python: from the rows of an order to the set of what it may be, None for a null of SQL."""

    sql: sa.ColumnElement
    may_be: Callable[[Rows], frozenset]


def compared(sql, cells, plain):
    """A comparison of an order: either way while one of the cells is unknown."""
    return Case(
        sql, lambda rows: EITHER if any(rows.order[cell] in (None, "UNKNOWN") for cell in cells) else frozenset({plain(rows.order)})
    )


def known(sql, plain):
    """A comparison of cells whose null has a meaning."""
    return Case(sql, lambda rows: frozenset({plain(rows.order)}))


def found(sql, related, each):
    """A lookup of related facts: `each` is the set of what one of them may be."""

    def may_be(rows):
        sets = [each(row) for row in getattr(rows, related)]
        if T in sets:
            return T
        return EITHER if any(True in may for may in sets) else F

    return Case(sql, may_be)


def both(left, right):
    """AND of two nullable truths."""
    return False if False in (left, right) else None if None in (left, right) else True


def negated(value):
    return None if value is None else not value


def negative(row):
    """Feedback that stands and has few stars. Removal has a meaning, missing stars are unknown."""
    if row["removed"]:
        return F
    return EITHER if row["rating"] is None else frozenset({row["rating"] <= 2})


LEAVES = [
    compared(Order.channel == "SELLER", ["channel"], lambda order: order["channel"] == "SELLER"),
    compared(Order.channel != "AMAZON", ["channel"], lambda order: order["channel"] != "AMAZON"),
    compared(Order.status.in_(["SHIPPED", "CANCELLED"]), ["status"], lambda order: order["status"] in ("SHIPPED", "CANCELLED")),
    compared(Order.status.is_(None), ["status"], lambda order: False),
    compared(sa.func.coalesce(Order.status, "") == "CANCELLED", ["status"], lambda order: order["status"] == "CANCELLED"),
    compared(Order.accepted, ["accepted"], lambda order: order["accepted"]),
    compared(
        (Order.status == "SHIPPED").is_distinct_from(Order.accepted), ["status", "accepted"],
        lambda order: (order["status"] == "SHIPPED") != order["accepted"],
    ),
    known(Order.delivered_working_days <= 3, lambda order: None if order["days"] is None else order["days"] <= 3),
    known(Order.delivered_working_days.is_(None), lambda order: order["days"] is None),
    known(Order.buyer_cancelled, lambda order: order["buyer_cancelled"]),
    known(sa.true(), lambda order: True),
    found(Order.feedback.any(Feedback.removed_at.is_(None) & (Feedback.rating <= 2)), "feedback", negative),
    found(Order.feedback.any(), "feedback", lambda row: T),
    found(Order.items.any(Item.quantity > 1), "items", lambda row: EITHER if row["quantity"] is None else frozenset({row["quantity"] > 1})),
    found(
        sa.exists().where(
            Package.account_id == Order.account_id, Package.order_id == Order.order_id,
            (Package.category == "Books") | ~Package.tracked,
        ),
        "packages",
        lambda row: T if not row["tracked"] else EITHER if row["category"] == "UNKNOWN" else frozenset({row["category"] == "Books"}),
    ),
    found(  # a related fact compared with the order itself
        Order.items.any((Item.quantity > 1) & (Order.channel == "SELLER")), "items",
        lambda row: F,  # replaced below: it needs the order too
    ),
]  # fmt: skip


def _of_both(rows):
    of_channel = EITHER if rows.order["channel"] == "UNKNOWN" else frozenset({rows.order["channel"] == "SELLER"})
    sets = [EITHER if row["quantity"] is None else frozenset({row["quantity"] > 1}) for row in rows.items]
    found_sets = [frozenset(both(a, b) for a, b in product(each, of_channel)) for each in sets]
    return T if T in found_sets else EITHER if any(True in each for each in found_sets) else F


LEAVES[-1] = Case(LEAVES[-1].sql, _of_both)


def combined(random, depth):
    """A random condition made of others."""
    if depth == 0 or random.random() < 0.2:
        return random.choice(LEAVES)
    one, other = combined(random, depth - 1), combined(random, depth - 1)

    def of_both(sql, join):
        return Case(sql, lambda rows: frozenset(join(a, b) for a, b in product(one.may_be(rows), other.may_be(rows))))

    def of_one(sql, change):
        return Case(sql, lambda rows: frozenset(map(change, one.may_be(rows))))

    kind = random.choice("and or not is_true is_not_true is_false is_not_false class first_class rest".split())
    if kind == "and":
        return of_both(sa.and_(one.sql, other.sql), both)
    if kind == "or":
        return of_both(sa.or_(one.sql, other.sql), lambda a, b: negated(both(negated(a), negated(b))))
    if kind == "not":
        return of_one(sa.not_(one.sql), negated)
    classes = sa.case((one.sql, "first"), (other.sql, "second"), else_="rest")
    if kind == "first_class":
        return of_one(classes == "first", lambda a: a is True)
    if kind == "class":
        return of_both(classes == "second", lambda a, b: a is not True and b is True)
    if kind == "rest":
        return of_both(classes == "rest", lambda a, b: a is not True and b is not True)
    truth = not kind.endswith("false")
    sql = one.sql.is_(sa.true() if truth else sa.false()) if "not" not in kind else one.sql.is_not(sa.true() if truth else sa.false())
    return of_one(sql, lambda a: (a is truth) != ("not" in kind))


def random_rows(random):
    order = {
        "channel": random.choice(["SELLER", "AMAZON", "UNKNOWN"]), "status": random.choice(["SHIPPED", "CANCELLED", "UNSHIPPED", None]),
        "accepted": random.choice([True, False]), "days": random.choice([1, 9, None]), "buyer_cancelled": random.choice([True, False]),
    }  # fmt: skip
    return Rows(
        order,
        [{"rating": random.choice([1, 5, None]), "removed": random.random() < 0.3} for _ in range(random.choice([0, 1]))],
        [{"quantity": random.choice([1, 2, None])} for _ in range(random.choice([0, 1, 2]))],
        [
            {"tracked": random.random() < 0.7, "category": random.choice(["Books", "Toys", "UNKNOWN"])}
            for _ in range(random.choice([0, 1, 2]))
        ],
    )


@pytest.fixture(scope="module")
def connection():
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def stored(connection):
    """Random orders in two accounts by number; the facts of the second account have the same keys and must not be looked at."""
    random = Random(1)
    rows = [random_rows(random) for _ in range(400)]
    for number, each in enumerate(rows):
        key = {"account_id": number % 2, "order_id": str(number // 2), "versions": ""}
        order = {name: each.order[name] for name in ("channel", "status", "accepted", "buyer_cancelled")}
        connection.execute(
            sa.insert(Order), key | order | {"delivered_working_days": each.order["days"], "marketplace": "US", "canceller_unknown": False}
        )
        for feedback in each.feedback:
            removed = sa.func.current_timestamp() if feedback["removed"] else None
            connection.execute(sa.insert(Feedback).values(**key, rating=feedback["rating"], removed_at=removed, marketplace="US"))
        for item_id, item in enumerate(each.items):
            connection.execute(sa.insert(Item), key | item | {"item_id": str(item_id), "before_shipment": False})
        for package_id, package in enumerate(each.packages):
            connection.execute(
                sa.insert(Package),
                key | package | {"package_id": str(package_id), "marketplace": "US", "channel": "SELLER", "unit_count": 1},
            )
    return rows


def values(connection, condition):
    """What a condition is for each order by its number."""
    statement = sa.select(ORDERS.c.account_id, ORDERS.c.order_id, condition.label("value"))
    return {
        int(order_id) * 2 + account: value if value is None else bool(value) for account, order_id, value in connection.execute(statement)
    }


@pytest.mark.parametrize("seed", range(60))
def test_a_condition_is_null_exactly_where_unknown_cells_leave_it_open(connection, stored, seed):
    case = combined(Random(seed), 3)
    found_values = values(connection, three_valued(case.sql, ORDERS))
    for number, rows in enumerate(stored):
        outcomes = {value is True for value in case.may_be(rows)}
        assert found_values[number] == (outcomes.pop() if len(outcomes) == 1 else None), (str(case.sql), rows)


def test_a_number_of_related_facts_is_open_while_a_cell_of_one_of_them_is_unknown(connection, stored):
    """A subquery that is not an EXISTS is taken as a whole."""
    many = sa.select(sa.func.count()).where(Item.account_id == Order.account_id, Item.order_id == Order.order_id, Item.quantity > 1)
    found_values = values(connection, three_valued(many.correlate(ORDERS).scalar_subquery() > 1, ORDERS))
    for number, rows in enumerate(stored):
        quantities = [item["quantity"] for item in rows.items]
        assert found_values[number] is (None if None in quantities else quantities == [2, 2])


def test_a_condition_that_reads_no_such_column_is_never_null(connection, stored):
    condition = ~Order.packages.any(~Package.tracked) & (Order.delivered_working_days <= 3)
    assert "IS NULL" not in str(three_valued(condition, ORDERS))
    assert None not in values(connection, three_valued(condition, ORDERS)).values()
