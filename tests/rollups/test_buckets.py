"""Until when the number of a day holds: up to the first instant at which any row counts otherwise, however a measure compares it."""

import pytest
import sqlalchemy as sa

from sellerhealth.facts import Message, Order
from sellerhealth.metrics.instants import passed
from sellerhealth.metrics.measures import Measure, count, total
from sellerhealth.rollups.grain import Grain, number_column
from sellerhealth.rollups.measure_set import MeasureSet
from sellerhealth.rollups.tables import prepare
from sellerhealth.rollups.verify import verify_account
from sellerhealth.testing import CLOCK, DAY, HOUR, World

OVERDUE = passed(Order.ship_by)


def of_orders(condition: sa.ColumnElement[bool]) -> Measure:
    return count(on=Order.placed_on, where=condition)


@pytest.mark.parametrize(
    "measure",
    [
        of_orders(OVERDUE),
        of_orders(OVERDUE.is_not(sa.true())),
        of_orders(OVERDUE & ~passed(Order.ship_by, hours=5)),
        of_orders(Order.messages.any(passed(Message.received_at, hours=24))),
        total(sa.case((OVERDUE, 2), else_=1), on=Order.placed_on, where=sa.true()),
    ],
    ids=["passed", "not passed", "between", "of another fact", "a sum"],
)
def test_numbers_hold_as_long_as_they_say(world: World, measure: Measure) -> None:
    measures = MeasureSet({Grain(Order.__table__, "placed_on"): {number_column(measure): measure}})
    prepare(world.database, measures)
    world.rollups = measures
    seller = world.account(when=CLOCK - 3 * DAY)
    for hours in (-1, 1, 3):
        order_id = seller.order(ship_by=CLOCK + hours * HOUR)
        seller.add(Message, message_id=order_id, order_id=order_id, received_at=CLOCK + (hours - 24) * HOUR)
    seller.save()
    for hours in (0, 1, 1.5, 3, 3.5, 5, 9, 48):
        world.clock = CLOCK + hours * HOUR
        with world.database.reading() as connection:
            found = verify_account(connection, measures, seller.account_id, world.clock)
        assert (found.is_current, found.differences) == (True, []), hours
