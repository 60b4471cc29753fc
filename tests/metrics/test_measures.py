"""Measures count the rows that meet their conditions: here on a few rows, in tests/metrics_plugins on many."""

import sqlalchemy as sa

from sellerhealth import AtLeast, Count, Metric, Window, count, total
from sellerhealth.facts import Message, Order, Package, Violation
from sellerhealth.testing import World, at


def numbers(world: World, seller, **measures):
    """The numbers of measures over all days."""
    one = next(iter(measures.values()))
    metric = Metric(key="tried", title="", description="", section="", windows=(Window(0),), measures={}, hidden=measures, value=Count(one))
    return dict(world.measure(seller, metric).numbers)


def violations(world: World):
    seller = world.account()
    for number, severity in enumerate(["CRITICAL", "HIGH", "LOW", None, None]):
        seller.add(Violation, violation_id=str(number), severity=severity, detected_at=at(3, 1))
    return seller


everything = count(on=Violation.detected_on, where=sa.true())


def test_a_part_meets_both_conditions(database):
    world = World(database)
    severe = everything.where(Violation.severe)
    assert numbers(
        world,
        violations(world),
        severe=severe,
        low=everything.where(Violation.severity == "LOW"),
        both=severe.where(Violation.severity == "LOW"),
    ) == {
        "severe": 2,
        "low": 1,
        "both": 0,
    }


def test_without_counts_rows_whose_condition_is_null(database):
    world = World(database)
    assert numbers(world, violations(world), rest=everything.without(Violation.severe), negated=everything.where(~Violation.severe)) == {
        "rest": 3,
        "negated": 1,
    }


def test_a_row_goes_to_the_first_class_that_it_meets(database):
    world = World(database)
    classes = everything.split(
        {"severe": (Violation.severe, "a"), "critical": (Violation.severity == "CRITICAL", "b")}, rest=("other", "c")
    )
    assert numbers(world, violations(world), **classes) == {"severe": 2, "critical": 0, "other": 3}
    assert [measure.description for measure in classes.values()] == ["a", "b", "c"]


def test_a_part_of_a_class_is_a_part_of_it(database):
    world = World(database)
    classes = everything.split({"severe": (Violation.severe, "a")}, rest=("other", "b"))
    assert numbers(world, violations(world), high=classes["severe"].where(Violation.severity == "HIGH")) == {"high": 1}


def test_a_total_adds_up_a_column_over_the_same_rows(database):
    world = World(database)
    seller = world.account()
    order_id = seller.order(deliver_by=at(3, 15))
    for number, units in enumerate([2, 3, None]):
        seller.add(Package, order_id=order_id, package_id=str(number), units=units)
    all_units = total(Package.unit_count, on=Package.promised_on, where=sa.true())
    assert numbers(
        world,
        seller,
        all=all_units,
        more=all_units.where(Package.unit_count > 1),
        same=count(on=Package.promised_on, where=sa.true()).total(Package.unit_count),
    ) == {
        "all": 6,
        "more": 5,
        "same": 6,
    }


def test_a_total_of_nothing_known_is_zero(database):
    world = World(database)
    seller = world.account()
    seller.add(Message, message_id="1", received_at=at(3, 1))
    assert numbers(world, seller, seconds=total(Message.answered_after, on=Message.received_on, where=sa.true())) == {"seconds": 0}


def test_measures_add_up_and_divide():
    one, two = everything.where(Violation.severe), everything
    assert (one + two).measures == (one, two)
    assert (one + two + one).of({one: 2, two: 3}) == 7
    assert (one / two).measures == (one, two)


def test_two_measures_of_the_same_declaration_are_two():
    assert count(on=Order.placed_on, where=Order.accepted) != count(on=Order.placed_on, where=Order.accepted)
    assert AtLeast("0.9") == AtLeast("0.9")
