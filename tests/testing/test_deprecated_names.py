"""Old names of the testing API work and warn."""

import pytest

from sellerhealth import Count, Metric, Window, count, testing
from sellerhealth.facts import FactKind, Order
from sellerhealth.sources import Importer
from sellerhealth.testing import Account, MetricConformance, classify_by_stars, new_world, orders

placed = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
number_of_orders = Metric(
    key="acme_orders", title="T", description="D.", section="acme", windows=(Window(30),), measures={"orders": placed}, value=Count(placed)
)


def test_a_module_knows_the_old_names_of_its_functions() -> None:
    with pytest.warns(DeprecationWarning, match=r"^sellerhealth\.testing\.by_stars is now called classify_by_stars\."):
        assert testing.by_stars is classify_by_stars
    with pytest.raises(AttributeError, match="has no attribute 'by_moons'"):
        _ = testing.by_moons


def test_an_account_knows_the_old_names_of_its_attributes() -> None:
    with new_world() as world:
        account = world.account()
        with pytest.warns(DeprecationWarning, match=r"^Account\.tell is now called add\."):
            account.tell(Order, order_id="1", placed_at=account.when)
        with pytest.warns(DeprecationWarning, match=r"^Account\.told is now called unsaved\."):
            assert [row.values["order_id"] for row in account.told] == ["1"]


def test_a_conformance_class_may_override_methods_under_their_old_names() -> None:
    with pytest.warns(DeprecationWarning, match=r"^The method TestOrders\.tell is now called add_facts\.") as warned:

        class TestOrders(MetricConformance):
            metric = number_of_orders
            expected = {"orders": 3}

            def tell(self, account: Account) -> None:
                orders(account, 3)

    assert warned[0].filename == __file__
    TestOrders().test_the_numbers_are_those_expected()


def test_a_mixin_may_override_methods_under_their_old_names() -> None:
    class Three:
        def tell(self, account: Account) -> None:
            orders(account, 3)

    with pytest.warns(DeprecationWarning, match=r"^The method Three\.tell is now called add_facts\."):

        class TestOrders(Three, MetricConformance):
            metric = number_of_orders
            expected = {"orders": 3}

    class TestMoreOrders(TestOrders):  # warns no second time
        expected = {"orders": 6}

        def add_facts(self, account: Account) -> None:
            super().add_facts(account)
            super().add_facts(account)

    TestOrders().test_the_numbers_are_those_expected()
    TestMoreOrders().test_the_numbers_are_those_expected()


def test_what_an_importer_covers_may_have_its_old_name() -> None:
    with pytest.warns(DeprecationWarning, match=r"^The argument tells of Importer is now called covers\.") as warned:
        importer = Importer(
            "acme", "Claims", tells=frozenset({FactKind.CLAIM}), rank=5, recognises=bool, read=lambda stream, context: iter(())
        )
    assert warned[0].filename == __file__
    assert importer.covers == {FactKind.CLAIM}
    with pytest.warns(DeprecationWarning, match=r"^Importer\.tells is now called covers\."):
        assert importer.tells == {FactKind.CLAIM}


def test_what_an_account_of_a_world_covers_may_have_its_old_name() -> None:
    with new_world() as world, pytest.warns(DeprecationWarning, match=r"^The argument tells of World\.account is now called covers\."):
        world.account(tells=())
    assert not world.accounts[0]._covers


def test_an_argument_under_both_names_is_an_error() -> None:
    with (
        new_world() as world,
        pytest.warns(DeprecationWarning, match="is now called covers"),
        pytest.raises(TypeError, match="use that alone"),
    ):
        world.account(tells=(), covers=())
