"""Files that are not reports are described."""

import pytest

from sellerhealth.intake.foreign_content import describe_content


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "a workbook of a spreadsheet program"),
        (b"%PDF-1.7", "a PDF"),
        (b"BZh91AY", "compressed with bzip2: unpack it first"),
        (b"\n<!DOCTYPE HTML>\n<title>Sign in</title>", "a web page"),
        (b'<?xml version="1.0"?>\n<html xmlns="x">', "a web page"),
        (b'<?xml version="1.0"?><Error><Code>ExpiredToken</Code></Error>', "an error response (ExpiredToken) in place of a report"),
        (b'<ErrorResponse xmlns="x"><Error><Type>Sender</Type><Code>RequestThrottled</Code>', "an error response (RequestThrottled)"),
        (b"<AmazonEnvelope>", "XML of no known format"),
        (b'{"errors": [{"code": "Unauthorized"}, {"code": "InvalidInput"}]}', "an error response (InvalidInput, Unauthorized) of Amazon"),
        (b'{"errors": [{"message": "jane@example.com"}]}', "an error response of Amazon in place of a report"),
        (b'{"errorDetails": "The report could not be made."}', "an error response of Amazon"),
        (b'{"error": "invalid_grant", "error_description": "x"}', "an error response of Amazon"),
        (b'{"message": "Forbidden"}', "an error response of Amazon"),
        (b'{"reportDocumentId": "x", "url": "https://example.com"}', "the description of a report document"),
        (b'{"notificationType": "ITEM_CHANGED"}', "a notification of another type (ITEM_CHANGED) than ORDER_CHANGE"),
        (b'{"NotificationType": "jane@example.com"}', "a notification of another type than ORDER_CHANGE"),
        (b'{"$schema": "http://json-schema.org/draft-07/schema", "examples": [{"orders": []}]}', "a JSON schema"),
        (b'{"reportId": "1", "processingStatus": "IN_QUEUE"}', "the state of a requested report"),
        (b"TemplateType=fptcustom\tVersion=2019\nSKU\tPrice\nsku\tprice\n", "a feed of another kind than confirmations of shipment"),
        (b"No data available.", "a message that there was nothing to report ('No data available.')"),
        (b"Error: request has expired\n", "an error message ('Error: request has expired')"),
    ],
)
def test_a_file_that_is_no_report_is_described(content, what):
    assert (describe_content(content) or "").startswith(what)


@pytest.mark.parametrize(
    "content",
    [
        b"order_id,opened_at\nA-1,2026-03-01\n",
        b"Date\tRating\tError\n",
        b'{"orders": []}',
        b'{"orders": [{"orderId": "1"}]}',
        b'{"payload": {"Orders": [{"AmazonOrderId": "1", ',
        b'{"items": []}',
        b"{" * 50_000,
        bytes(range(256)) * 100,
        b"comment,not found\n" + b"a,b\n" * 10,
    ],
)
def test_a_file_that_may_be_a_report_is_not_described(content):
    assert describe_content(content) is None
