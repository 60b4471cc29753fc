"""Reads a file without a store: its entries, its rows, and the errors of bad rows."""

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sellerhealth.importers import register_importers
from sellerhealth.model.tables import Fact
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import Entry, FileContext, Importer, Rejected, Row

IMPORTERS: dict[str, Importer] = {importer.name: importer for importer in register_importers()}
OWN_CSVS = [importer for importer in IMPORTERS.values() if importer.rank == 30]  # no report of Amazon has this rank
BY_ORDER_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
BY_LAST_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
UNSHIPPED = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
FEEDBACK_REPORT = "GET_SELLER_FEEDBACK_DATA"
FEEDBACK_MANAGER = "FEEDBACK_MANAGER"
ORDER_REPORT, FBA_SHIPMENTS = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING", "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL"
RETURNS, SETTLEMENT = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE", "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
SHIPMENT_FEED, FLAT_SHIPMENT_FEED = "POST_ORDER_FULFILLMENT_DATA", "POST_FLAT_FILE_FULFILLMENT_DATA"
ORDERS_API = "ORDERS_API_2026_01_01"
ORDERS_API_V0, ORDER_ITEMS_API_V0 = "ORDERS_API_V0", "ORDER_ITEMS_API_V0"
ORDER_CHANGE, FINANCES_API = "ORDER_CHANGE", "FINANCES_API_V0"
PERFORMANCE_V1, PERFORMANCE_V2 = "GET_V1_SELLER_PERFORMANCE_REPORT", "GET_V2_SELLER_PERFORMANCE_REPORT"

US, DE, JP, SE, CA = "ATVPDKIKX0DER", "A1PA6795UKMFR9", "A1VC38T7YXB528", "A2NODRKZP88ZB9", "A2EUQ1WTGCTBG2"
NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
ORIGIN = Origin("tests", "tests", "1.0")  # rows of any other distribution than our own are checked


def registered(importers: Mapping[str, Importer]) -> Importers:
    return Importers((importer, ORIGIN) for importer in importers.values())


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def entries(name: str, content: str | bytes, marketplace: str | None = None, zone: str = "UTC") -> list[Entry]:
    raw = content.encode() if isinstance(content, str) else content
    context = FileContext(NOW, marketplace, lambda key: ZoneInfo(zone))
    return list(IMPORTERS[name].read(io.BytesIO(raw), context))


def rows(name: str, content: str | bytes, marketplace: str | None = None, zone: str = "UTC") -> list[Row]:
    """The rows of a file without bad rows. Skipped rows are left out."""
    contents = entries(name, content, marketplace, zone)
    assert errors(contents) == []
    return [entry for entry in contents if isinstance(entry, Row) and entry.fact is not Fact]


def errors(contents: list[Entry]) -> list[str]:
    return [entry.error.describe() for entry in contents if isinstance(entry, Rejected)]


def known_values(row: Row) -> dict[str, Any]:
    """The values of a row, without the unknown ones."""
    return {name: value for name, value in row.values.items() if value is not None}
