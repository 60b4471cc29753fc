"""The isolation checks find conditions that read facts of other accounts or other orders."""

import pytest
import sqlalchemy as sa

from sellerhealth import count
from sellerhealth.facts import Claim, Order, Refund
from sellerhealth.testing import claims, orders, refunds
from tests.testing.conformance import conformance, metric_with, placed, problems

pytestmark = pytest.mark.reads_other_accounts

# SQLAlchemy warns of some of these conditions; a warning is easily missed.
ignore_cartesian_product = pytest.mark.filterwarnings("ignore:SELECT statement has a cartesian product")


@pytest.fixture
def one_shard(stores):
    """Skips a test on a cluster: the facts of two accounts are on different shards there, so not even a wrong condition can read both."""
    if stores.are_on_cluster:
        pytest.skip("the other account is on another shard")


on_one_shard = pytest.mark.usefixtures("one_shard")


def two_claims_of_four(account):
    claims(account, orders(account, on_time=4)[:2])


def goodwill(number, of):
    """Adds orders, some of them with a goodwill refund."""
    return lambda account: refunds(account, orders(account, on_time=of)[:number], reason="GOODWILL")


@on_one_shard
def test_facts_of_other_accounts():
    of_any_account = sa.exists().where(Claim.order_id == Order.order_id, Claim.counts)
    careless = metric_with({"claimed": placed.where(of_any_account, "Claimed.")})
    report = problems(conformance(careless, two_claims_of_four).test_facts_of_other_accounts_do_not_count)
    assert "'claimed' is 2 for an account alone, but 3 beside another account" in report
    assert "Order.claims.any(...)" in report
    related = metric_with({"claimed": placed.where(Order.claims.any(Claim.counts), "Claimed.")})
    conformance(related, two_claims_of_four).test_facts_of_other_accounts_do_not_count()


@on_one_shard
@ignore_cartesian_product
@pytest.mark.parametrize("add_facts", [goodwill(2, of=4), goodwill(1, of=1), goodwill(5, of=5)], ids=["some", "one", "all"])
def test_a_foreign_fact_inside_any(add_facts):
    foreign = placed.where(Order.packages.any(Refund.reason == "GOODWILL"), "Shipped, with a goodwill refund.")
    careless = conformance(metric_with({"odd": foreign}), add_facts)
    report = problems(careless.test_facts_of_other_accounts_do_not_count)
    assert "the measure 'odd' is 0 for an account alone" in report
    assert "it reads facts of all accounts" in report
    assert "(without any Refund of its own)" in report
    report = problems(careless.test_facts_of_other_orders_do_not_count)
    assert "it reads facts of other orders" in report
    assert "Order.claims.any(...) & Order.refunds.any(...)" in report
    related = placed.where(Order.packages.any() & Order.refunds.any(Refund.reason == "GOODWILL"), "Shipped, with a goodwill refund.")
    correct = conformance(metric_with({"odd": related}), add_facts)
    correct.test_facts_of_other_accounts_do_not_count()
    correct.test_facts_of_other_orders_do_not_count()


@on_one_shard
@ignore_cartesian_product
def test_a_foreign_fact_that_another_measure_counts():
    refunded = count(on=Refund.refunded_on, where=Refund.reason == "GOODWILL", description="Refunds.")
    odd = placed.where(Order.packages.any(Refund.reason == "GOODWILL"), "Odd.")
    careless = conformance(metric_with({"odd": odd, "refunds": refunded}), goodwill(2, of=2))
    assert "the measure 'odd' is 0" in problems(careless.test_facts_of_other_accounts_do_not_count)
    assert "the measure 'odd' is 0" in problems(careless.test_facts_of_other_orders_do_not_count)


@on_one_shard
@ignore_cartesian_product
def test_a_foreign_fact_that_the_author_does_not_add():
    without = placed.without(Order.packages.any((Refund.reason == "GOODWILL") | (Claim.state == "OPEN")), "Without.")
    careless = conformance(metric_with({"orders": placed, "odd": without}))
    report = problems(careless.test_facts_of_other_accounts_do_not_count)
    assert "the measure 'odd' is 10 for an account alone, but 0 beside another account" in report
    assert "'odd' is 10 for some orders" in problems(careless.test_facts_of_other_orders_do_not_count)


def test_facts_of_other_orders():
    of_any_order = sa.exists().where(Claim.account_id == Order.account_id, Claim.counts)
    metric = metric_with({"claimed": placed.where(of_any_order, "Claimed.")})
    careless = conformance(metric, lambda account: claims(account, orders(account, on_time=4)))
    careless.test_facts_of_other_accounts_do_not_count()
    assert "'claimed' is 0 for some orders of an account and" in problems(careless.test_facts_of_other_orders_do_not_count)


def test_an_order_that_is_compared_with_other_orders():
    another = sa.orm.aliased(Order)
    has_twin = sa.exists().where(
        another.account_id == Order.account_id, another.order_id != Order.order_id, another.placed_at == Order.placed_at
    )
    careless = conformance(metric_with({"twins": placed.where(has_twin, "Placed together with another one.")}))
    assert "(with its first order alone)" in problems(careless.test_facts_of_other_orders_do_not_count)
