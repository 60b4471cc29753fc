"""Two servers with different plugins on one store: neither answers from a column that the other has written as of another clock."""

import pytest

from sellerhealth.facts import Order
from sellerhealth.rollups.measure_set import MeasureSet, measure_set
from sellerhealth.rollups.tables import prepare
from sellerhealth.rollups.upkeep import Upkeep
from sellerhealth.store.writing import lock_account
from sellerhealth.testing import CLOCK, DAY, HOUR, Account, World
from tests.rollups.test_verify import DEFECTS, LATE, answers_agree, verified
from tests.support.world import built_in

FIRST, SECOND = measure_set([DEFECTS, LATE]), measure_set([LATE, built_in("cancellation_rate")])


def tick(world: World, measures: MeasureSet, seller: Account) -> None:
    with world.database.writing() as connection:
        assert lock_account(connection, seller.account_id)
        Upkeep(measures, connection, seller.account_id, world.clock).finish()


@pytest.mark.parametrize("later_first", [True, False])
def test_neither_answers_as_of_the_clock_of_the_other(world: World, later_first: bool) -> None:
    prepare(world.database, FIRST)
    prepare(world.database, SECOND)
    seller = world.account(when=CLOCK - 3 * DAY)
    seller.order("waits", ship_by=CLOCK + HOUR)
    seller.save()
    clocks = [CLOCK + 2 * HOUR, CLOCK]
    for measures, clock in zip((FIRST, SECOND), clocks if later_first else reversed(clocks), strict=True):
        world.clock = clock
        tick(world, measures, seller)
    for clock in (CLOCK, CLOCK + HOUR / 2, CLOCK + HOUR, CLOCK + 2 * HOUR, CLOCK + 3 * HOUR):
        world.clock = clock
        assert answers_agree(world, FIRST), clock
        assert answers_agree(world, SECOND), clock
        assert answers_agree(world, FIRST, SECOND), clock
        assert verified(world, seller, FIRST).differences == []
        assert verified(world, seller, SECOND).differences == []


def test_imports_by_each_in_turn_answer_as_the_facts_do(world: World) -> None:
    sets = (FIRST, SECOND)
    for measures in sets:
        prepare(world.database, measures)
    seller = world.account(when=CLOCK - 20 * DAY)
    for number in range(6):
        world.rollups = sets[number % 2]
        world.clock = CLOCK + number * HOUR
        seller.order(f"late-{number}", ship_by=CLOCK - 18 * DAY)
        seller.order(f"waits-{number}", placed_at=CLOCK - DAY, ship_by=CLOCK + (number + 2) * HOUR)
        if number > 1:
            seller.add(Order, order_id=f"late-{number - 2}", placed_at=CLOCK - 21 * DAY)
        seller.save()
        if number % 3 == 2:
            tick(world, sets[1], seller)
        for some in (sets, sets[:1], sets[1:]):
            assert answers_agree(world, *some), (number, some)
        assert [verified(world, seller, each).differences for each in sets if verified(world, seller, each).is_current] == [[]] * (
            2 if number % 6 == 2 else 1
        )
