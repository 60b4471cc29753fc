"""The check of unknown cells finds a value that is good only because a cell is unknown."""

from fractions import Fraction

import pytest
import sqlalchemy as sa

from sellerhealth import AtLeast, Below, MetricUnit, count
from sellerhealth.facts import Feedback, Order
from sellerhealth.testing import cancellations, feedback, orders
from tests.testing.conformance import OwnValue, conformance, metric_with, placed, problems

by_seller = placed.where(Order.seller_fulfilled, "Orders sent by the seller.")


def share(*measures):
    """The share of orders that the seller sends, by a value of an author's own that says that it reads these measures."""
    value = OwnValue(lambda numbers: Fraction(numbers[by_seller], numbers[placed]) if numbers[placed] else None, measures=measures)
    return metric_with({"orders": placed, "by_seller": by_seller}, value=value, target=Below("0.5"))


def check(metric, add_facts=lambda account: orders(account, on_time=7, late=3)):
    return conformance(metric, add_facts).test_unknown_cells_make_no_value_good


def test_a_value_that_does_not_say_what_it_reads():
    report = problems(check(share(placed)))
    assert (
        "it is GOOD at 1/2 while orders.channel is unknown for some of the facts of `add_facts`, though it is 1 when all cells are known"
        in report
    )
    assert "Let `measures` of its value and of its target name everything that they read." in report


def test_a_target_of_its_own_that_the_facts_miss():
    class Mine(Below):
        """It does not say that it reads another measure."""

        def judge(self, value, numbers):
            return super().judge(Fraction(numbers[by_seller]), numbers)

    value = OwnValue(lambda numbers: Fraction(numbers[placed]), MetricUnit.COUNT, measures=(placed,))
    metric = metric_with({"orders": placed, "by_seller": by_seller}, value=value, target=Mine("8"))
    assert "it is GOOD at" in problems(check(metric))


@pytest.mark.parametrize("target", [None, Below("0.5"), AtLeast("0.5")])
def test_values_that_say_what_they_read(target):
    check(share(placed, by_seller))()
    check(metric_with({"orders": placed, "by_seller": by_seller}, value=by_seller / placed, target=target))()


@pytest.mark.parametrize("target", [None, Below("0.5")])
def test_a_cell_that_is_read_as_the_worst_that_it_may_be(target):
    maybe_by_seller = placed.where(sa.func.coalesce(Order.channel, "SELLER") == "SELLER", "Orders that the seller may have sent.")
    check(metric_with({"orders": placed, "late": maybe_by_seller}, value=maybe_by_seller / placed, target=target))()


def test_every_kind_of_cell():
    left = count(on=Feedback.left_on, where=Feedback.counts, description="Feedback.")
    metric = metric_with({"all": left, "good": left.where(Feedback.rating >= 4, "Good.")}, target=AtLeast("0.9"))

    def add_facts(account):
        feedback(account, orders(account, 4), rating=5)
        feedback(account, orders(account, 4), rating=1)
        cancellations(account, orders(account, 2))

    check(metric, add_facts)()


def test_nothing_to_measure():
    check(share(placed), lambda account: None)()
