"""Formats are recognised by the content of a file; an unknown file is described."""

import dataclasses
import io

import pytest
import structlog

from sellerhealth.errors import UnknownFormat
from sellerhealth.intake import detect, sample_of
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import Importer, Sample
from tests.support.importers import (
    BY_LAST_UPDATE,
    BY_ORDER_DATE,
    FBA_SHIPMENTS,
    FEEDBACK_MANAGER,
    FEEDBACK_REPORT,
    FINANCES_API,
    FLAT_SHIPMENT_FEED,
    IMPORTERS,
    ORDER_CHANGE,
    ORDER_ITEMS_API_V0,
    ORDER_REPORT,
    ORDERS_API,
    ORDERS_API_V0,
    OWN_CSVS,
    PERFORMANCE_V1,
    PERFORMANCE_V2,
    RETURNS,
    SETTLEMENT,
    SHIPMENT_FEED,
    UNSHIPPED,
    registered,
)

FLAT = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel"


def detected(content: str | bytes, name: str = "x") -> str:
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return detect(sample_of(stream, name), registered(IMPORTERS)).name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (f"{FLAT}\tcpf\n", BY_ORDER_DATE),
        (f"{FLAT}\n", BY_LAST_UPDATE),
        (FLAT.replace("\t", ",").upper(), BY_LAST_UPDATE),
        ("\ufeffDate\tRating\tComments\tYour Response\tOrder ID\tRater Email\r\n", FEEDBACK_REPORT),
        ('{"orders": []}', ORDERS_API),
        ('\ufeff \n{\n "pagination": {},\n "orders" : [', ORDERS_API),
        ('{"payload": {"order": {}}}', ORDERS_API),
        ('[{"createdTime": "2026-03-01T10:00:00Z", "orderId": "1"}]', ORDERS_API),
        ('{"type": "RECORD", "record": {"orderId": "1", "fulfillment": {}}}\n', ORDERS_API),
        ('{"payload": {"Orders": []}}', ORDERS_API_V0),
        ("order-id\torder-item-id\tpurchase-date\tpromise-date\tquantity-shipped\n", UNSHIPPED),
        ("order-id\torder-item-id\tpurchase-date\tquantity-purchased\tsales-channel\n", ORDER_REPORT),
        ("amazon-order-id\tshipment-id\tpurchase-date\tshipment-date\n", FBA_SHIPMENTS),
        ("Order ID\tReturn request date\tA-to-Z Claim\tRefunded Amount\n", RETURNS),
        ("settlement-id\ttransaction-type\torder-id\tposted-date\n", SETTLEMENT),
        ("order-id\torder-item-id\tquantity\tship-date\tcarrier-code\n", FLAT_SHIPMENT_FEED),
        ("<?xml version='1.0'?>\n<!-- x --><AmazonEnvelope xmlns='x'><MessageType>OrderFulfillment</MessageType>", SHIPMENT_FEED),
        ("<OrderFulfillment><AmazonOrderID>", SHIPMENT_FEED),
        ("Date\tRating\tComments\tArrived on Time\tItem as Described\tOrder ID\n", FEEDBACK_MANAGER),
        ('{"payload": {"Orders": [{"AmazonOrderId": "1", ', ORDERS_API_V0),
        ('{"orders": [{"AmazonOrderId": "1", "OrderStatus": "Shipped"}]}', ORDERS_API_V0),
        ('{"payload": {"AmazonOrderId": "1", "PurchaseDate": "2026-03-01T10:00:00Z", "OrderItems": []}}', ORDERS_API_V0),
        ('{"payload": {"OrderItems": [], "AmazonOrderId": "1"}}', ORDER_ITEMS_API_V0),
        ('{"type": "RECORD", "record": {"AmazonOrderId": "1", "OrderItemId": "7"}}\n', ORDER_ITEMS_API_V0),
        ('{"NotificationType": "ORDER_CHANGE", "Payload": {"OrderChangeNotification": {"AmazonOrderId": "1", "Summary": {', ORDER_CHANGE),
        ('{"detail": {"Payload": {"OrderChangeNotification": {"OrderItems": []}}, "NotificationType":"ORDER_CHANGE"}}', ORDER_CHANGE),
        ('{"payload": {"FinancialEvents": {"RefundEventList": []}}}', FINANCES_API),
        ('{"FinancialEvents": {"ShipmentEventList": [{"AmazonOrderId": "1", "ShipmentItemList": [{"OrderItemId": "2"', FINANCES_API),
        ('{"accountStatuses": [], "performanceMetrics": []}', PERFORMANCE_V2),
        ('{"type": "RECORD", "record": {"performanceMetrics": {"marketplaceId": ', PERFORMANCE_V2),
        ('<?xml version="1.0"?>\n<!-- made by -->\n<sellerPerformanceReports><sellerPerformanceReport>', PERFORMANCE_V1),
        ("\ufeff<ns:sellerPerformanceReport xmlns:ns='x'>", PERFORMANCE_V1),
        (f"{FLAT}\rA\tB\r", BY_LAST_UPDATE),
        *((importer.template or "", importer.name) for importer in OWN_CSVS),
        *((importer.template.replace(",", ";") if importer.template else "", importer.name) for importer in OWN_CSVS),
    ],
)
def test_every_format_is_recognised_as_itself_alone(content, name):
    assert detected(content) == name


