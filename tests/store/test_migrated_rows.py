"""What a migration fills in is what an import computes."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from sellerhealth.facts import Order, Package
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
