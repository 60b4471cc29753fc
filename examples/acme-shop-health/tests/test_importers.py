"""The formats of Acme's shop."""

import datetime as dt
import io

from sellerhealth.facts import Channel, Order, OrderStatus, Refund
from sellerhealth.sources import Entry, FileContext, Rejected, Row, Sheet
from sellerhealth.testing import ImporterConformance

from acme_shop_health.importers import orders, register_importers, returns

ORDERS = b"order,paid,send by,state\n"
RETURNS = b"order;back;why\n"


def entries(sheet: Sheet, content: bytes) -> list[Entry]:
    return list(sheet.read(io.BytesIO(content), FileContext(dt.datetime(2026, 3, 31, tzinfo=dt.UTC))))


def test_an_order_belongs_to_acmes_shop() -> None:
    (row,) = entries(orders, ORDERS + b"A-1001,2026-03-01T09:30:00Z,,called off\n")
    assert isinstance(row, Row)
    assert (row.fact, row.line) == (Order, 2)
    assert row.values == {
        "order_id": "A-1001",
        "placed_at": dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC),
        "ship_by": None,
        "status": OrderStatus.CANCELLED,
        "marketplace": "acme",
        "channel": Channel.SELLER,
    }


def test_a_return_is_a_refund() -> None:
    (row,) = entries(returns, RETURNS + b"A-1001;2026-03-09;DAMAGED\n")
    assert isinstance(row, Row)
    assert row.fact is Refund
    assert row.values["refunded_at"] == dt.datetime(2026, 3, 9, tzinfo=dt.UTC)


def test_an_unknown_state_is_rejected() -> None:
    (entry,) = entries(orders, ORDERS + b"A-1001,2026-03-01T09:30:00Z,,payed\n")
    assert isinstance(entry, Rejected)
    assert "line 2, column 'state': found 'payed', expected one of paid, sent, called off" in entry.error.describe()


shop_orders, shop_returns = register_importers()


class TestOrders(ImporterConformance):
    importer = shop_orders
    sample = ORDERS + b"A-1001,2026-03-01T09:30:00Z,2026-03-03T17:00:00Z,sent\nA-1002,2026-03-02T11:00:00Z,,paid\n"
    bad = sample + b"A-1003,yesterday,,paid\n"
    expected = {Order: 2}


class TestReturns(ImporterConformance):
    importer = shop_returns
    sample = RETURNS + b"A-1001;2026-03-09;DAMAGED\nA-1002;2026-03-10;\n"
    bad = sample + b"A-1003;yesterday;\n"
    expected = {Refund: 2}