def test_an_example_in_a_schema_is_no_report():
    assert "is a JSON schema" in refused('{"$schema": "x", "examples": [{"orders": [], "performanceMetrics": []}]}')


def refused(content: str | bytes, name: str = "x") -> str:
    with pytest.raises(UnknownFormat) as refusal:
        detected(content, name)
    return str(refusal.value)


def test_an_unknown_file_is_described_by_its_columns_and_the_nearest_format():
    message = refused("order_id,opened,state,decided_at,jane@example.com\n", "claims.csv")
    assert message == (
        "claims.csv is of no known format. Its columns are 'order_id', 'opened', 'state', 'decided_at', '(an e-mail address)'. "
        "Nearest is claims, which also needs 'opened_at'."
    )


def test_an_unknown_file_is_refused_with_the_names_of_the_formats():
    with pytest.raises(UnknownFormat) as refusal:
        detected("a,b\n")
    (note,) = refusal.value.__notes__
    assert all(name in note for name in IMPORTERS)


def test_a_file_that_is_near_no_format_is_described_without_a_guess():
    message = refused(",".join(f"c{n}" for n in range(20)))
    assert message.endswith("'c7' and more.")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "x is empty."),
        (b"  \n \n", "x is empty."),
        (
            b'{"errors": [{"code": "QuotaExceeded", "message": "m"}]}',
            "x is an error response (QuotaExceeded) of Amazon in place of a report",
        ),
        (
            b'{"AmazonOrderId": "1", "PostedDate": "2026-03-01T00:00:00Z"}',
            "x is of no known format: it is JSON, but it holds neither orders, notifications, financial events nor performance metrics.",
        ),
        (
            b'{"items": [1, 2]}',
            "x is of no known format: it is JSON, but it holds neither orders, notifications, financial events nor performance metrics.",
        ),
        (
            b'{"items": [' + b"1, " * 50_000,
            "it is JSON, but there are neither orders, notifications, financial events nor performance metrics in its first 64 kB.",
        ),
        (b"order\x00\r\x01\x1f", "x is of no known format. Its columns are"),
    ],
)
def test_an_unknown_file_is_described_as_well_as_possible(content, why):
    assert why in refused(content)


def test_a_file_that_two_formats_recognise_is_left_to_the_user():
    sample = sample_of(io.BytesIO(b"order_id,opened_at\n"), "claims.csv")
    other = dataclasses.replace(IMPORTERS["claims"], name="acme_claims")
    with pytest.raises(UnknownFormat, match=r"claims\.csv can be read as acme_claims and as claims: say which format it is\."):
        detect(sample, registered(IMPORTERS | {"acme_claims": other}))


def unlucky(sample: Sample) -> bool:
    raise RuntimeError("Jane Doe")


def test_an_importer_that_fails_to_recognise_does_not_stop_others_and_is_logged():
    acme = Origin("acme_shop", "acme-shop-health", "1.2")
    broken = Importer("acme_claims", "Acme's claims", frozenset(), 10, unlucky, lambda stream, context: [])
    importers = Importers([*((each, acme) for each in IMPORTERS.values()), (broken, acme)])
    with structlog.testing.capture_logs() as lines:
        assert detect(sample_of(io.BytesIO(b"order_id,opened_at\n"), "claims.csv"), importers).name == "claims"
    (line,) = lines
    assert (line["event"], line["format"], line["plugin"]) == ("importer_failed", "acme_claims", "acme_shop (acme-shop-health 1.2)")
    with pytest.raises(UnknownFormat) as refusal:
        detect(sample_of(io.BytesIO(b"a,b\n"), "claims.csv"), importers)
    assert (
        "The format acme_claims of the plugin acme_shop (acme-shop-health 1.2) could not look at it, because it raised RuntimeError "
        f"({__file__}, line {unlucky.__code__.co_firstlineno + 1})." in str(refusal.value)
    )
