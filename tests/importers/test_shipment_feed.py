"""Feeds of confirmations of shipment, in XML and as a flat file: the instant of the file is the confirmation."""

import io

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.facts import Package
from sellerhealth.intake import detect, sample_of
from tests.importers.test_flat_orders import flat
from tests.support.importers import (
    FLAT_SHIPMENT_FEED,
    IMPORTERS,
    JP,
    NOW,
    SHIPMENT_FEED,
    US,
    entries,
    errors,
    known_values,
    registered,
    rows,
)

ORDER = "<AmazonOrderID>111-0000001-0000001</AmazonOrderID>"
DATA = "<FulfillmentData><CarrierCode>UPS</CarrierCode><ShipperTrackingNumber>1Z 0001</ShipperTrackingNumber></FulfillmentData>"
ITEMS = "".join(f"<Item><AmazonOrderItemCode>7000{n}</AmazonOrderItemCode><Quantity>{n}</Quantity></Item>" for n in (2, 1))
FULFILLMENT = ORDER + DATA + ITEMS
COLUMNS = "order-id order-item-id quantity ship-date carrier-code carrier-name tracking-number ship-method".split()
LINE = {
    "order-id": "111-0000001-0000001",
    "order-item-id": "70001",
    "quantity": "1",
    "ship-date": "2026-03-02",
    "carrier-code": "UPS",
    "tracking-number": "1Z 0001",
}
PACKAGE = {"order_id": "111-0000001-0000001", "package_id": "1Z0001", "carrier": "UPS", "tracking_number": "1Z 0001", "confirmed_at": NOW}


def feed(*fulfillments: str) -> str:
    """A feed in XML with a message for each."""
    date = "<FulfillmentDate>2026-03-02T10:00:00Z</FulfillmentDate>"
    messages = "\n".join(f"<Message><OrderFulfillment>{each}{date}</OrderFulfillment></Message>" for each in fulfillments)
    return f'<?xml version="1.0"?>\n<AmazonEnvelope>\n<MessageType>OrderFulfillment</MessageType>\n{messages}\n</AmazonEnvelope>'


def test_a_message_is_a_package_that_is_confirmed_as_of_its_file():
    (row,) = rows(SHIPMENT_FEED, feed(FULFILLMENT), US)
    assert (row.fact, known_values(row), row.line) == (Package, PACKAGE | {"units": 3, "reported_marketplace": US}, 4)


def test_the_lines_of_a_package_are_the_same_package_in_the_flat_file():
    lines = (LINE, LINE | {"order-item-id": "70002", "quantity": "2"})
    for row in rows(FLAT_SHIPMENT_FEED, flat(*lines, columns=COLUMNS), US):
        assert (row.fact, known_values(row)) == (Package, PACKAGE | {"units": 3, "reported_marketplace": US})


@pytest.mark.parametrize(
    ("message", "package_id"),
    [
        (f"<MerchantFulfillmentID>12</MerchantFulfillmentID>{DATA}{ITEMS}", "12"),
        (DATA, "1Z0001"),
        (ITEMS, "items:70001+70002"),
        ("", "items:*"),
    ],
)
def test_the_key_of_a_package_is_the_same_if_it_is_sent_again(message, package_id):
    (row,) = rows(SHIPMENT_FEED, feed(ORDER + message))
    assert row.values["package_id"] == package_id


def test_lines_without_a_tracking_number_are_packages_by_their_items():
    lines = ({**LINE, "order-item-id": item, "tracking-number": ""} for item in ("70001", ""))
    assert [row.values["package_id"] for row in rows(FLAT_SHIPMENT_FEED, flat(*lines, columns=COLUMNS))] == ["items:70001", "items:*"]


FOR_AMAZON = "TemplateType=OrderFulfillment\tVersion=2011.1102\tThis line is for Amazon"
JAPANESE = "注文番号\t注文商品番号\t出荷数\t出荷日\t配送業者コード\t配送業者名\tお問い合わせ伝票番号\t配送方法"


@pytest.mark.parametrize("above", [[FOR_AMAZON], [FOR_AMAZON, JAPANESE], [f'"{FOR_AMAZON}"', JAPANESE], ["\ufeff" + FOR_AMAZON, JAPANESE]])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_the_lines_that_amazons_template_has_above_the_names_are_skipped(above, line_end, encoding):
    text = line_end.join([*above, flat(LINE, LINE | {"quantity": "two"}, columns=COLUMNS).replace("\r\n", line_end)])
    content = text.encode(encoding, "ignore")
    sample = sample_of(io.BytesIO(content), "feed.txt")
    assert detect(sample, registered(IMPORTERS)).name == FLAT_SHIPMENT_FEED
    row, bad = entries(FLAT_SHIPMENT_FEED, content, JP)
    assert known_values(row) == PACKAGE | {"units": 1, "reported_marketplace": JP}
    assert (row.line, bad.error.line) == (len(above) + 2, len(above) + 3)


@pytest.mark.parametrize("content", [FOR_AMAZON, f"{FOR_AMAZON}\n", f"{FOR_AMAZON}\r\n{JAPANESE}\r\n"])
def test_a_template_without_the_names_of_columns_is_refused(content):
    with pytest.raises(BadFile, match=r"no column|no line with the names"):
        entries(FLAT_SHIPMENT_FEED, content)


@pytest.mark.parametrize(
    ("data", "carrier"),
    [
        ("<CarrierCode>Other</CarrierCode><CarrierName>Bike</CarrierName>", "Bike"),
        ("<CarrierCode>Other</CarrierCode>", "Other"),
        ("<CarrierName>Bike</CarrierName>", "Bike"),
        ("<CarrierCode>UPS</CarrierCode><CarrierName>Bike</CarrierName>", "UPS"),
    ],
)
def test_the_carrier_is_that_of_the_code_unless_it_only_says_that_the_name_does(data, carrier):
    (row,) = rows(SHIPMENT_FEED, feed(f"{ORDER}<FulfillmentData>{data}</FulfillmentData>"))
    assert row.values["carrier"] == carrier


def test_units_are_unknown_if_those_of_one_item_are():
    (row,) = rows(SHIPMENT_FEED, feed(f"{ORDER}{ITEMS}<Item><AmazonOrderItemCode>70003</AmazonOrderItemCode></Item>"))
    assert row.values["units"] is None


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("<MerchantOrderID>A-1</MerchantOrderID>", "line 4, column 'AmazonOrderID': expected a value"),
        (ORDER + "<Item><Quantity>two</Quantity></Item>", "line 4, column 'Quantity': found 'two'"),
    ],
)
def test_a_bad_message_is_rejected_alone_with_a_text_that_can_be_read_again(message, why):
    found = entries(SHIPMENT_FEED, feed(message, ORDER + DATA))
    (error,) = errors(found)
    assert error.startswith(why)
    assert len(found) == 2
    assert found[0].values.get("order_id") == ("111-0000001-0000001" if ORDER in message else None)
    (again,) = errors(entries(SHIPMENT_FEED, found[0].text))
    assert again.partition(",")[2] == error.partition(",")[2]


def test_a_bad_line_is_rejected_alone():
    found = entries(FLAT_SHIPMENT_FEED, flat(LINE | {"quantity": "two"}, LINE, columns=COLUMNS))
    assert len(errors(found)) == 1
    assert len(found) == 2


def test_a_feed_of_another_kind_is_refused():
    with pytest.raises(BadFile, match="confirms no shipment"):
        entries(SHIPMENT_FEED, "<AmazonEnvelope><MessageType>Inventory</MessageType></AmazonEnvelope>")
