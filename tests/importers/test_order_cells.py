"""Cells that several sources of orders have."""

import json

import pytest

from sellerhealth.importers.order_cells import ship_service
from tests.support.importers import ORDERS_API_V0, rows


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("Standard", "Standard"),
        ("STANDARD", "Standard"),
        ("standard ", "Standard"),
        ("SECOND_DAY", "SecondDay"),
        ("SecondDay", "SecondDay"),
        ("Second Day", "SecondDay"),
        ("FREE_ECONOMY", "FreeEconomy"),
        ("SAME_DAY", "SameDay"),
        ("Std US D2D Dom", "Standard"),
        ("Exp US D2D Intl", "Expedited"),
        ("Next US D2D Dom", "NextDay"),
        ("Std", "Std"),
        ("Econ US Dom", "Econ US Dom"),
        ("Bike courier", "Bike courier"),
        (" ", None),
    ],
)
def test_a_level_of_service_has_one_spelling_and_another_service_its_name(cell: str, level: str | None) -> None:
    assert ship_service(cell) == level


@pytest.mark.parametrize(
    ("names", "level"),
    [
        ({"ShipmentServiceLevelCategory": "Expedited", "ShipServiceLevel": "Special Express"}, "Expedited"),
        ({"ShipServiceLevel": "Std US D2D Dom"}, "Standard"),
        ({"ShipServiceLevel": "Special Express"}, "Special Express"),
    ],
)
def test_the_orders_api_v0_names_the_level_beside_the_service(names: dict[str, str], level: str) -> None:
    (order,) = rows(ORDERS_API_V0, json.dumps({"AmazonOrderId": "1", "PurchaseDate": "2026-03-01T10:00:00Z", **names}))
    assert order.values["ship_service"] == level
