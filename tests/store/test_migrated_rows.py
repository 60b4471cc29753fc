"""What a migration fills in is what an import computes."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from sellerhealth.facts import Item, Order, Package
from sellerhealth.model.records import Account
from sellerhealth.model.tables import Fact
from sellerhealth.store.database import Database
from sellerhealth.testing import World
from tests.support.random_facts import DE, observations, random_facts

COLUMNS = {Order: ("deliver_by_on", "delivered_on", "units"), Package: ("delivered_on",)}


def stored(connection: sa.Connection, fact: type[Fact]) -> Sequence[sa.Row[Any]]:
    table: sa.Table = fact.__table__
    return connection.execute(sa.select(table).order_by(*table.primary_key)).all()


def test_the_days_of_delivery_and_the_units(database: Database) -> None:
    world = World(database)
    seller = world.account(time_zone="America/Los_Angeles", time_zones={DE: "Europe/Berlin"})
    for fact, observed_at, values in observations(random_facts(7, "America/Los_Angeles")):
        seller.add(fact, observed_at=observed_at, **values)
    world.save()
    migration = import_module("sellerhealth.store.migrations.versions.0018_days_of_delivery")
    with database.writing() as connection:
        rows = {fact: stored(connection, fact) for fact in COLUMNS}
        for fact, columns in COLUMNS.items():
            assert all(any(getattr(row, column) is not None for row in rows[fact]) for column in columns)
            connection.execute(sa.update(fact.__table__).values(dict.fromkeys(columns)))
        migration._ROWS = 20
        migration.fill(connection)
        assert {fact: stored(connection, fact) for fact in COLUMNS} == rows


def test_the_levels_of_service_and_the_units_of_orders_that_are_known_twice(database: Database) -> None:
    world = World(database)
    seller = world.account()
    lines = {
        1: {"sku:CUP:1": 2},
        2: {"sku:CUP:1": 0, "70": 3},
        3: {"sku:CUP:1": 2, "70": None},
        4: {"sku:A:1": 1, "sku:B:1": 1, "70": 5, "*": None},
    }
    levels = {1: "Bike courier", 2: "Standard", 3: "SecondDay", 4: None}
    for number, items in lines.items():
        seller.add(Order, order_id=f"A-{number}", ship_service=levels[number])
        for item_id, quantity in items.items():
            seller.add(Item, order_id=f"A-{number}", item_id=item_id, quantity=quantity)
    world.save()
    migration = import_module("sellerhealth.store.migrations.versions.0019_levels_of_service")
    table: sa.Table = Order.__table__
    with database.writing() as connection:
        rows = stored(connection, Order)
        assert {row.order_id: row.units for row in rows} == {"A-1": 2, "A-2": 3, "A-3": 2, "A-4": 2}
        before = {
            "A-2": {"units": 3, "ship_service": "Std US D2D Dom"},
            "A-3": {"units": None, "ship_service": "SECOND_DAY"},
            "A-4": {"units": 7},
        }
        for order_id, values in before.items():
            connection.execute(sa.update(table).where(table.c.order_id == order_id).values(values))
        version = connection.scalar(sa.select(Account.version))
        migration.change(connection)
        assert stored(connection, Order) == rows
        assert connection.scalar(sa.select(Account.version)) == version + 1  # so that rollups are counted again
