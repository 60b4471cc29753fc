"""The template of each format is made from its declaration, and is a file of that format."""

import io

import pytest

from sellerhealth.importers import (
    finances_api,
    flat_orders,
    order_changes,
    orders_api,
    orders_api_v0,
    seller_performance,
    seller_performance_v1,
    shipment_feed,
)
from sellerhealth.intake import detect, sample_of
from sellerhealth.sources import Column, Importer, Rejected, Remark, Reported, Row, Sheet
from tests.support.importers import (
    FINANCES_API,
    IMPORTERS,
    ORDER_CHANGE,
    ORDER_ITEMS_API_V0,
    ORDERS_API,
    ORDERS_API_V0,
    PERFORMANCE_V1,
    PERFORMANCE_V2,
    SHIPMENT_FEED,
    US,
    entries,
    known_values,
    registered,
)

DECLARED: dict[str, tuple[tuple[Column, ...], ...]] = {
    ORDERS_API: (orders_api.ORDER, orders_api.ASSOCIATED, orders_api.ITEM, orders_api.PACKAGE, orders_api.PACKED),
    ORDERS_API_V0: (orders_api_v0.ORDER, orders_api_v0.ITEM),
    ORDER_ITEMS_API_V0: (orders_api_v0.ITEM,),
    ORDER_CHANGE: (order_changes.NOTIFICATION, order_changes.CHANGE, order_changes.ITEM),
    FINANCES_API: (finances_api.EVENT,),
    SHIPMENT_FEED: (shipment_feed.FULFILLMENT, shipment_feed.ITEM),
    PERFORMANCE_V2: ((seller_performance.MARKETPLACE,), seller_performance.FIGURE),
    PERFORMANCE_V1: (seller_performance_v1.FIGURE,),
}


@pytest.mark.parametrize("importer", IMPORTERS.values(), ids=lambda importer: importer.name)
def test_a_template_is_recognised_and_imported_as_its_format(importer: Importer):
    template = importer.template or ""
    assert detect(sample_of(io.BytesIO(template.encode()), "template"), registered(IMPORTERS)).name == importer.name
    found = entries(importer.name, template, US)
    assert [entry for entry in found if isinstance(entry, Rejected | Remark)] == []
    assert [entry for entry in found if isinstance(entry, Row | Reported)]


@pytest.mark.parametrize("importer", IMPORTERS.values(), ids=lambda importer: importer.name)
def test_a_template_has_every_column_that_the_format_declares(importer: Importer):
    template = importer.template or ""
    if isinstance(importer.recognises, Sheet):
        names = template.splitlines()[0].split("," if importer.recognises.quoted else "\t")
        assert {column.name for column in importer.recognises.columns} - {*names} <= {"account"}
        assert importer.recognises.marks <= {*names}
        return
    examples = [column for columns in DECLARED[importer.name] for column in columns if column.example]
    assert {column.into for column in examples} >= {
        column.into for columns in DECLARED[importer.name] for column in columns if column.filled
    }
    for column in examples:
        assert all(step in template for step in [*column.name.split("."), column.example])


def test_the_columns_of_a_template_are_read():
    (row,) = entries(flat_orders.IMPORTERS[0].name, flat_orders.BY_ORDER_DATE.template)
    (item,) = row.parts
    assert {*known_values(row)} | {*known_values(item)} >= {"order_id", "placed_at", "ship_by", "deliver_by", "sku", "asin", "quantity"}
    order, *parts = entries(ORDERS_API, IMPORTERS[ORDERS_API].template or "")
    assert known_values(order)["is_replacement"] is True
    assert [each.values.get("cancelled_by") for each in parts] == [None, "SELLER", None]
